#!/bin/bash
# Check the Debian packages of tests/deps.list; install the missing ones as
# root, otherwise print the command that does.
set -euo pipefail

list=$(dirname "$0")/deps.list
mapfile -t wanted < <(sed 's/[[:space:]]*#.*//' "$list" | awk 'NF { print $1 }')

if ! command -v dpkg-query >/dev/null; then
	echo "deps: dpkg-query not found; this needs Debian 12" >&2
	exit 1
fi

declare -A have=()
while read -r name state; do
	[ "$state" = installed ] && have[$name]=1
done < <(dpkg-query -W -f '${Package} ${db:Status-Status}\n')

missing=()
for name in "${wanted[@]}"; do
	[ -n "${have[$name]:-}" ] || missing+=("$name")
done
[ ${#missing[@]} -gt 0 ] || exit 0

echo "deps: missing packages: ${missing[*]}"
install=(apt-get -y --no-install-recommends install "${missing[@]}")
if [ "$(id -u)" -ne 0 ]; then
	echo "deps: install them with:"
	echo "  sudo apt-get update && sudo ${install[*]}"
	exit 1
fi
export DEBIAN_FRONTEND=noninteractive
lock=(-o DPkg::Lock::Timeout=300)
"${install[@]}" "${lock[@]}" -qq </dev/null && exit 0
echo "deps: retrying with fresh package lists"
apt-get "${lock[@]}" -qq update
"${install[@]}" "${lock[@]}" -qq </dev/null
