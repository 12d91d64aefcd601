#!/bin/bash
# build_test.sh - what build.sh does when something is wrong, with a small
# source tree and without network or compiler
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cp "$(dirname "$0")/build.sh" "$dir"
passed=0
failed=0

# A program in front of PATH.
fake() {
	{
		echo '#!/bin/bash'
		cat
	} >"$dir/bin/$1"
	chmod +x "$dir/bin/$1"
}

mkdir -p "$dir/bin" "$dir/linux-6.1" "$dir/tree/linux/mm" "$dir/deb/usr/src"
export PATH=$dir/bin:$PATH
printf 'one\ntwo\nthree\n' >"$dir/tree/linux/mm/memory.c"
echo all: >"$dir/tree/linux/Makefile"
tar -cJf "$dir/deb/usr/src/linux-source-6.1.tar.xz" -C "$dir/tree" linux
fake apt-get <<<'[ ! "${OFFLINE-}" ] && : >linux-source.deb'
fake dpkg <<<"tar -c -C $dir/deb ./usr | head -c \${BYTES-100000}"
fake df <<<'printf "Avail\n%s\n" "${ROOM-9000000}"'
fake make <<'MAKE'
while [ $# -gt 0 ]; do
	[ "$1" = -C ] && src=$2
	case $1 in
	allnoconfig) echo CONFIG_XEN_PV=y >"$src/.config" ;;
	*.o | bzImage)
		[ ! "${BROKEN-}" ] || { echo "a.c:1: error: $BROKEN"; exit 2; }
		mkdir -p "$src/arch/x86/boot"
		echo kernel >"$src/arch/x86/boot/bzImage"
		;;
	esac
	shift
done
MAKE
echo CONFIG_XEN_PV=y >"$dir/linux-6.1/config"

# series LINE: a patch that wants that line to be in the file
series() {
	cat >"$dir/linux-6.1/0001-a.patch" <<-PATCH
		--- a/mm/memory.c
		+++ b/mm/memory.c
		@@ -1,3 +1,4 @@
		 one
		-$1
		+2
		+and a half
		 three
	PATCH
}

# builds PROMISE STEP: without an error
builds() {
	if "$dir/build.sh" "$2" linux-6.1 "$dir/out" >"$dir/said" 2>&1; then
		echo "PASS $1"
		passed=$((passed + 1))
	else
		echo "FAIL $1: $(cat "$dir/said")"
		failed=$((failed + 1))
	fi
}

# refuses PROMISE STEP PATTERN: in one line, the last, that says why
refuses() {
	if "$dir/build.sh" "$2" linux-6.1 "$dir/out" >"$dir/said" 2>&1; then
		echo "FAIL $1: it succeeded"
		failed=$((failed + 1))
	elif ! tail -1 "$dir/said" | grep -qE "^guest-kernel: $3"; then
		echo "FAIL $1: $(cat "$dir/said")"
		failed=$((failed + 1))
	else
		echo "PASS $1"
		passed=$((passed + 1))
	fi
}

series two
OFFLINE=1 refuses no_network_is_told apply 'cannot download linux-source-6.1'
ROOM=1000 refuses a_full_disk_is_told apply '0 MiB free in .*, 2929 needed'
BYTES=300 refuses a_cut_package_is_told apply 'cannot unpack .*disk full'
series zwei
refuses a_failed_hunk_is_told apply '0001-a.patch does not apply: Hunk #1 FAILED'
refuses a_failed_hunk_is_told_again apply '0001-a.patch does not apply: Hunk #1'
series two
builds a_mended_patch_applies apply
cat >"$dir/linux-6.1/0002-b.patch" <<'PATCH'
--- a/mm/none.c
+++ b/mm/none.c
@@ -1 +1 @@
-one
+1
PATCH
refuses a_patch_of_a_missing_file_is_told apply '0002-b.patch does not apply'
rm "$dir/linux-6.1/0002-b.patch"
builds what_was_patched_in_part_is_patched_anew apply
BROKEN='no such field' refuses a_compile_error_is_told compile \
	'a.c:1: error: no such field; see '
builds touched_files_compile compile
ROOM=1000 refuses a_full_disk_is_told_before_the_build kernel '0 MiB free'
BROKEN='No space left on device' refuses a_failed_build_is_told kernel \
	'a.c:1: error: No space left on device'
builds the_kernel_is_built kernel
OFFLINE=1 BROKEN=1 builds what_is_built_is_not_built_again kernel
echo CONFIG_NONE=y >>"$dir/linux-6.1/config"
refuses an_unknown_option_is_told kernel 'CONFIG_NONE=y is not to be had'
echo "$passed passed, $failed failed, 0 skipped"
[ $failed -eq 0 ]
