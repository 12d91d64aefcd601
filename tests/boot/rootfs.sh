#!/bin/bash
# rootfs.sh CACHE [KIND] - a Debian 12 root file system, made once, in CACHE/KIND
#
#   debian.ext4   the file system, sparse
#
# KIND rootfs, if none is given, is a whole system with systemd:
#   vmlinuz       Debian's kernel from inside it
#   initrd.img    and its initramfs
#   dom0/         iperf3 and the libraries it loads, for dom0
# Stock packages only; what is configured is what an administrator would:
# a password-less root, an address by DHCP, where fstab mounts things.
#
# KIND macro holds the programs of tests/bench/macro, without init and kernel,
# and in /usr/src/project a C project for them to compile: Debian's bzip2.
set -euo pipefail

cache=$1
kind=${2:-rootfs}
dest=$cache/$kind
size=1400M
hook='' # before packages are configured
packages=systemd-sysv,udev,dbus,login,passwd,util-linux,e2fsprogs,kmod
packages+=,iproute2,iputils-ping,ifupdown,isc-dhcp-client,ethtool,procps
packages+=,linux-image-amd64,initramfs-tools,zstd,fio,iperf3,netcat-openbsd
packages+=,apt,ca-certificates

die() {
	echo "rootfs: $*" >&2
	exit 1
}

case $kind in
rootfs)
	# Modules that a PV guest needs before its root is mounted, and no
	# others: the initramfs stays small. In place before initramfs-tools.
	hook='mkdir -p "$1/etc/initramfs-tools/conf.d"
mkdir -p "$1/usr/share/initramfs-tools/modules.d"
echo MODULES=list >"$1/etc/initramfs-tools/conf.d/modules"
printf "%s\n" xen-blkfront ext4 crc32c_generic \
	>"$1/usr/share/initramfs-tools/modules.d/guest"'
	;;
macro)
	size=1000M
	packages=apt,ca-certificates,procps,iproute2,xz-utils,gcc,libc6-dev
	packages+=,sqlite3,dbench,nginx-light,wrk,fio,iperf3
	;;
*) die "unknown kind $kind" ;;
esac

# Made anew when this script has changed.
version=$(sha256sum <"$0")
made() {
	[ "$(cat "$dest/.complete" 2>/dev/null)" = "$version" ]
}

! made || exit 0
[ "$(id -u)" -eq 0 ] || die "mmdebstrap needs root here; run this as root"
command -v mmdebstrap >/dev/null ||
	die "mmdebstrap is missing; install it with: make deps"
mkdir -p "$cache"
exec 9>"$cache/.lock-$kind"
flock 9
! made || exit 0

work=$(mktemp -d "$cache/.rootfs-XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/out"
tree=$work/tree

# The whole system: what is configured, and what is told beside the image.
finish_rootfs() {
	echo guest >"$tree/etc/hostname"
	echo '127.0.0.1 localhost guest' >"$tree/etc/hosts"
	echo '/dev/xvda / ext4 errors=remount-ro 0 1' >"$tree/etc/fstab"
	sed -i 's/^root:[^:]*:/root::/' "$tree/etc/shadow"
	printf '%s\n' 'auto lo' 'iface lo inet loopback' \
		'source /etc/network/interfaces.d/*' \
		>"$tree/etc/network/interfaces"
	printf '%s\n' 'allow-hotplug eth0' 'iface eth0 inet dhcp' \
		>"$tree/etc/network/interfaces.d/eth0"
	# Downloads at random times would disturb measurements.
	ln -sf /dev/null "$tree/etc/systemd/system/apt-daily.timer"
	ln -sf /dev/null "$tree/etc/systemd/system/apt-daily-upgrade.timer"
	cp "$tree"/boot/vmlinuz-* "$work/out/vmlinuz"
	cp "$tree"/boot/initrd.img-* "$work/out/initrd.img"
	for file in /usr/bin/iperf3 $(chroot "$tree" ldd /usr/bin/iperf3 |
		grep -o '/[^ ]*'); do
		mkdir -p "$work/out/dom0$(dirname "$file")"
		cp -L "$tree$file" "$work/out/dom0$file"
	done
}

finish_macro() {
	local project=$tree/usr/src/project

	mkdir "$project"
	echo "deb-src http://deb.debian.org/debian bookworm main" \
		>"$tree/etc/apt/sources.list.d/source.list"
	if ! chroot "$tree" sh -c 'cd /usr/src && apt-get -q update &&
		apt-get -q -o APT::Sandbox::User=root source \
			--download-only bzip2' >>"$work/log" 2>&1; then
		tail -20 "$work/log" | sed 's/^/  /' >&2
		die "cannot download the source of bzip2; check the network"
	fi
	tar -xf "$tree"/usr/src/bzip2_*.orig.tar.* -C "$project" \
		--strip-components=1
	rm "$tree"/usr/src/bzip2_*
	rm -rf "$tree"/var/lib/apt/lists/*
}

echo "rootfs: mmdebstrap bookworm"
if ! mmdebstrap --quiet --mode=root --variant=minbase --include="$packages" \
	--aptopt='Acquire::Languages "none"' \
	--dpkgopt='path-exclude=/usr/share/doc/*' \
	--dpkgopt='path-exclude=/usr/share/man/*' \
	--dpkgopt='path-exclude=/usr/share/locale/*' \
	${hook:+--essential-hook="$hook"} \
	bookworm "$tree" >"$work/log" 2>&1; then
	tail -20 "$work/log" | sed 's/^/  /' >&2
	die "mmdebstrap failed; check the network"
fi
"finish_$kind"
rm -rf "$tree"/var/cache/apt/archives/*.deb
PATH=$PATH:/sbin:/usr/sbin
mkfs.ext4 -q -L root -d "$tree" "$work/out/debian.ext4" "$size"
echo "$version" >"$work/out/.complete"
rm -rf "$dest"
mv "$work/out" "$dest"
echo "rootfs: $(du -sh "$dest" | cut -f1) in $dest"
