# 100 domains created and destroyed leave everything as it was.

# What must come back to the same: the hypervisor's account, the store, the
# processes and the daemons' open files.
snapshot() {
	$CTL info | grep -vE '^(cpu_time|uptime|idle|xen_time)'
	xenstore-ls -f | sort
	ps -o comm= 2>/dev/null | sort
	ps | awk 'NR > 1 { print $4 }' | grep -v '^\[kworker' | sort
	for pid in $(pidof vane-stored vane-consoled xenstored xenconsoled); do
		echo "open files: $(ls /proc/$pid/fd | wc -l)"
	done
}

same() {
	diff /tmp/before /tmp/after >/tmp/diff
}

settled() {
	snapshot >/tmp/after
	same
}

domain cycle ''
$CTL create /tmp/cycle.cfg && wait_for 60 says cycle 'domU: ready'
$CTL destroy cycle
wait_for 20 gone cycle
sleep 1
snapshot >/tmp/before

n=0
killed=0
booted=0
while [ $n -lt 100 ] && [ $failed -eq 0 ]; do
	n=$((n + 1))
	rm -f $LOGS/*cycle*.log
	if ! $CTL create /tmp/cycle.cfg >/tmp/create.out 2>&1; then
		fail cycle_creates "number $n: $(tail -1 /tmp/create.out)"
		break
	fi
	case $((n % 10)) in
	3 | 7) # killed mid-boot
		sleep "$((n % 4)).$((n % 9))"
		killed=$((killed + 1))
		;;
	5) # booted to the end
		wait_for 60 says cycle 'domU: ready' ||
			fail cycle_boots "number $n did not reach its shell"
		booted=$((booted + 1))
		;;
	esac
	$CTL destroy cycle >/tmp/destroy.out 2>&1 ||
		fail cycle_destroys "number $n: $(tail -1 /tmp/destroy.out)"
	[ $((n % 10)) -ne 0 ] || echo "cycles: $n done"
done
echo "cycles: $n domains, $killed killed mid-boot, $booted fully booted"
check all_hundred_cycles_ran test $n -eq 100
if wait_for 20 settled; then
	pass everything_is_as_before
else
	cat /tmp/diff
	fail everything_is_as_before "$(head -c 300 /tmp/diff | tr '\n' ' ')"
fi
dmesg | clean_log dom0_kernel_log_is_clean
finish
