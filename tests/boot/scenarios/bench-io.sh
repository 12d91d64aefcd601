# Costs of a domU's disk and network, as lines "BENCH ROW.TIME VALUE UNIT".

SECONDS_EACH=$(cat /seconds) # of each throughput
COUNTED=$(((SECONDS_EACH + 1) / 2)) # of fio's, hypercalls are counted
STREAMS=5 # of TCP, one after the other, in that time
[ "$SECONDS_EACH" -ge $STREAMS ] || STREAMS=1

row() {
	echo "BENCH $1 $2 $3"
}

ratio() {
	awk -v n="$1" -v of="$2" 'BEGIN { printf "%.3f", (of ? n / of : 0) }'
}

# Interrupts of this side of a device.
interrupts() {
	awk -v what="$1" '$0 ~ what { n += $2 } END { print n + 0 }' /proc/interrupts
}

disk_requests() {
	cat /sys/bus/xen-backend/devices/vbd-*-51728/statistics/rd_req \
		/sys/bus/xen-backend/devices/vbd-*-51728/statistics/wr_req |
		awk '{ n += $1 } END { print n }'
}

packets() {
	cat /sys/class/net/vif*.0/statistics/[rt]x_packets |
		awk '{ n += $1 } END { print n }'
}

# observe SECONDS; then calls_seen: hypercalls of all domains in that time, as
# "COUNT NAME" lines. Reading Xen's trace takes long: requests are counted before.
if [ -x /usr/sbin/xentrace ]; then
	observe() {
		xentrace -D -S 1024 -e 0x201000 -T "$1" /tmp/seen >/dev/null 2>&1
	}
	calls_seen() {
		xenalyze --dump-all /tmp/seen 2>/dev/null |
			sed -n 's/.* hypercall .*(\(.*\))/\1/p' | sort | uniq -c
		rm /tmp/seen
	}
else
	observe() {
		$CTL perf -i "$1" -n 1 >/tmp/seen
	}
	calls_seen() {
		awk '$1 == "hypercall" { print $3, $2 }' /tmp/seen
	}
fi

cat /boot/domu/initrd.img /boot/guest-tools.cpio >/tmp/initrd.img
rm /boot/guest-tools.cpio
brctl addbr xenbr0
ip link set xenbr0 up
ip addr add 10.9.0.1/24 dev xenbr0
dd if=/dev/zero of=/tmp/disk.img bs=1M count=128 2>/dev/null
domain bench '' 'ramdisk = "/tmp/initrd.img"' 'memory = 512' \
	"disk = [ 'file:/tmp/disk.img,xvdb,w' ]" \
	"vif = [ 'mac=00:16:3e:0d:eb:12, bridge=xenbr0' ]"
check create_succeeds $CTL create /tmp/bench.cfg
check domu_reaches_its_shell wait_for 300 says bench 'domU: ready'
rm /tmp/initrd.img
check network_comes_up guest bench 60 \
	'ip addr add 10.9.0.2/24 dev eth0; ip link set eth0 up; sleep 2; ping -q -c 2 10.9.0.1'
# streams COMMAND...: that often
# run NAME COMMAND...: and tell the interrupts that its device sent meanwhile
check guest_learns guest bench 20 \
	"streams() { for n in \$(seq $STREAMS); do \"\$@\"; done; }"
check guest_learns guest bench 20 \
	'irq() { awk "/blkif|vif|eth0/ { n += \$2 } END { print n }" /proc/interrupts; }; run() { what=$1; shift; before=$(irq); "$@"; echo "told:"$what=$(($(irq) - before)); }'

# busy NAME COMMAND: the guest runs it for the time of a row while nobody looks,
# so that dom0's own work disturbs neither
busy() {
	type_in bench "run $1 $2; echo \"ran:\"$1"
	sleep $((SECONDS_EACH + 1))
	wait_for 200 says bench "ran:$1" ||
		fail "$1" "the guest did not end it"
}

# interrupt_rows NAME KIND COUNTER COMMAND: of both sides, for each request
interrupt_rows() {
	back_before=$(interrupts "$2")
	requests_before=$($3)
	busy "$1" "$4"
	requests=$(($($3) - requests_before))
	back=$(($(interrupts "$2") - back_before))
	front=$(console_log bench | tr -d '\r' | sed -n "s/^told:$1=//p" | tail -1)
	row "interrupts_per_request_$1" "$(ratio $((back + front)) $requests)" interrupts
	row "back_interrupts_per_request_$1" "$(ratio $back $requests)" interrupts
	row "front_interrupts_per_request_$1" "$(ratio "$front" $requests)" interrupts
}

