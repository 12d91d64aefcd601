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

cat >/tmp/debian.cfg <<CFG
name = "debian"
kernel = "/boot/debian/vmlinuz"
ramdisk = "/boot/debian/initrd.img"
root = "/dev/xvda ro"
extra = "console=hvc0 net.ifnames=0"
memory = 512
vcpus = 1
disk = [ 'phy:/dev/vda,xvda,w', 'file:/tmp/second.img,xvdb,w' ]
vif = [ 'mac=00:16:3e:0d:eb:12, bridge=xenbr0' ]
CFG
begin=$(now)
check create_succeeds $CTL create /tmp/debian.cfg
check systemd_reaches_a_login wait_for 900 says debian 'guest login:'
echo "debian: login after $(seconds_since "$begin") s"
type_in debian root
sleep 3
check root_logs_in guest debian 60 'stty -echo; PS1=; true'
check no_unit_failed guest debian 300 \
	'systemctl is-system-running --wait; systemctl --failed --no-legend | tee /dev/stderr | wc -l | grep -qx 0'
check root_is_on_xvda guest debian 30 'findmnt -n -o SOURCE / | grep -qx /dev/xvda'
check packages_are_consistent guest debian 120 'apt-get check'
check dhcp_gave_an_address guest debian 60 \
	'for i in 1 2 3 4 5 6 7 8 9; do ip -4 addr show eth0 | grep -q inet && break; sleep 2; done; ping -c 2 -W 5 10.0.2.2'

# -- disks: every block written carries a checksum that is read back; disks.sh
# has all the forms
fio() {
	promise=$1
	shift
	check "$promise" guest debian 300 "fio --name=$promise --verify=crc32c --verify_fatal=1 --direct=1 --ioengine=libaio --output=/tmp/$promise.out $* && grep -q 'err= 0' /tmp/$promise.out"
	guest debian 20 "echo $promise \$(grep -oE '(read|write): IOPS=[^ ]* BW=[^ ]*' /tmp/$promise.out | tr '\n' ' ')"
	echo "debian: $(result "$promise")"
}
fio random_4k --filename=/dev/xvdb --rw=randwrite --bs=4k --size=16M --iodepth=16
fio with_fsync --filename=/root/fio.data --rw=randwrite --bs=8k --size=8M --fsync=32

# -- networks
iperf3 -s -D >/dev/null 2>&1
throughput() {
	promise=$1
	shift
	check "$promise" guest debian 90 "iperf3 -c 10.0.2.25 -t 10 -f m $* >/tmp/$promise.out"
	guest debian 20 "echo $promise \$(grep -E 'sender|receiver' /tmp/$promise.out | grep -oE '[0-9.]+ Mbits/sec' | tr '\n' ' ')"
	echo "debian: $(result "$promise")"
}
throughput iperf_to_dom0
throughput iperf_from_dom0 -R
check ping_dom0 guest debian 60 'ping -q -i 0.01 -c 500 10.0.2.25 >/tmp/ping'
guest debian 20 'echo ping $(tail -1 /tmp/ping)'
echo "debian: $(result ping)"

# -- down
check shutdown_succeeds $CTL shutdown debian
check shutdown_is_clean wait_for 180 gone debian
check power_was_turned_off says debian 'reboot: System halted'
console_log debian | clean_log guest_kernel_log_is_clean
dmesg | clean_log dom0_kernel_log_is_clean
finish
