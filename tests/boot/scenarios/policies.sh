# What happens to a domain that ends by itself.

domid_above() {
	[ "$($CTL domid "$1")" -gt "$2" ]
}

state_has() {
	$CTL list | awk -v name="$1" '$1 == name { print $5 }' | grep -q "$2"
}

domain off 'poweroff -f'
check poweroff_domain_starts $CTL create /tmp/off.cfg
check poweroff_is_noticed wait_for 60 gone off

domain crash 'echo c >/proc/sysrq-trigger'
check crash_domain_starts $CTL create /tmp/crash.cfg
check crash_destroys wait_for 60 gone crash

domain keep 'echo c >/proc/sysrq-trigger' 'on_crash = "preserve"'
check keep_domain_starts $CTL create /tmp/keep.cfg
check crashed_domain_is_preserved wait_for 60 state_has keep c
check preserved_domain_is_destroyed $CTL destroy keep

domain again 'sleep 1; reboot -f'
check reboot_domain_starts $CTL create /tmp/again.cfg
first=$($CTL domid again)
check reboot_restarts_the_domain wait_for 60 domid_above again "$first"
check restarted_domain_is_destroyed $CTL destroy again

domain idle ''
check idle_domain_starts $CTL create -p /tmp/idle.cfg
check created_paused wait_for 5 state_has idle p
check unpause_succeeds $CTL unpause idle
check unpaused_domain_boots wait_for 60 says idle 'domU: ready'
check pause_succeeds $CTL pause idle
check paused_state_is_shown state_has idle p
check unpause_again $CTL unpause idle
first=$($CTL domid idle)
check reboot_is_asked $CTL reboot idle
check reboot_is_obeyed wait_for 60 domid_above idle "$first"
check idle_is_destroyed $CTL destroy idle
check nothing_is_left test "$($CTL list | wc -l)" -eq 2
finish
