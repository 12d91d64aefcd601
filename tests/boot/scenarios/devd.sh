# A driver domain without devices of its own: scripts run there, at the beginning
# and at the end of what it serves, also when vane devd was killed meanwhile.

mkdir -p /tmp/own/etc/xen/scripts
cat >/tmp/own/etc/xen/scripts/vif-own <<'SCRIPT'
#!/bin/sh
echo "own $1 $vif $script" >/dev/hvc0
[ "$1" != online ] || xenstore-write "$XENBUS_PATH/hotplug-status" connected
SCRIPT
chmod +x /tmp/own/etc/xen/scripts/vif-own
libs=lib/x86_64-linux-gnu
mkdir -p /tmp/own/usr/bin /tmp/own/$libs /tmp/own/lib64
cp /usr/bin/xenstore-write /usr/bin/killat /tmp/own/usr/bin
cp /$libs/libxenstore* /$libs/libxentoolcore* /$libs/libc.so* /tmp/own/$libs
cp /lib64/* /tmp/own/lib64
(cd /tmp/own && find . | cpio -o -H newc) >>/boot/driver/initrd.img 2>/dev/null

cat >/tmp/net0.cfg <<CFG
name = "net0"
kernel = "/boot/domu/vmlinuz"
ramdisk = "/boot/driver/initrd.img"
extra = "console=hvc0 quiet address=10.9.0.1/24"
memory = 128
driver_domain = 1
CFG
check net0_is_created $CTL create /tmp/net0.cfg
check net0_serves wait_for 240 says net0 'driver: .* serves'
domain client '' 'vif = []' 'disk = []'
check client_is_created $CTL create /tmp/client.cfg
check client_reaches_its_shell wait_for 240 says client 'domU: ready'
check client_has_drivers guest client 30 'modprobe -a xen-blkfront xen-netfront'

# said TIMES TEXT: net0's console so often
said() {
	[ "$(console_log net0 | grep -c "$2")" -eq "$1" ]
}

# round N: a script's interface comes and goes
own() {
	$CTL network-attach client backend=net0 script=vif-own \
		mac=00:16:3e:00:00:01
}
begin() {
	check "script_begins_$1" own
	check "script_said_so_$1" wait_for 10 said "$1" 'own online vif2.0 /etc/xen/scripts/vif-own'
	check "client_has_it_$1" guest client 60 'until ip link show eth0; do sleep 0.2; done'
}
end() {
	check "script_ends_$1" $CTL network-detach client 0
	check "script_ended_$1" wait_for 10 said "$1" 'own offline vif2.0 /etc/xen/scripts/vif-own'
}
begin 1
end 1

# -- its devd is killed while it serves
begin 2
check devd_is_killed guest net0 10 'kill -9 $(pidof vane)'
check devd_is_started_again guest net0 10 'vane devd'
end 2

# -- and between two of the steps of an attach: the client is asleep
begin 3
check net0_has_an_image guest net0 10 \
	'dd if=/dev/zero of=/tmp/disk.img bs=1M count=4'
check client_is_paused $CTL pause client
check attach_to_a_paused_client $CTL network-attach client backend=net0 \
	bridge=xenbr0 mac=00:16:3e:00:00:02
check disk_of_a_paused_client $CTL block-attach client \
	'backend=net0,vdev=xvda,access=w,target=/tmp/disk.img'
check devd_is_killed_again guest net0 10 'kill -9 $(pidof vane)'
check devd_is_back guest net0 10 'vane devd'
check client_goes_on $CTL unpause client
check client_reaches_net0 guest client 60 \
	'until ip link show eth1; do sleep 0.2; done; ip addr add 10.9.0.2/24 dev eth1 && ip link set eth1 up && ping -c 3 -W 5 10.9.0.1'
check client_uses_the_disk guest client 60 \
	'until [ -b /dev/xvda ]; do sleep 0.2; done; dd if=/dev/zero of=/dev/xvda bs=64k count=16 conv=fsync'
end 3
check disk_is_detached $CTL block-detach client xvda
check no_loop_device_is_left guest net0 20 \
	'for n in 1 2 3 4 5 6 7 8 9; do losetup -a | grep . || break; sleep 0.5; done; ! losetup -a | grep .'

# -- and before every so many calls that others notice, while two devices come
# and go: started again at once, it goes on
STEP=11
come_and_go() {
	$CTL network-attach client backend=net0 bridge=xenbr0 vifname=web0 \
		mac=00:16:3e:00:00:03 &&
		$CTL block-attach client \
			'backend=net0,vdev=xvda,access=w,target=/tmp/disk.img' &&
		guest net0 20 'grep -q 1 /sys/class/net/web0/carrier' &&
		guest client 60 'until [ -b /dev/xvda ]; do sleep 0.2; done; dd if=/dev/xvda of=/dev/null bs=64k count=16' &&
		$CTL block-detach client xvda &&
		$CTL network-detach client 00:16:3e:00:00:03 &&
		guest net0 20 'for n in 1 2 3 4 5 6 7 8 9; do losetup -a | grep . || break; sleep 0.5; done; ! losetup -a | grep . && ! ip link show web0'
}
calls=$STEP
while [ $calls -lt 1000 ]; do
	type_in net0 "(killat $calls -p \$(pidof vane) && vane devd && echo again:\"$calls\":) &"
	sleep 0.5
	check "devices_come_and_go_$calls" come_and_go
	says net0 "again:$calls:" || break
	[ $failed -eq 0 ] || break
	calls=$((calls + STEP))
done
echo "devd: killed before every ${STEP}th of $calls calls"
check devd_was_killed_often [ $calls -ge $((STEP * 8)) ]
check client_is_destroyed $CTL destroy client
check net0_is_destroyed $CTL destroy net0
check nothing_is_left sh -c '! xenstore-ls /libxl 2>/dev/null | grep .'
dmesg | clean_log dom0_kernel_log_is_clean
finish
