#!/bin/bash
# keep.sh PROGRAM NEW KEPT: add to KEPT the inputs of NEW that reach code which
# those in KEPT do not
set -eu
program=$1 new=$2 kept=$3

mkdir -p "$kept" "$new"
"$program" -merge=1 -use_counters=0 "$kept" "$new" >/dev/null 2>&1
echo "${program##*/}: $(ls "$kept" | wc -l) inputs kept"
