# A driver domain is started again, and who gives it back its clients' devices
# is killed before calls spread over that: the next command ends it.

STEP=12 # calls between two kills
IMAGE=/tmp/move.img

dd if=/dev/urandom of=$IMAGE bs=1M count=4 2>/dev/null
sum=$(md5sum <$IMAGE)
sum=${sum%% *}

# driver_config [BRIDGE]
driver_config() {
	cat >/tmp/drv.cfg <<-CFG
		name = "drv"
		kernel = "/boot/domu/vmlinuz"
		ramdisk = "/boot/driver/initrd.img"
		extra = "console=hvc0 quiet address=10.9.0.1/24 bridge=${1:-xenbr0}"
		memory = 128
		driver_domain = 1
		disk = [ '$IMAGE,raw,xvda,w' ]
	CFG
}

# start_driver: sets monitor
start_driver() {
	rm -f "$LOGS/guest-drv.log"
	before=$(pidof vane)
	$CTL create /tmp/drv.cfg || return
	monitor=
	for pid in $(pidof vane); do
		case " $before " in
		*" $pid "*) ;;
		*) monitor=$pid ;;
		esac
	done
	[ "$monitor" ]
}

serves() {
	wait_for 120 says drv 'driver: .* serves'
}

state_of() {
	xenstore-read "/local/domain/$id/device/$1/state"
}

# unfinished: what the records say of work that is not over
unfinished() {
	xenstore-ls -f "/libxl/$id" | grep -E '/(moving|pending|leaving) = '
}

connected() {
	[ "$(state_of vif/0)" = 4 ] && [ "$(state_of vbd/51712)" = 4 ]
}

# works PROMISE: both devices do what they are for
works() {
	ok=1
	wait_for 20 connected || ok=0
	guest client 60 'until ping -c 1 -W 1 10.9.0.1; do :; done' || ok=0
	guest client 60 "until [ -b /dev/xvda ]; do sleep 0.2; done; md5sum </dev/xvda | grep $sum" ||
		ok=0
	if [ $ok -eq 1 ]; then
		pass "$1"
	else
		fail "$1" "states $(state_of vif/0) $(state_of vbd/51712)"
		xenstore-ls -f "/libxl/$id"
	fi
}

driver_config
check driver_is_created start_driver
check driver_serves serves
domain client '' 'ramdisk = "/boot/client/initrd.img"' \
	"vif = [ 'bridge=xenbr0, backend=drv' ]" \
	"disk = [ 'vdev=xvda, backend=drv, target=/dev/xvda' ]"
check client_is_created $CTL create /tmp/client.cfg
check client_reaches_its_shell wait_for 240 says client 'domU: ready'
id=$($CTL domid client)
type_in client '/test/address 10.9.0.2/24 &'
works both_devices_work

# -- a monitor is killed before every so many calls of its move
log=/var/log/xen/vane-drv.log
calls=$((STEP / 2))
amid=0
while [ $calls -lt 1000 ]; do
	check "driver_ends_$calls" $CTL destroy drv
	: >$log
	check "driver_is_back_$calls" start_driver
	killat $calls -p "$monitor" >/tmp/killed 2>&1 &
	tracer=$!
	serves
	if ! wait_for 20 sh -c "! kill -0 $tracer || grep -q 'serves 2 devices' $log"; then
		fail "monitor_ends_or_is_killed_$calls" "$(cat /tmp/killed $log)"
		break
	fi
	kill -0 $tracer 2>/dev/null && break
	notes=$(unfinished | sed 's|.*/||' | tr '\n' ' ')
	echo "move: killed before call $calls: ${notes:-nothing noted}"
	case $notes in
	*moving*) amid=$((amid + 1)) ;;
	esac
	check "next_command_succeeds_$calls" $CTL network-list client
	cat /tmp/check.out
	if unfinished >/tmp/unfinished; then
		fail "next_command_ends_it_$calls" "$(tr '\n' ' ' </tmp/unfinished)"
	else
		pass "next_command_ends_it_$calls"
	fi
	works "both_devices_work_$calls"
	[ $failed -eq 0 ] || break
	calls=$((calls + STEP))
