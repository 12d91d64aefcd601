# Several processors: dom0 and a domU with more than one vcpu each, domains
# ended while others run.

free_memory() {
	$CTL info | awk '$1 == "free_memory" { print $3 }'
}

cpus=$($CTL info | awk '$1 == "nr_cpus" { print $3 }')
check several_pcpus_are_in_use test "$cpus" -ge 2
check dom0_has_a_vcpu_for_each \
	test "$(grep -c ^processor /proc/cpuinfo)" = "$cpus"

domain steady 'echo cpus: $(grep -c ^processor /proc/cpuinfo)' 'vcpus = 3'
domain brief true 'vcpus = 2'
check steady_starts $CTL create /tmp/steady.cfg
check its_vcpus_run wait_for 120 says steady 'cpus: 3'
check brief_starts $CTL create /tmp/brief.cfg
$CTL destroy brief
before=$(free_memory)
n=0
while [ $n -lt 5 ]; do
	$CTL create /tmp/brief.cfg >/dev/null || fail create_$n "status $?"
	sleep $((n % 3))
	$CTL destroy brief || fail destroy_$n "status $?"
	n=$((n + 1))
done
check memory_is_back test "$(free_memory)" = "$before"
check steady_is_alive listed steady
console_log steady | clean_log domu_kernel_log_is_clean
check steady_shuts_down $CTL shutdown steady
check shutdown_is_obeyed wait_for 90 gone steady
dmesg | clean_log dom0_kernel_log_is_clean
finish
