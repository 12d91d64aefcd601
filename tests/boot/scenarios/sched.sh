# What tools and guests choose about processors, on two pcpus: vcpus up and
# down, where they run, how much they get, and what a guest sees of it.

# Linux makes a vcpu that tools switch on known to user space, where udev or this
# loop puts it to use.
report='while :; do for c in /sys/devices/system/cpu/cpu[1-9]/online; do echo 1 >$c; done 2>/dev/null; echo n $(grep -c ^processor /proc/cpuinfo) $(head -1 /proc/stat); sleep 1; done'
quiet() {
	domain "$@" 'memory = 160'
}

# latest NAME FIELD: of the newest report line
latest() {
	console_log "$1" | grep '^n [0-9]* cpu' | tail -1 |
		awk -v f="$2" '{ print $f }'
}

online() {
	$CTL vcpu-list "$1" | awk 'NR > 1 && $5 !~ /p/' | wc -l
}

has() {
	[ "$(latest "$1" 2)" = "$2" ] && [ "$(online "$1")" = "$2" ]
}

# ---- up and down through the store ----
quiet many "$report" 'vcpus = 2' 'maxvcpus = 4'
check many_starts $CTL create /tmp/many.cfg
check it_has_the_two_it_was_given wait_for 120 has many 2
check vcpu_set_4 $CTL vcpu-set many 4
check four_run wait_for 60 has many 4
check vcpu_set_1 $CTL vcpu-set many 1
check one_runs wait_for 60 has many 1
check vcpu_set_3 $CTL vcpu-set many 3
check three_run wait_for 60 has many 3
check five_are_too_many sh -c "! $CTL vcpu-set many 5"
check none_is_too_few sh -c "! $CTL vcpu-set many 0"

# ---- by the guest itself ----
cpu1=/sys/devices/system/cpu/cpu1/online
quiet own "echo 0 >$cpu1; echo left \$(grep -c ^processor /proc/cpuinfo); sleep 3; echo 1 >$cpu1; echo back \$(grep -c ^processor /proc/cpuinfo)" 'vcpus = 2'
check own_starts $CTL create /tmp/own.cfg
check guest_takes_a_vcpu_down wait_for 120 says own '^left 1'
check guest_takes_it_up_again wait_for 60 says own '^back 2'
check own_is_destroyed $CTL destroy own

# ---- where ----
placed() {
	$CTL vcpu-list many | awk -v c="$1" \
		'NR > 1 && $4 != "-" && $4 != c { bad = 1 } END { exit bad }'
}

affinity() {
	$CTL vcpu-list many | awk 'NR > 1' | grep -c "$1 *\$"
}

check pinned_to_1 $CTL vcpu-pin many all 1
check all_are_on_1 wait_for 20 placed 1
check hard_shows test "$(affinity '1 / all')" = 4
check soft_on_0 $CTL vcpu-pin many all all 0
check soft_shows test "$(affinity 'all / 0')" = 4
check bad_cpu_is_refused sh -c "! $CTL vcpu-pin many all 7"
check bad_vcpu_is_refused sh -c "! $CTL vcpu-pin many 9 0"

# ---- how much, and what is stolen ----
$CTL destroy many
quiet busy "(while :; do :; done) \\& $report"
check busy_starts $CTL create /tmp/busy.cfg
check busy_runs wait_for 120 sh -c "says() { grep -q '^n 1' $LOGS/*busy*.log; }; says"
check weight_is_set $CTL sched-credit2 -d busy -w 512 -c 25
check weight_and_cap_show sh -c \
	"$CTL sched-credit2 -d busy | grep -qE '^busy +[0-9]+ +512 +25\$'"
check weight_0_is_refused sh -c "! $CTL sched-credit2 -d busy -w 0"
sleep 3
used=$(latest busy 4) stolen=$(latest busy 11)
sleep 12
used=$(($(latest busy 4) - used)) stolen=$(($(latest busy 11) - stolen))
echo "capped at 25 percent: $used ticks used, $stolen stolen"
check stolen_time_shows_in_proc_stat \
	test $((stolen * 100)) -ge $(((used + stolen) * 60))
check and_the_rest_is_used test "$used" -gt 0

# ---- what it costs ----
$CTL debug-keys q
id=$($CTL domid busy)
bytes=$($CTL dmesg | sed -n "s/.*d$id: .*hypervisor-bytes=//p" | tail -1)
echo "hypervisor memory of a domain: $bytes bytes"
check a_domain_takes_20_kB_at_most test "$bytes" -le 20000
check busy_is_destroyed $CTL destroy busy

# ---- what time it is ----
# ahead NAME SECONDS: its clock is about that far ahead of dom0's
ahead() {
	there=$(console_log "$1" | sed -n 's/^now //p' | tail -1)
	off=$((there - $(date +%s) - $2))
	[ -n "$there" ] && [ "$off" -gt -60 ] && [ "$off" -lt 60 ]
}

before=$(date +%s)
quiet clock 'while :; do echo now $(date +%s); sleep 1; done'
check dom0_sets_its_clock date -s "@$((before + 31536000))"
check clock_starts $CTL create /tmp/clock.cfg
check new_domains_have_dom0s_time wait_for 120 ahead clock 0
check clock_is_destroyed $CTL destroy clock
check dom0_sets_it_back date -s "@$(($(date +%s) - 31536000))"

# ---- watchdogs ----
dog() {
	cat >/tmp/dog.cfg <<-END
		name = "dog"
		kernel = "/guests/hostile.elf"
		memory = 32
		extra = "attack=watchdog"
		on_watchdog = "$1"
	END
	check "dog_starts_to_be_$1" $CTL create /tmp/dog.cfg
}

another() {
	[ "$($CTL domid dog)" != "$first" ] && listed dog
}

dog destroy
check watchdog_kills wait_for 60 gone dog
check the_console_says_why \
	sh -c "$CTL dmesg | grep -qE '\(XEN\) d[0-9]+: watchdog fired'"
dog restart
first=$($CTL domid dog)
check watchdog_reboots wait_for 60 another
$CTL destroy dog

# ---- dumps ----
$CTL debug-keys d
for cpu in 0 1; do
	check "cpu_${cpu}_tells_what_it_does" \
		sh -c "$CTL dmesg | grep -q 'CPU $cpu, '"
done
dmesg | clean_log dom0_kernel_log_is_clean
finish
