# Back ends that mean harm: stock Linux in front of them, and the tools that
# wait for them.

# What domains and devices leave must be what was there before.
traces() {
	$CTL info | awk -F: '/^free_pages|^free_memory/ { print $2 }'
	xenstore-ls -f /libxl 2>/dev/null
	xenstore-ls -f /local/domain/0/backend 2>/dev/null
	$CTL list | awk '{ print $1 }'
}

clean() {
	traces >/tmp/traces
	cmp -s /tmp/traces /tmp/traces.none
}

leaves_nothing() {
	check "$1_leaves_nothing_behind" wait_for 60 clean
	clean || diff /tmp/traces.none /tmp/traces
}

ticks() {
	console_log client | grep -c '^tick'
}

ticks_again() {
	[ "$(ticks)" -ge $((ticks_then + 4)) ]
}

# back ATTACK: the domain evil, which will be the back end
back() {
	rm -f "$LOGS/guest-evil.log" "$LOGS/guest-client.log"
	cat >/tmp/evil.cfg <<-END
		name = "evil"
		kernel = "/guests/evil.elf"
		memory = 16
		extra = "only=back_attacks attack=$1"
		driver_domain = 1
		on_crash = "destroy"
	END
	traces >/tmp/traces.none
	check "$1_back_end_starts" $CTL create /tmp/evil.cfg
}

# attack NAME [PATTERN]: Linux boots with its devices, and goes on when they
# turn on it; the pattern is what it says of that
attack() {
	back "$1"
	check "$1_client_starts" $CTL create /tmp/client.cfg
	check "$1_client_boots" wait_for 240 says client 'domU: ready'
	check "$1_attack_comes_to_its_end" wait_for 300 says evil '^attack over'
	ticks_then=$(ticks)
	check "$1_client_lives_on" wait_for 60 ticks_again
	[ $# -eq 1 ] || check "$1_client_noticed" says client "$2"
	console_log client | grep -E 'blkfront|netfront|xvda|eth0' | tail -8
	console_log client | no_oops "$1_client_has_no_oops"
	# Its memory goes with the last who holds some of it, the back end.
	$CTL destroy client >/tmp/destroyed 2>&1 ||
		check "$1_who_holds_the_client_is_told" \
			grep -q 'another domain still holds its memory' /tmp/destroyed
	$CTL destroy evil >/dev/null 2>&1
	check "$1_back_end_is_gone" wait_for 30 gone evil
	check "$1_client_is_gone" wait_for 30 gone client
	leaves_nothing "$1"
}

# times_out NAME PATTERN: the tools say in one line what is wrong
times_out() {
	back "$1"
	check "$1_back_end_runs" wait_for 30 says evil 'attack .* begins'
	if $CTL create /tmp/client.cfg >/tmp/bad 2>&1 </dev/null; then
		fail "$1_is_told" "create succeeded"
	elif [ "$(wc -l </tmp/bad)" -ne 1 ] || grep -q '[^[:print:]]' /tmp/bad; then
		fail "$1_is_told" "not one line: $(tr -c '[:print:]' '|' </tmp/bad)"
	else
		cat /tmp/bad
		check "$1_is_told" grep -q "$2" /tmp/bad
	fi
	check "$1_client_is_gone" gone client
	check "$1_back_end_is_destroyed" $CTL destroy evil
	leaves_nothing "$1"
}

domain client \
	'ip addr add 10.9.0.2/24 dev eth0; ip link set eth0 up; ping 10.9.0.1 >/dev/null \& while :; do dd if=/dev/zero of=/dev/xvda bs=4k count=8 conv=fsync 2>/dev/null; sleep 0.2; done \& while :; do echo tick; sleep 0.5; done' \
	"vif = [ 'mac=00:16:3e:0e:11:67, backend=evil' ]" \
	"disk = [ 'vdev=xvda, backend=evil, target=/none' ]"

# What is taken once and kept is taken by the first.
back good
$CTL create /tmp/client.cfg >/tmp/first 2>&1
$CTL destroy client >>/tmp/first 2>&1
$CTL destroy evil >>/tmp/first 2>&1

attack good
attack lies
attack ids 'isabled for further use'
attack lengths 'isabled for further use'
attack indices 'isabled for further use'
attack endless 'isabled for further use'
attack vanish
times_out silent 'domain evil serves no .* devices (back end is initialising after'
times_out end 'domain evil .*closed'
times_out refuse 'domain evil: two.*lines, and'
times_out half 'domain evil did not set up the .* within'

# Its states jump while the tools wait: whatever they say, they come to an end.
back states
begin=$(date +%s)
timeout 300 $CTL create /tmp/client.cfg >/tmp/bad 2>&1
status=$?
echo "states: create ended with $status after $(($(date +%s) - begin)) s: $(cat /tmp/bad)"
check states_let_the_tools_end [ $status -lt 124 ]
$CTL destroy client >/dev/null 2>&1
check states_back_end_is_destroyed $CTL destroy evil
leaves_nothing states
dmesg | no_oops dom0_kernel_has_no_oops
finish
