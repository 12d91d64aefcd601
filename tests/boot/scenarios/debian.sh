# Debian 12 with its root on xvda, served from dom0's virtio disk: to a login,
# to work, and down again.

now() {
	cut -d' ' -f1 /proc/uptime
}

seconds_since() {
	echo "$1 $(now)" | awk '{ printf "%.1f", $2 - $1 }'
}

# result NAME: what follows "NAME " in the guest's output, for the log
result() {
	console_log debian | tr -d '\r' | grep -o "^$1 .*" | tail -1
}

brctl addbr xenbr0
ip link set xenbr0 up
brctl addif xenbr0 eth0
ip link set eth0 up
ip addr add 10.0.2.25/24 dev xenbr0
dd if=/dev/zero of=/tmp/second.img bs=1M count=96 2>/dev/null
echo 2 >/sys/module/xen_blkback/parameters/max_queues
echo 2 >/sys/module/xen_netback/parameters/max_queues

cat >/tmp/debian.cfg <<CFG
name = "debian"
kernel = "/boot/debian/vmlinuz"
ramdisk = "/boot/debian/initrd.img"
root = "/dev/xvda ro"
extra = "console=hvc0 net.ifnames=0"
memory = 512
vcpus = 2
disk = [ 'phy:/dev/vda,xvda,w', 'file:/tmp/second.img,xvdb,w' ]
vif = [ 'mac=00:16:3e:0d:eb:12, bridge=xenbr0' ]
CFG
begin=$(now)
check create_succeeds $CTL create /tmp/debian.cfg
check systemd_reaches_a_login wait_for 900 says debian 'guest login:'
echo "debian: login after $(seconds_since "$begin") s"
type_in debian root
sleep 3
check root_logs_in guest debian 60 'stty -echo; PS1=; true' in
check no_unit_failed guest debian 300 \
	'systemctl is-system-running --wait; systemctl --failed --no-legend | tee /dev/stderr | wc -l | grep -qx 0' units
check root_is_on_xvda guest debian 30 'findmnt -n -o SOURCE / | grep -qx /dev/xvda' root
check packages_are_consistent guest debian 120 'apt-get check' apt
check dhcp_gave_an_address guest debian 60 \
	'for i in 1 2 3 4 5 6 7 8 9; do ip -4 addr show eth0 | grep -q inet && break; sleep 2; done; ping -c 2 -W 5 10.0.2.2' dhcp

# -- disks: every block written carries a checksum that is read back
check disks_offer_everything sh -c "cat $LOGS/guest-debian.log |
	grep -c 'flush diskcache: enabled; persistent grants: enabled; indirect descriptors: enabled' | grep -qx 2"
check several_queues test "$(xenstore-read \
	"/local/domain/$($CTL domid debian)/device/vbd/51728/multi-queue-num-queues")" = 2
fio() {
	promise=$1
	shift
	check "$promise" guest debian 300 "fio --name=$promise --verify=crc32c --verify_fatal=1 --direct=1 --ioengine=libaio --output=/tmp/$promise.out $* && grep -q 'err= 0' /tmp/$promise.out" "$promise"
	guest debian 20 "echo $promise \$(grep -oE '(read|write|trim): IOPS=[^ ]* BW=[^ ]*' /tmp/$promise.out | tr '\n' ' ')" "told-$promise"
	echo "debian: $(result "$promise")"
}
served() {
	cat "/sys/bus/xen-backend/devices/vbd-$($CTL domid debian)-51728/statistics/$1"
}
fio random_4k --filename=/dev/xvdb --rw=randwrite --bs=4k --size=16M --iodepth=16
requests=$(served wr_req)
sectors=$(served wr_sect)
fio sequential_1m --filename=/dev/xvdb --rw=write --bs=1M --size=64M --iodepth=4
sectors=$((($(served wr_sect) - sectors) / ($(served wr_req) - requests)))
echo "debian: $sectors sectors in a request; 88 fit without indirect descriptors"
check indirect_descriptors_are_used test $sectors -gt 88
fio four_jobs --filename=/dev/xvdb --rw=randwrite --bs=16k --size=4M --iodepth=8 --numjobs=4 --offset_increment=8M --group_reporting
check all_queues_are_used guest debian 20 \
	'awk "/blkif/ { n++; if (\$2 + \$3 < 20) bad = 1 } END { exit bad || n < 4 }" /proc/interrupts' queues
fio mixed_sizes --filename=/dev/xvdb --rw=randrw --bsrange=512-128k --size=24M --iodepth=8
flushes=$(served f_req)
fio with_fsync --filename=/root/fio.data --rw=randwrite --bs=8k --size=8M --fsync=32
fio with_flushes --filename=/dev/xvdb --rw=randwrite --bs=4k --size=4M --iodepth=4 --fdatasync=16
check flushes_reach_the_back_end test $(($(served f_req) - flushes)) -ge 32
discards=$(served ds_req)
fio discarded_and_written --filename=/dev/xvdb --rw=trimwrite --bs=64k --size=16M
check discards_reach_the_back_end test $(($(served ds_req) - discards)) -ge 100
check discarded_blocks_are_zero guest debian 60 \
	'blkdiscard /dev/xvdb && sync && cmp -n 33554432 /dev/xvdb /dev/zero' discard
echo 1 >/sys/module/xen_blkback/parameters/log_stats
sleep 11
fio after_discard --filename=/dev/xvdb --rw=randwrite --bs=4k --size=4M --iodepth=16
echo 0 >/sys/module/xen_blkback/parameters/log_stats
dmesg | grep 'pg: ' | tail -2
check persistent_grants_are_used sh -c "dmesg | grep -qE 'pg: +[1-9]'"

# -- networks
iperf3 -s -D >/dev/null 2>&1
throughput() {
	promise=$1
	shift
	check "$promise" guest debian 90 "iperf3 -c 10.0.2.25 -t 10 -f m $* >/tmp/$promise.out" "$promise"
	guest debian 20 "echo $promise \$(grep -E 'sender|receiver' /tmp/$promise.out | grep -oE '[0-9.]+ Mbits/sec' | tr '\n' ' ')" "told-$promise"
	echo "debian: $(result "$promise")"
}
throughput iperf_to_dom0
throughput iperf_from_dom0 -R
check ping_dom0 guest debian 60 'ping -q -i 0.01 -c 500 10.0.2.25 >/tmp/ping' ping
guest debian 20 'echo ping $(tail -1 /tmp/ping)' told-ping
echo "debian: $(result ping)"

# -- down
check shutdown_succeeds $CTL shutdown debian
check shutdown_is_clean wait_for 180 gone debian
check power_was_turned_off says debian 'reboot: System halted'
console_log debian | clean_log guest_kernel_log_is_clean
dmesg | clean_log dom0_kernel_log_is_clean
finish
