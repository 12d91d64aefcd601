# Domains of eight vcpus come and go while another works on its disk.

ROUNDS=10
IMAGE=/tmp/disk.img

free_memory() {
	$CTL info | awk '$1 == "free_memory" { print $3 }'
}

same_memory() {
	[ "$(free_memory)" -ge "$free_then" ]
}

rounds() {
	console_log worker | grep -c '^round'
}

goes_on() {
	[ "$(rounds)" -gt "$rounds_then" ]
}

dd if=/dev/zero of=$IMAGE bs=1M count=24 2>/dev/null
domain worker "mke2fs -F /dev/xvda >/dev/null; mount -t ext4 /dev/xvda /mnt; \
n=0; while dd if=/dev/urandom of=/mnt/f bs=64k count=16 2>/dev/null; do \
md5sum /mnt/f >/tmp/sum; umount /mnt; mount -t ext4 /dev/xvda /mnt; \
md5sum -c /tmp/sum; n=\$((n+1)); echo round \$n; done" \
	"disk = [ 'file:$IMAGE,xvda,w' ]" 'vcpus = 2'
domain big 'echo cpus: $(nproc)' 'vcpus = 8'
check worker_starts $CTL create /tmp/worker.cfg
check worker_works wait_for 120 says worker '^round'

# Once to its shell, all vcpus up; the others end wherever they are.
check big_starts $CTL create /tmp/big.cfg
check its_eight_vcpus_run wait_for 180 says big 'cpus: 8'
check big_shuts_down $CTL shutdown big
check shutdown_is_obeyed wait_for 120 gone big
free_then=$(free_memory)
n=0
while [ $n -lt $ROUNDS ]; do
	rounds_then=$(rounds)
	$CTL create /tmp/big.cfg >/tmp/out 2>&1 ||
		fail "create_$n" "$(cat /tmp/out)"
	sleep $((n % 4))
	$CTL destroy big >/tmp/out 2>&1 || fail "destroy_$n" "$(cat /tmp/out)"
	wait_for 90 goes_on || fail "worker_goes_on_$n" "$(rounds) rounds"
	n=$((n + 1))
done
check domains_came_and_went test $n = $ROUNDS
check memory_is_back wait_for 30 same_memory
echo "rounds of the worker: $(rounds)"
check all_data_was_right sh -c \
	"! cat $LOGS/*worker*.log | grep -q -e FAILED -e 'I/O error'"
console_log worker | clean_log domu_kernel_log_is_clean
check worker_is_destroyed $CTL destroy worker
dmesg | clean_log dom0_kernel_log_is_clean
finish
