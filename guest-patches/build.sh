#!/bin/bash
# build.sh STEP SERIES BUILD - a guest kernel from Debian's source and a series
#
# STEP    apply    fetch the source package, unpack it, apply the patches
#         compile  the same, then only the files that patches touch
#         kernel   the same, then the whole kernel, on two processors
# SERIES  folder beside this script: linux-6.1
# BUILD   where everything goes: BUILD/SERIES/{src,bzImage,config}
#
# What is done already is not done again, until a patch or config changes.
set -euo pipefail

step=$1
here=$(dirname "$(realpath "$0")")
series=$here/$2
work=$(realpath -m "$3/$2")
src=$work/src
log=$work/log
version=${2#linux-}

die() {
	echo "guest-kernel: $*" >&2
	exit 1
}

room() {
	local have
	have=$(df --output=avail -k "$work" | tail -1)
	[ "$have" -ge "$1" ] ||
		die "$((have / 1024)) MiB free in $work, $(($1 / 1024)) needed"
}

fetch() {
	local deb
	rm -rf "$work/fetch" "$src" "$src.new"
	mkdir -p "$work/fetch"
	room 3000000
	echo "guest-kernel: fetching linux-source-$version"
	(cd "$work/fetch" && apt-get -q -o APT::Sandbox::User=root \
		download "linux-source-$version" >"$log" 2>&1) ||
		die "cannot download linux-source-$version; run apt-get update;" \
			"see $log"
	deb=$(echo "$work"/fetch/*.deb)
	echo "guest-kernel: unpacking"
	mkdir -p "$src.new"
	dpkg --fsys-tarfile "$deb" |
		tar -xO --wildcards "./usr/src/linux-source-*.tar.xz" |
		tar -xJ --strip-components=1 -C "$src.new" ||
		die "cannot unpack $deb; is the disk full?"
	rm -rf "$work/fetch"
	mv "$src.new" "$src"
}

# What was applied last; another series needs a fresh tree.
sum() {
	cat "$series"/*.patch "$series/config" | sha256sum
}

apply() {
	local patch
	if [ -e "$work/applied" ] && [ "$(cat "$work/applied")" = "$(sum)" ]; then
		return
	fi
	[ ! -e "$work/applied" ] || rm -rf "$src"
	rm -f "$work/applied" "$work/bzImage"
	[ -e "$src/Makefile" ] || fetch
	: >"$work/applied" # a tree that is patched in part is of no use
	for patch in "$series"/*.patch; do
		echo "guest-kernel: $(basename "$patch")"
		patch -d "$src" -p1 --forward --fuzz=0 <"$patch" >"$log" 2>&1 ||
			die "$(basename "$patch") does not apply:" \
				"$(grep -m1 -E 'FAILED|No file|No space' "$log");" \
				"see $log"
	done
	sum >"$work/applied"
}

configure() {
	make -C "$src" KCONFIG_ALLCONFIG="$series/config" allnoconfig \
		>"$log" 2>&1 || die "no configuration: $(tail -1 "$log")"
	local line
	while read -r line; do
		case $line in
		CONFIG_*=[ym])
			grep -qx "$line" "$src/.config" ||
				die "$line is not to be had; see $src/.config"
			;;
		esac
	done <"$series/config"
	cp "$src/.config" "$work/config"
}

touched() {
	sed -n 's|^+++ b/\(.*\.c\)$|\1|p' "$series"/*.patch | sort -u
	# Headers are compiled with what uses them first.
	echo mm/memory.c
	echo mm/mprotect.c
}

compile() {
	local objects
	mapfile -t objects < <(touched | sort -u | sed 's/\.c$/.o/')
	echo "guest-kernel: compiling ${objects[*]}"
	make -C "$src" -j2 "${objects[@]}" >"$log" 2>&1 ||
		die "$(grep -m1 -E 'error:|Error ' "$log"); see $log"
}

# One line a hundred compiled files.
progress() {
	awk '{ n++ } n % 100 == 0 { printf "guest-kernel: %d files\n", n
		fflush() }'
}

kernel() {
	[ ! -e "$work/bzImage" ] || return 0
	room 2000000
	make -C "$src" -j2 bzImage 2>&1 | tee "$log" | progress ||
		die "$(grep -m1 -E 'error:|Error ' "$log"); see $log"
	cp "$src/arch/x86/boot/bzImage" "$work/bzImage"
	echo "guest-kernel: $work/bzImage"
}

mkdir -p "$work"
exec 9>"$work/.lock"
flock 9
apply
case $step in
apply) ;;
compile)
	configure
	compile
	;;
kernel)
	configure
	kernel
	;;
*) die "expected apply, compile or kernel" ;;
esac
