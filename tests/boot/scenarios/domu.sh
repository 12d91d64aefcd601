# The demo domU from creation to its end.

cache=/var/cache/paravane
in_cache() { ls $cache | grep -c "^$1"; }

# found COMMAND: its kernel was there, unpacked
found() {
	"$@" 2>&1 | tee /tmp/found | grep -q 'image found in'
}

prepares_ahead() {
	mkdir -p $cache
	vane prepare >/tmp/killed 2>&1 &
	sleep 0.5
	kill -9 $!
	wait $!
	check killed_prepare_leaves_no_entry test "$(in_cache image-)" = 0
	: >$cache/new-left
	check prepare_does_what_configurations_name vane prepare
	check prepare_keeps_one_entry test "$(in_cache image-)" = 1
	check prepare_sweeps_what_a_killed_one_left test "$(in_cache new-)" = 0
	check create_finds_the_prepared_kernel \
		found vane -v create -n /etc/xen/demo.cfg
}

[ $CTL != vane ] || prepares_ahead
check create_succeeds $CTL create /etc/xen/demo.cfg
check domu_reaches_its_shell wait_for 90 says demo 'domU: ready'
check domu_says_it_runs_on_xen_pv says demo 'domU: Linux .* on Xen PV'
check dom0_uses_fifo_events sh -c 'dmesg | grep -q "Using FIFO-based ABI"'
check domu_uses_fifo_events says demo 'Using FIFO-based ABI'
check list_shows_domu listed demo
check list_shows_dom0 listed Domain-0
console_log demo | clean_log domu_kernel_log_is_clean
check domid_of_name test "$($CTL domid demo)" = 1
check domname_of_id test "$($CTL domname 1)" = demo
check shutdown_succeeds $CTL shutdown demo
check shutdown_is_obeyed wait_for 60 gone demo
check create_again_succeeds $CTL create /etc/xen/demo.cfg
check destroy_succeeds $CTL destroy demo
check destroyed_domain_is_gone gone demo
dmesg | clean_log dom0_kernel_log_is_clean
finish
