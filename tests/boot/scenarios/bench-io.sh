# Costs of a Debian domU's disk and network, as lines "BENCH ROW VALUE UNIT".

type_in() {
	tty=$(xenstore-read "/local/domain/$($CTL domid "$1")/console/tty")
	printf '%s\n' "$2" >"$tty"
}

guest() {
	type_in debian "$2 && echo \"guest:\"$3"
	wait_for "$1" says debian "guest:$3"
}

# told NAME COMMAND: what the command prints in the guest, one word
told() {
	guest 60 "echo \"told:\"$1=\$($2)" "end-$1"
	console_log debian | tr -d '\r' | sed -n "s/^told:$1=//p" | tail -1
}

row() {
	echo "BENCH $1 $2 $3"
}

# Events that back ends and their front end sent to each other.
interrupts() {
	awk -v what="$1" '$0 ~ what { n += $2 } END { print n + 0 }' /proc/interrupts
}

brctl addbr xenbr0
ip link set xenbr0 up
ip addr add 10.9.0.1/24 dev xenbr0
dd if=/dev/zero of=/tmp/second.img bs=1M count=128 2>/dev/null
cat >/tmp/debian.cfg <<CFG
name = "debian"
kernel = "/boot/debian/vmlinuz"
ramdisk = "/boot/debian/initrd.img"
root = "/dev/xvda ro"
extra = "console=hvc0 net.ifnames=0 systemd.mask=ifup@eth0.service"
memory = 512
vcpus = 1
disk = [ 'phy:/dev/vda,xvda,w', 'file:/tmp/second.img,xvdb,w' ]
vif = [ 'mac=00:16:3e:0d:eb:12, bridge=xenbr0' ]
CFG
check create_succeeds $CTL create /tmp/debian.cfg
check systemd_reaches_a_login wait_for 600 says debian 'guest login:'
type_in debian root
sleep 3
check root_logs_in guest 60 'stty -echo; PS1=; true' in
check network_comes_up guest 60 \
	'ip addr add 10.9.0.2/24 dev eth0; ip link set eth0 up; sleep 2; ping -q -c 2 10.9.0.1' up

# disk ROW RW BS DEPTH: MB/s or IOPS and events per request
disk() {
	before=$(interrupts 'vbd|blkif')
	guest 200 "fio --name=$1 --filename=/dev/xvdb --size=96M --direct=1 --ioengine=libaio --time_based --runtime=15 --rw=$2 --bs=$3 --iodepth=$4 --output-format=terse --terse-version=3 --output=/tmp/$1.terse" "ran-$1"
	after=$(interrupts 'vbd|blkif')
	case $2 in *read) field=8 kb=7 ;; *) field=49 kb=48 ;; esac
	iops=$(told "iops$1" "cut -d';' -f$field /tmp/$1.terse")
	rate=$(told "kb$1" "cut -d';' -f$kb /tmp/$1.terse")
	row "fio_$1" "$rate" kB/s
	row "events_per_request_$1" "$(echo "$after $before $iops" |
		awk '{ printf "%.3f", $3 ? ($1 - $2) / ($3 * 15) : 0 }')" events
}
disk read_4k_1 randread 4k 1
disk read_4k_32 randread 4k 32
disk write_4k_32 randwrite 4k 32
disk read_1m_4 read 1M 4
disk write_1m_4 write 1M 4

iperf3 -s -D >/dev/null 2>&1
# network ROW OPTIONS
network() {
	name=$1
	shift
	guest 90 "iperf3 -c 10.9.0.1 -t 15 -f k $* >/tmp/$name.out" "ran-$name"
	row "iperf3_$name" "$(told "$name" "awk '/receiver/ { print \$7 }' /tmp/$name.out")" kbit/s
}
network to_dom0
network from_dom0 -R
guest 60 'ping -q -i 0.02 -c 300 10.9.0.1 >/tmp/ping' pinged
row ping_round_trip "$(told ping "sed -n 's|.*= [^/]*/\\([^/]*\\)/.*|\\1|p' /tmp/ping")" ms
check destroy_succeeds $CTL destroy debian
finish
