# What every scenario starts with. A scenario runs in dom0, says PASS or FAIL
# with a promise's name, one per line, and ends with `finish`.

CTL=xl
[ -x /usr/sbin/vane ] && CTL=vane
LOGS=/var/log/xen/console
failed=0

pass() {
	echo "PASS $1"
}

# fail PROMISE CAUSE
fail() {
	echo "FAIL $1: $2"
	failed=1
}

# check PROMISE COMMAND...: the command must succeed
check() {
	promise=$1
	shift
	if "$@" >/tmp/check.out 2>&1; then
		pass "$promise"
	else
		fail "$promise" "$* ended with $?: $(head -c 300 /tmp/check.out)"
	fi
}

# wait_for SECONDS COMMAND...: until the command succeeds
wait_for() {
	end=$(($(date +%s) + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -lt "$end" ] || return 1
		sleep 0.1
	done
}

# console_log NAME: the log of a domain's console
console_log() {
	cat "$LOGS"/*"$1"*.log
}

says() {
	console_log "$1" | grep -q "$2"
}

# type_in NAME COMMAND: into the shell on a domain's console
type_in() {
	tty=$(xenstore-read "/local/domain/$($CTL domid "$1")/console/tty")
	printf '%s\n' "$2" >"$tty"
}

# guest NAME SECONDS COMMAND: the command succeeds there in that time, which the
# console tells by a word of this call only; what is typed has a quote in the
# middle of it, so no echo counts. The word fits the 16 characters that a console
# of Linux writes at once: no message of the kernel comes in between.
guest() {
	word=$(head -c 8 /proc/sys/kernel/random/uuid)
	type_in "$1" "$3 && echo \"done:\"$word"
	wait_for "$2" says "$1" "done:$word"
}

# told NAME WORD COMMAND: what the command prints there, on one line
told() {
	guest "$1" 60 "echo \"told:\"$2=\$($3)" ||
		echo "told: domain $1 does not answer" >&2
	console_log "$1" | tr -d '\r' | sed -n "s/^told:$2=//p" | tail -1
}

# refuses PROMISE PATTERN COMMAND...: it fails with one line that matches
refuses() {
	promise=$1
	pattern=$2
	shift 2
	answer=/tmp/refused.$promise # others may run beside it
	if "$@" >"$answer" 2>&1 </dev/null; then
		fail "$promise" "it succeeded"
	elif [ "$(wc -l <"$answer")" -ne 1 ]; then
		fail "$promise" "not one line but '$(tr '\n' '|' <"$answer")'"
	elif ! grep -qE "$pattern" "$answer"; then
		fail "$promise" "no /$pattern/ in '$(cat "$answer")'"
	else
		echo "said: $(cat "$answer")"
		pass "$promise"
	fi
}

listed() {
	$CTL list | awk 'NR > 1 { print $1 }' | grep -qx "$1"
}

gone() {
	! listed "$1"
}

# domain NAME COMMAND [LINE...]: a configuration in /tmp/NAME.cfg whose guest
# runs the command before its shell; later lines override earlier ones
domain() {
	name=$1
	job=$2
	shift 2
	sed -e "s|^name = .*|name = \"$name\"|" \
		-e "s|^extra = .*|extra = \"console=hvc0 job='$job'\"|" \
		-e "s|^memory = .*|memory = 160|" \
		/etc/xen/demo.cfg >"/tmp/$name.cfg"
	for line; do
		sed -i "/^${line%% *} =/d" "/tmp/$name.cfg"
		echo "$line" >>"/tmp/$name.cfg"
	done
}

# clean_log PROMISE: no warning, bug or call trace on standard input
clean_log() {
	if grep -E 'WARNING:|BUG:|Call Trace|Oops|general protection' \
		>/tmp/dirt; then
		fail "$1" "$(head -3 /tmp/dirt | tr '\n' ' ')"
	else
		pass "$1"
	fi
}

# no_oops PROMISE: as clean_log, for kernels that warn of a hostile peer
no_oops() {
	if grep -E 'BUG:|Oops|general protection|lockup|blocked for more|rcu.*stall' \
		>/tmp/dirt; then
		fail "$1" "$(head -3 /tmp/dirt | tr '\n' ' ')"
	else
		pass "$1"
	fi
}

# finish: end; after a failure show how the domains' consoles ended
finish() {
	if [ $failed -ne 0 ]; then
		for log in "$LOGS"/*.log; do
			echo "-- end of $log"
			tail -n 12 "$log"
			echo
		done
	fi
	exit $failed
}
