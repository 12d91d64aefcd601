# A domain with more vcpus than one; how many pcpus it has is in /pcpus.

check machine_has_its_pcpus sh -c "$CTL info | grep -qE '^nr_cpus *: $(cat /pcpus)\$'"
domain two '' 'vcpus = 2'
check two_vcpus_start $CTL create /tmp/two.cfg
check two_vcpus_boot wait_for 120 says two 'domU: ready'
check guest_uses_both says two 'domU: .* 2 vcpu'
check list_shows_both sh -c "$CTL list | awk '\$1 == \"two\" { print \$4 }' | grep -qx 2"
console_log two | clean_log domu_kernel_log_is_clean
check shutdown_succeeds $CTL shutdown two
check shutdown_is_obeyed wait_for 60 gone two
dmesg | clean_log dom0_kernel_log_is_clean
finish