done
kill "$tracer" 2>/dev/null
works both_devices_work_after_a_move_without_kills
check kills_hit_the_middle_of_it [ $amid -ge 5 ]
check nothing_is_noted_at_the_end wait_for 20 sh -c "! xenstore-ls -f /libxl/$id | grep -E '/(moving|pending|leaving) = '"

# -- a domain that refuses a device, until the cause is gone
lists_wait() { # PROMISE WORDS COMMAND...
	promise=$1
	words=$2
	shift 2
	check "$promise" sh -c "$CTL $* 2>&1 | tee /tmp/list | grep '$words'"
	cat /tmp/list
}
check driver_without_the_bridge_begins $CTL destroy drv
driver_config other
: >$log
check driver_without_the_bridge_is_created start_driver
check refusal_is_logged wait_for 120 \
	grep -q 'vif 0 of domain .*there is no bridge xenbr0' $log
check monitor_is_killed kill -9 "$monitor"
lists_wait refusal_is_told 'there is no bridge xenbr0' network-list client
lists_wait network_list_says_it_waits '(waits for drv)' network-list client
lists_wait list_says_it_waits '^client .*(1 device waits for drv)' list
lists_wait network_list_says_so_in_json 'lost.*waits for drv' \
	network-list --json client
check other_device_is_served guest client 60 "md5sum </dev/xvda | grep $sum"
check bridge_is_made guest drv 30 'vane bridge-create xenbr0 && ip addr del 10.9.0.1/24 dev other && ip addr add 10.9.0.1/24 dev xenbr0'
check next_list_succeeds $CTL network-list client
check next_list_ends_it sh -c "! xenstore-ls -f /libxl/$id | grep -E '/(moving|pending|leaving) = '"
works both_devices_work_after_a_refusal

# -- a domain that says that it serves, and does not
now_ms() {
	awk '{ printf "%d", $1 * 1000 }' /proc/uptime
}
check driver_ends_again $CTL destroy drv
driver_config
cat >/tmp/deaf.cfg <<CFG
name = "drv"
kernel = "/boot/domu/vmlinuz"
ramdisk = "/boot/domu/initrd.img"
extra = "console=hvc0 quiet"
memory = 128
driver_domain = 1
CFG
: >$log
check deaf_driver_is_created $CTL create /tmp/deaf.cfg
xenstore-write "/local/domain/$($CTL domid drv)/data/devd" 1
check deaf_driver_is_offered_both wait_for 60 sh -c \
	"xenstore-ls -f /libxl/$id | grep -c '/pending = ' | grep -qx 2"
check its_monitor_says_so wait_for 60 grep -q 'vif 0 .*serves no vif devices' $log
began=$(now_ms)
lists_wait network_list_says_it_still_waits '(waits for drv)' network-list client
took=$(($(now_ms) - began))
echo "move: network-list took $took ms beside a deaf driver domain"
check deaf_driver_keeps_nobody_long [ $took -lt 6000 ]
check disk_is_detached_while_it_waits $CTL block-detach client xvda
check disk_is_gone_wholly sh -c "! xenstore-ls -f /libxl/$id | grep vbd"
check deaf_driver_ends $CTL destroy drv
check driver_is_created_again start_driver
check driver_serves_again serves
check disk_is_given_anew $CTL block-attach client \
	'vdev=xvda,backend=drv,target=/dev/xvda'
works both_devices_work_after_a_deaf_domain

# -- the guest ends while its devices wait
check driver_ends_for_good $CTL destroy drv
check interface_is_detached_by_force $CTL network-detach client 0 --force
check client_is_destroyed $CTL destroy client
check nothing_is_left sh -c '! xenstore-ls /libxl 2>/dev/null | grep .'
dmesg | clean_log dom0_kernel_log_is_clean
finish
