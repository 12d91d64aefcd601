# Minutes of mixed traffic: disks and networks of two guests at once, devices
# that come and go; every byte is checked, and nothing leaks.

MINUTES=$(cat /minutes)

cat /boot/domu/initrd.img /boot/guest-tools.cpio >/tmp/initrd.img

pages_free() {
	$CTL info | awk '/^free_memory/ { print $3 }'
}

# domain_line NAME: what the hypervisor says of a domain: its pages, its grants
domain_line() {
	$CTL dmesg -c >/dev/null
	$CTL debug-keys q
	$CTL dmesg | grep "d$($CTL domid "$1" 2>/dev/null || echo 0):" | tail -1
}

field() {
	echo "$1" | sed -n "s/.* $2=\([0-9]*\).*/\1/p"
}

dom0_kilobytes() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	awk '/^MemAvailable/ { print $2 }' /proc/meminfo
}

# within PROMISE BEFORE AFTER LIMIT: it did not change by more than the limit
within() {
	echo "soak: $1: $2 before, $3 after"
	if [ -z "$2" ] || [ -z "$3" ]; then
		fail "$1" "nothing was measured"
	else
		check "$1" test $(($2 - $3)) -le "$4" -a $(($3 - $2)) -le "$4"
	fi
}

# Guests write this file to their own initramfs and run it; all they say of
# themselves is the word BAD.
cat >/tmp/disk.job <<'JOB'
n=0
mke2fs -F /dev/xvda >/dev/null 2>&1
while [ ! -e /tmp/stop ]; do
	n=$((n + 1))
	mount -t ext4 /dev/xvda /mnt || { echo "BAD mount"; break; }
	dd if=/dev/urandom of=/mnt/f bs=64k count=$((n % 7 * 20 + 10)) conv=fsync 2>/dev/null
	sum=$(md5sum </mnt/f)
	umount /mnt
	mount -t ext4 /dev/xvda /mnt
	[ "$(md5sum </mnt/f)" = "$sum" ] || echo "BAD data in round $n"
	rm /mnt/f
	umount /mnt
	echo $n >/tmp/disk.rounds
done
echo disk ends after $n
JOB
# One connection a transfer: the checksum, then what it is of. Who listens needs
# a moment between two of them.
cat >/tmp/send.job <<'JOB'
n=0
while [ ! -e /tmp/stop ]; do
	n=$((n + 1))
	dd if=/dev/urandom of=/tmp/out bs=1k count=$((n % 9 * 300 + 1)) 2>/dev/null
	md5sum </tmp/out | head -c 32 >/tmp/all
	cat /tmp/out >>/tmp/all
	until nc -w 60 $PEER 5000 </tmp/all 2>/dev/null || [ -e /tmp/stop ]; do
		sleep 0.3
	done
done
echo send ends after $n
JOB
cat >/tmp/receive.job <<'JOB'
# Nothing to send back, but no end of it either, at which both sides would stop.
mkfifo /tmp/nothing
exec 9<>/tmp/nothing
n=0
while :; do
	nc -l -p 5000 <&9 >/tmp/in
	[ -s /tmp/in ] || continue
	if [ "$(head -c 32 /tmp/in)" = "$(tail -c +33 /tmp/in | md5sum | head -c 32)" ]; then
		n=$((n + 1))
		echo $n >/tmp/received
	else
		echo "BAD transfer after $n, $(wc -c </tmp/in) bytes"
	fi
done
JOB
cat >/tmp/load.job <<'JOB'
while [ ! -e /tmp/stop ]; do
	iperf3 -c 10.9.0.1 -t 10 -P 2 >/tmp/iperf.out 2>&1 || sleep 1
	iperf3 -c 10.9.0.1 -t 5 -R >/tmp/iperf.out 2>&1 || sleep 1
	iperf3 -c 10.9.0.1 -t 5 -u -b 5M -l 1200 >/tmp/iperf.out 2>&1 || sleep 1
	ping -q -c 20 -i 0.1 -s 8000 10.9.0.1 >/tmp/ping.out || echo "BAD ping"
