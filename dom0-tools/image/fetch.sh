#!/bin/bash
# fetch.sh WHAT CACHE - put Debian's stock packages, unpacked, into CACHE
#
# WHAT is 6.1 or 6.12 (a kernel: kernels/WHAT/{vmlinuz,release,lib/modules}),
# xenstore (Debian's xenstore-utils, our test clients: xenstore/) or xen (the
# reference hypervisor and its tools: xen/).
#
# Something fetched earlier is never fetched again; a lock per item lets
# several makes run side by side.
set -euo pipefail

what=$1
cache=$2

die() {
	echo "fetch $what: $*" >&2
	exit 1
}

# dependency_of METAPACKAGE: the versioned kernel package behind it
dependency_of() {
	apt-cache depends --important "$1" 2>/dev/null |
		awk '$1 == "Depends:" && $2 ~ /^linux-image-/ { print $2; exit }'
}

refresh_lists() {
	[ "$(id -u)" -eq 0 ] || return 1
	echo "fetch $what: refreshing the package lists" >&2
	apt-get -qq -o DPkg::Lock::Timeout=300 update >&2
}

kernel_package() {
	local pkg
	pkg=$(dependency_of "$1")
	if [ -z "$pkg" ]; then
		refresh_lists || die "package lists know no $1;" \
			"run: sudo apt-get update"
		pkg=$(dependency_of "$1")
	fi
	[ -n "$pkg" ] || die "package lists know no $1, even refreshed"
	echo "$pkg"
}

# download PACKAGE...: into the current directory
download() {
	local opts=(-q -o APT::Sandbox::User=root)

	apt-get "${opts[@]}" download "$@" >apt.log 2>&1 && return
	refresh_lists >>apt.log 2>&1 || true
	apt-get "${opts[@]}" download "$@" >apt.log 2>&1 && return
	sed 's/^/  /' apt.log >&2
	if [ "$(df --output=avail -k . | tail -1)" -lt 600000 ]; then
		die "less than 600 MB free in $cache; make room and try again"
	fi
	die "cannot download $*; check the network and run:" \
		"sudo apt-get update"
}

# Drivers for hardware that no QEMU machine here has.
skip=(gpu media staging net/wireless infiniband iio)

unpack() {
	local deb
	local not=()

	for dir in "${skip[@]}"; do
		not+=(--exclude "./lib/modules/*/kernel/drivers/$dir")
	done
	not+=(--exclude ./usr/share --exclude '*/kernel/sound')
	for deb in ./*.deb; do
		dpkg --fsys-tarfile "$deb" | tar -x "${not[@]}" -C "$1" ||
			die "cannot unpack $deb below $cache; is the disk full?"
		rm "$deb"
	done
}

fetch_kernel() {
	local pkg release

	case $what in
	6.1) pkg=$(kernel_package linux-image-amd64) ;;
	*) pkg=$(kernel_package "linux-image-$what-amd64") ;;
	esac
	[[ $pkg == linux-image-$what.* ]] ||
		die "$pkg is not a $what kernel; is this Debian 12?"
	echo "fetch $what: $pkg"
	download "$pkg"
	unpack tree
	release=${pkg#linux-image-}
	mv "tree/boot/vmlinuz-$release" tree/vmlinuz
	echo "$release" >tree/release
	depmod -b "$PWD/tree" "$release" || die "depmod failed for $release"
}

fetch_xenstore() {
	echo "fetch $what: xenstore-utils"
	download xenstore-utils libxenstore4 libxentoolcore1
	unpack tree
}

fetch_xen() {
	echo "fetch $what: Xen 4.17 and its tools"
	download xen-hypervisor-4.17-amd64 xen-utils-4.17 xen-utils-common \
		xenstore-utils libxenstore4 libxenmisc4.17 libxencall1 \
		libxendevicemodel1 libxenevtchn1 libxenforeignmemory1 \
		libxengnttab1 libxenhypfs1 libxentoolcore1 libxentoollog1 \
		libyajl2
	unpack tree
	gunzip -c tree/boot/xen-4.17-amd64.gz >tree/xen
}

case $what in
6.1 | 6.12) dest=$cache/kernels/$what ;;
xenstore | xen) dest=$cache/$what ;;
*) die "expected 6.1, 6.12, xenstore or xen" ;;
esac

[ ! -e "$dest/.complete" ] || exit 0
mkdir -p "$cache/kernels" || die "cannot create $cache"
exec 9>"$cache/.lock-$what"
flock 9
[ ! -e "$dest/.complete" ] || exit 0

work=$(mktemp -d "$cache/.fetch-$what-XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/tree"
dest=$(realpath -m "$dest")
cd "$work"
case $what in
xenstore | xen) "fetch_$what" ;;
*) fetch_kernel ;;
esac
rm -rf "$dest"
mv tree "$dest"
touch "$dest/.complete"