# hypercall_row NAME COUNTER TIMES SECONDS COMMAND: for each request, while the
# guest runs the command, that often and each time for so long
hypercall_row() {
	requests=0
	for run in $(seq "$3"); do
		before=$($2)
		type_in bench "$5; echo \"ran:\"counted-$1-$run"
		until [ $(($($2) - before)) -ge 20 ]; do
			sleep 0.1
		done
		before=$($2)
		observe "$4"
		requests=$((requests + $($2) - before))
		calls_seen >>/tmp/calls
		wait_for 200 says bench "ran:counted-$1-$run"
	done
	awk '{ n = $1; $1 = ""; sum[$0] += n } END { for (c in sum) print sum[c] c }' \
		/tmp/calls | sort -rn | head -8 | tr -s '\n ' '  '
	echo "for $requests requests"
	calls=$(awk '$2 != "iret" { n += $1 } END { print n + 0 }' /tmp/calls)
	rm /tmp/calls
	row "hypercalls_per_request_$1" "$(ratio "$calls" $requests)" hypercalls
}

# wanted ROW: all are, unless some were named
wanted() {
	[ ! -s /rows ] || grep -qx "$1" /rows
}

# disk ROW RW BS DEPTH
disk() {
	wanted "$1" || return
	name=$1.$time
	job="fio --name=$name --filename=/dev/xvdb --size=96M --direct=1 --eta=never --ioengine=libaio --time_based --runtime=$SECONDS_EACH --rw=$2 --bs=$3 --iodepth=$4 --output-format=terse --terse-version=3 --output=/tmp/$name.terse"
	interrupt_rows "$name" 'vbd|blkif' disk_requests "$job"
	hypercall_row "$name" disk_requests 1 $COUNTED "$job"
	case $2 in *read) kb=7 ;; *) kb=48 ;; esac
	row "fio_$name" "$(told bench "kb$name" "cut -d';' -f$kb /tmp/$name.terse")" kB/s
}

iperf3 -s -D >/dev/null 2>&1
# network ROW OPTIONS: how much TCP sends at once depends on how a stream began,
# so there are several
network() {
	wanted "$1" || return
	name=$1.$time
	shift
	each=$((SECONDS_EACH / STREAMS))
	client="iperf3 -c 10.9.0.1 -f k $*"
	interrupt_rows "$name" vif packets \
		"streams $client -t $each --logfile /tmp/$name.out"
	# not while programs start, which make hypercalls, too
	hypercall_row "$name" packets $STREAMS $each \
		"$client -t $((each + 2)) --logfile /tmp/counted"
	row "iperf3_$name" "$(told bench "rate$name" "awk '/receiver/ { sum += \$7; n++ } END { printf \"%.0f\", sum / n }' /tmp/$name.out")" kbit/s
}

# ping_row ROW COMMAND DOM0_DOES...: what the command makes of 300 times in ms,
# one each line; while the other runs in dom0
ping_row() {
	what=$1.$time
	figure=$2
	shift 2
	type_in bench "ping -i 0.02 -c 300 10.9.0.1 >/tmp/$what; echo \"pinged:\"$what"
	"$@"
	wait_for 60 says bench "pinged:$what" || fail "$what" "no end of it"
	row "$what" "$(told bench "$what" "sed -n 's/.* time=\\(.*\\) ms/\\1/p' /tmp/$what | $figure")" ms
}
# A moment in which the host has no processor for QEMU is as long as many pings.
MEDIAN='sort -n | sed -n 150p'
MEAN="awk '{ sum += \$1 } END { printf \"%.3f\", sum / NR }'"

for time in $(cat /times); do
	disk read_4k_1 randread 4k 1
	disk read_4k_32 randread 4k 32
	disk write_4k_32 randwrite 4k 32
	disk read_1m_4 read 1M 4
	disk write_1m_4 write 1M 4
	network to_dom0
	network from_dom0 -R
	ping_row ping_round_trip "$MEDIAN" sleep 8
	# dom0 starts programs meanwhile, ten times a second
	ping_row ping_while_dom0_polls "$MEAN" \
		wait_for 60 says bench "pinged:ping_while_dom0_polls.$time"
done
check destroy_succeeds $CTL destroy bench
finish
