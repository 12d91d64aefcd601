#!/bin/bash
# run.sh PROGRAM SECONDS NEW KEPT [ARGUMENT...]: fuzz for a while, one line
# about it; on a crash all of the output, and the input's name
set -u
program=$1 seconds=$2 new=$3 kept=$4
shift 4
log=$program.log

if "$program" -max_total_time="$seconds" -timeout=25 -rss_limit_mb=2048 \
	-artifact_prefix="$program-" -print_final_stats=1 -verbosity=1 "$@" \
	"$new" "$kept" >"$log" 2>&1
then
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
	cover=$(sed -n 's/.*DONE *cov: \([0-9]*\).*/\1/p' "$log")
	printf '%-12s %9s inputs, %5s edges, %4s s: clean\n' \
		"${program##*/}" "$runs" "$cover" "$seconds"
else
	rc=$?
	grep -v 'NEW\|REDUCE\|pulse' "$log" | tail -60
	echo "${program##*/}: failed; see $log, replay: $program FILE"
	exit $rc
fi
