#!/bin/bash
# utils.sh PROGRAM - Debian's xenstore-utils against our store daemon
#
# PROGRAM is vane-stored built for any host; it serves a socket of its own.
set -euo pipefail

program=$(realpath "$1")
name="store utils"

if ! command -v xenstore-ls >/dev/null; then
	echo "$name: SKIP, no xenstore-ls; install xenstore-utils"
	exit 77
fi

dir=$(mktemp -d)
export XENSTORED_PATH=$dir/socket XENSTORED_RUNDIR=$dir
daemon=
checks=0

finish() {
	[ -z "$daemon" ] || kill "$daemon" 2>/dev/null || true
	rm -rf "$dir"
}
trap finish EXIT

start() {
	"$program" -N -D -F "$dir/pid" --state "$dir/state" "$@" \
		2>>"$dir/log" &
	daemon=$!
	for _ in $(seq 500); do
		xenstore-exists /tool 2>/dev/null && return
		sleep 0.02
	done
	echo "$name: the daemon does not start:"
	cat "$dir/log"
	exit 1
}

stop() {
	kill "-$1" "$daemon"
	wait "$daemon" 2>/dev/null && status=0 || status=$?
	daemon=
}

# expect WHAT WANTED GOT
expect() {
	checks=$((checks + 1))
	[ "$2" = "$3" ] && return
	printf '%s: %s:\nwanted: %s\ngot:    %s\n' "$name" "$1" "$2" "$3"
	cat "$dir/log"
	exit 1
}

# fails COMMAND...: it must, and say something
fails() {
	if said=$("$@" 2>&1) || [ -z "$said" ]; then
		echo "$name: should have failed with a message: $*"
		exit 1
	fi
	checks=$((checks + 1))
}

start
xenstore-write /demo/one 1 /demo/two "two words" /demo/deep/er ""
expect read 1 "$(xenstore-read /demo/one)"
expect "read two" $'1\ntwo words' "$(xenstore-read /demo/one /demo/two)"
expect "read -p" "/demo/one: 1" "$(xenstore-read -p /demo/one)"
expect list $'one\ntwo\ndeep' "$(xenstore-list /demo)"
expect "list -p" /demo/deep/er "$(xenstore-list -p /demo/deep)"
expect ls $'one = "1"\ntwo = "two words"\ndeep = ""\n er = ""' \
	"$(xenstore-ls /demo)"
expect "ls -f" '/demo/deep/er = ""' "$(xenstore-ls -f /demo | tail -1)"
xenstore-exists /demo/one
fails xenstore-read /demo/none
fails xenstore-list /none
fails xenstore-rm /none/none
xenstore-exists /demo/none && expect "exists none" false true

xenstore-chmod /demo n0 r0
expect "chmod" '/demo = ""   (n0,r0)' "$(xenstore-ls -fp / | grep '^/demo =')"
xenstore-chmod -r /demo b0
expect "chmod -r" 4 "$(xenstore-ls -fp /demo | grep -c '(b0)')"
fails xenstore-chmod /demo x0

xenstore-rm -t /demo/deep/er
expect "rm -t" $'one\ntwo' "$(xenstore-list /demo)"
xenstore-rm /demo/two
expect rm one "$(xenstore-list /demo)"

timeout 20 xenstore-watch -n 4 /demo >"$dir/watched" &
watcher=$!
until [ -s "$dir/watched" ]; do sleep 0.02; done
xenstore-write /demo/x/y 1
xenstore-write /other 1
xenstore-rm /demo/x
xenstore-write /demo 2
wait $watcher
expect watch $'/demo\n/demo/x/y\n/demo/x\n/demo' "$(cat "$dir/watched")"

for i in $(seq 300); do
	echo "/many/node-with-a-name-that-is-long-enough-$i"
	echo "$i"
done | xargs xenstore-write
expect "a directory in parts" 300 "$(xenstore-list /many | wc -l)"
expect "all its values" 300 "$(xenstore-ls /many | wc -l)"

timeout 20 xenstore-watch -n 3 /demo >"$dir/watched" &
watcher=$!
until [ -s "$dir/watched" ]; do sleep 0.02; done
for _ in 1 2; do
	before=$(xenstore-ls -fp /)
	seen=$(wc -l <"$dir/watched")
	kill -USR1 $daemon
	until tail -1 "$dir/log" | grep -q serving; do sleep 0.02; done
	expect "after SIGUSR1" "$before" "$(xenstore-ls -fp /)"
	xenstore-write /demo/again "$seen"
	until [ "$(wc -l <"$dir/watched")" -gt "$seen" ]; do sleep 0.02; done
done
wait $watcher
expect "a watch across SIGUSR1" $'/demo\n/demo/again\n/demo/again' \
	"$(cat "$dir/watched")"

before=$(xenstore-ls -fp /)
stop TERM
expect "exit status" 0 "$status"
start --restart
expect "after SIGTERM" "$before" "$(xenstore-ls -fp /)"
xenstore-write /demo/last words
before=$(xenstore-ls -fp /)
stop KILL
start --restart
expect "after SIGKILL" "$before" "$(xenstore-ls -fp /)"
fails "$program" -N -D -F "$dir/pid2" --no-state
stop TERM
rm "$dir/state"
fails "$program" -N -D -F "$dir/pid" --state "$dir/state" --restart
start
expect "a fresh start" tool "$(xenstore-list /)"
stop TERM
echo junk >"$dir/state"
start
expect "a state file of somebody else" tool "$(xenstore-list /)"
stop TERM
truncate -s -3 "$dir/state"
start
expect "a truncated state file" tool "$(xenstore-list /)"

echo "$name: $checks checks passed"
