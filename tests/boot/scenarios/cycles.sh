# 100 domains created and destroyed leave everything as it was.

# What must come back to the same: the hypervisor's account (not its counters,
# nor the page tables of dom0's own programs), the store, the daemons' files.
account='free_memory|free_pages|outstanding_claims|domains|frames of domains'
account="$account|event channels in use|grant table frames|grant mappings"

snapshot() {
	$CTL info | grep -E "^($account) *:"
	xenstore-ls -f | sort
	for pid in $(pidof vane vane-stored vane-consoled xl xenstored \
		xenconsoled); do
		echo "$(cat /proc/$pid/comm): $(ls /proc/$pid/fd | wc -l) files"
	done | sort
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