done
JOB
mkdir -p /tmp/jobs/jobs
cp /tmp/*.job /tmp/jobs/jobs
(cd /tmp/jobs && find . | cpio -o -H newc) >>/tmp/initrd.img 2>/dev/null

for name in a b spare; do
	dd if=/dev/zero of=/tmp/$name.img bs=1M count=24 2>/dev/null
done
echo 2 >/sys/module/xen_netback/parameters/max_queues
check bridge $CTL bridge-create xenbr9 mtu=9000 10.9.0.1/24
check bridge_for_the_world $CTL bridge-create xenbr0 eth0 10.0.2.15/24
iperf3 -s -D >/dev/null 2>&1
kilobytes_before=$(dom0_kilobytes)
free_before=$(pages_free)
for name in a b; do
	domain $name '' 'ramdisk = "/tmp/initrd.img"' 'vcpus = 2' \
		'memory = 192' "disk = [ '/tmp/$name.img,raw,xvda,w' ]" \
		"vif = [ 'bridge=xenbr9' ]"
	check create_$name $CTL create /tmp/$name.cfg
	check ${name}_reaches_its_shell wait_for 120 says $name 'domU: ready'
done
check a_has_an_address guest a 30 'ip link set eth0 mtu 9000; ip addr add 10.9.0.2/24 dev eth0 && ip link set eth0 up'
check b_has_an_address guest b 30 'ip link set eth0 mtu 9000; ip addr add 10.9.0.3/24 dev eth0 && ip link set eth0 up'
check b_receives guest b 10 '{ sh /jobs/receive.job & }'
check a_sends guest a 10 '{ PEER=10.9.0.3 sh /jobs/send.job & }'
check a_writes guest a 10 '{ sh /jobs/disk.job & }'
check b_writes guest b 10 '{ sh /jobs/disk.job & }'
check b_loads guest b 10 '{ sh /jobs/load.job & }'

# Devices of both come and go meanwhile.
end=$(($(date +%s) + MINUTES * 60))
rounds=0
mishaps=0
early=
while [ "$(date +%s)" -lt $end ]; do
	rounds=$((rounds + 1))
	for step in "block-attach a /tmp/spare.img raw xvdb w" \
		"network-attach b bridge=xenbr0 devid=5" \
		"network-attach a script=vif-nat ip=10.7.0.2 devid=6"; do
		$CTL $step || mishaps=$((mishaps + 1))
	done
	sleep 4
	for step in "block-detach a xvdb" "network-detach b 5" \
		"network-detach a 6"; do
		$CTL $step || mishaps=$((mishaps + 1))
	done
	if [ $rounds -eq 2 ]; then
		early=$(domain_line a)
	fi
done
late=$(domain_line a)
echo "soak: $rounds rounds of attaching and detaching"
echo "soak: a after two rounds: $early"
echo "soak: a at the end:        $late"
check every_attach_and_detach_succeeded test $mishaps -eq 0
check there_were_many_rounds test $rounds -ge $(((MINUTES + 1) / 2))
within grant_table_of_a_guest "$(field "$early" grant-frames)" \
	"$(field "$late" grant-frames)" 2
within ports_of_a_guest "$(field "$early" ports)" "$(field "$late" ports)" 2
for name in a b; do
	type_in $name ': >/tmp/stop'
	check ${name}_ends_its_disk_job wait_for 120 says $name 'disk ends after'
done
check a_ends_its_transfers wait_for 120 says a 'send ends after'
for name in a b; do
	console_log $name | grep -aE '(disk|send) ends|^BAD'
done
check no_byte_was_wrong sh -c "! cat $LOGS/*.log | grep -a '^BAD'"
echo "soak: $(told b transfers 'cat /tmp/received') transfers"
check transfers_arrived guest b 20 '[ $(cat /tmp/received) -ge '$MINUTES' ]'
check disks_did_something guest a 20 '[ $(cat /tmp/disk.rounds) -ge '$MINUTES' ]'
check no_grant_is_lost sh -c "! cat $LOGS/*.log | grep -aE 'leaking g.e|g.e. .* still'"
check destroy_a $CTL destroy a
check destroy_b $CTL destroy b
sleep 2
within memory_of_the_hypervisor "$free_before" "$(pages_free)" 1
within memory_of_dom0 "$kilobytes_before" "$(dom0_kilobytes)" 24576
check dom0_maps_nothing test "$(field "$(domain_line Domain-0)" maps)" = 0
check nothing_is_left sh -c '! xenstore-ls /libxl 2>/dev/null | grep .'
check no_loop_device_is_left test -z "$(losetup -a)"
dmesg | clean_log dom0_kernel_log_is_clean
finish
