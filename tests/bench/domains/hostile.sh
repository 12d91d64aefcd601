# A Linux that works, beside one that does harm: rows for isolation.py. CASES,
# kinds of harm, and LASTS, how many seconds each, precede.

lines() {
	console_log steady | grep -c '^WINDOW'
}

# span KIND: the windows of the next $LASTS seconds
span() {
	from=$(lines)
	sleep "$LASTS"
	console_log steady | tr -d '\r' | grep '^WINDOW' |
		tail -n +$((from + 2)) | sed "s/^WINDOW/SPAN $1/"
}

# beside KIND JOB [LINE...]: what it leaves to the steady one; JOB goes through
# sed, hence \&
beside() {
	kind=$1
	job=$2
	shift 2
	case " $CASES " in *" $kind "*) ;; *) return ;; esac
	domain "$kind" "echo harm; $job" "$@"
	sed -i 's|^memory = .*|memory = 192|' "/tmp/$kind.cfg"
	if ! $CTL create "/tmp/$kind.cfg" >/tmp/out 2>&1; then
		fail "${kind}_starts" "$(tail -1 /tmp/out)"
		return
	fi
	if wait_for 300 says "$kind" "^harm"; then
		sleep 4
		span "$kind"
	else
		fail "${kind}_begins" "it did not get that far"
	fi
	$CTL destroy "$kind" >/tmp/out 2>&1 ||
		fail "${kind}_ends" "$(tail -1 /tmp/out)"
	sleep 2
}

cat /boot/domu/initrd.img /bench/steady.cpio >/tmp/steady.img
domain steady '/bench/steady' 'ramdisk = "/tmp/steady.img"'
check steady_starts $CTL create /tmp/steady.cfg
check steady_runs wait_for 300 says steady WINDOW
sleep 2
span alone

beside hog 'while :; do :; done'
beside fork 'echo 3000 >/proc/sys/kernel/pid_max; b() { while :; do b \& done; }; b; sleep 1000'
beside memory 'while :; do head -c 80000000 /dev/zero >/tmp/x; rm /tmp/x; done'

dd if=/dev/zero of=/tmp/disk.img bs=1M count=32 2>/dev/null
beside disk 'while :; do dd if=/dev/zero of=/dev/xvda bs=64k count=500 conv=fsync 2>/dev/null; done' \
	"disk = [ 'file:/tmp/disk.img,xvda,w' ]"

brctl addbr xenbr0
ip link set xenbr0 up
ip addr add 10.9.0.1/24 dev xenbr0
beside network 'ip addr add 10.9.0.2/24 dev eth0; ip link set eth0 up; sleep 1; ip neigh add 10.9.0.9 lladdr 00:16:3e:09:09:09 dev eth0; while :; do nc -u -w 1 10.9.0.9 9 </dev/zero; done' \
	"vif = [ 'bridge=xenbr0' ]"
finish
