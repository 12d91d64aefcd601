# Tools killed before every call that others notice, while they attach to a
# running guest or detach from it: the next command repairs it, and the guest
# uses its devices.

IMAGE=/tmp/kill.img
POINTS=40 # at most, of one command

# The tools, the back ends and the guest agree about every device.
settled() {
	$CTL block-list kill >/dev/null || return
	! xenstore-ls -f /libxl | grep -E '/(pending|leaving) = ' || return
	xenstore-ls -f /libxl | sed -n 's|.*/backend = "\(.*\)"|\1|p' |
		sort >/tmp/known
	find /sys/bus/xen-backend/devices -name 'v*' |
		sed -n "s|.*/\(v..\)-\([0-9]*\)-\([0-9]*\)|/local/domain/0/backend/\1/\2/\3|p" |
		sort >/tmp/served
	cmp -s /tmp/known /tmp/served || return
	while read -r back; do
		[ "$(xenstore-read "$back/state")" = 4 ] || return
		[ "$(xenstore-read "$(xenstore-read "$back/frontend")/state")" = 4 ] ||
			return
	done </tmp/known
}

has() {
	xenstore-read "/libxl/$id/device/$1/backend" >/dev/null 2>&1
}

# have DEVICE COMMAND...: attach it unless it is there; havent: the opposite
have() {
	what=$1
	shift
	has "$what" || { $CTL "$@" && wait_for 20 settled; }
}
havent() {
	what=$1
	shift
	! has "$what" || { $CTL "$@" && wait_for 20 settled; }
}

# killed_everywhere PROMISE PREPARE COMMAND...
killed_everywhere() {
	kept=$1
	prepare=$2
	shift 2
	$prepare || fail "$kept" "$prepare ended with $?"
	calls=$(killat 100000 $CTL "$@" | sed -n 's/ calls, status 0$//p')
	if ! wait_for 20 settled || [ -z "$calls" ]; then
		fail "$kept" "$* does not work"
		return
	fi
	step=$((calls / POINTS + 1))
	n=1
	killed=0
	bad=
	while [ $n -le "$calls" ]; do
		$prepare >/tmp/prepared 2>&1 ||
			bad="$bad $n:'$(tr '\n' '|' </tmp/prepared)'"
		killat $n $CTL "$@" >/tmp/killed 2>&1 && killed=$((killed + 1))
		if ! wait_for 20 settled; then
			bad="$bad $n"
			echo "-- killed before call $n:"
			xenstore-ls -f /libxl
			xenstore-ls -f /local/domain/0/backend |
				grep -E '/(state|online|hotplug-status) ='
			xenstore-ls -f "/local/domain/$id/device" | grep '/state ='
			cat /tmp/served
		fi
		n=$((n + step))
	done
	echo "killat: $* makes $calls calls, killed at $killed"
	check "${kept}_was_killed" test $killed -ge 8
	if [ "$bad" ]; then
		fail "$kept" "not repaired when killed before call$bad"
	else
		pass "$kept"
	fi
}

no_disk() {
	havent vbd/51728 block-detach kill xvdb
}
a_disk() {
	have vbd/51728 block-attach kill $IMAGE raw xvdb w
}
no_interface() {
	havent vif/0 network-detach kill 0
}
an_interface() {
	have vif/0 network-attach kill bridge=xenbr0 mac=00:16:3e:00:00:01
}

dd if=/dev/urandom of=$IMAGE bs=1M count=8 2>/dev/null
$CTL bridge-create xenbr0 10.9.0.1/24
domain kill '' 'disk = []' 'vif = []'
check create_succeeds $CTL create /tmp/kill.cfg
check domu_reaches_its_shell wait_for 240 says kill 'domU: ready'
id=$($CTL domid kill)
check guest_has_drivers guest kill 30 'modprobe -a xen-blkfront xen-netfront'
killed_everywhere block_attach no_disk block-attach kill $IMAGE raw xvdb w
killed_everywhere block_detach a_disk block-detach kill xvdb
killed_everywhere block_detach_by_force a_disk block-detach kill xvdb --force
killed_everywhere network_attach no_interface network-attach kill \
	bridge=xenbr0 mac=00:16:3e:00:00:01
killed_everywhere network_detach an_interface network-detach kill 0
a_disk
an_interface
sum=$(md5sum <$IMAGE)
check guest_reads_its_disk guest kill 60 "md5sum </dev/xvdb | grep ${sum%% *}"
check guest_reaches_dom0 guest kill 60 \
	'nic=$(basename /sys/class/net/eth*); ip addr add 10.9.0.2/24 dev $nic && ip link set $nic up && ping -c 3 -W 5 10.9.0.1'
check destroy_succeeds $CTL destroy kill

# -- create and destroy: the next create finds nothing of what was not finished
left() {
	$CTL list | awk 'NR > 2 { print $1, $2 }'
	xenstore-ls -f /local/domain 2>/dev/null | grep -v '^/local/domain/0'
	xenstore-ls -f /libxl 2>/dev/null
	xenstore-ls -f /vm 2>/dev/null
	ls /run/paravane | grep -v lock
	ls /sys/bus/xen-backend/devices
}
begun() {
	ls /run/paravane | grep -q creating
}
next_create() {
	$CTL create -p /tmp/next.cfg && $CTL destroy next
}
LIFE_POINTS=24
domain born '' "disk = ['$IMAGE,raw,xvda,w']" "vif = ['bridge=xenbr0']"
domain next '' 'memory = 96' 'disk = []' 'vif = []'
sed -i '/^ramdisk/d' /tmp/next.cfg
check next_is_created_and_destroyed next_create
left >/tmp/left.none
calls=$(killat 100000 $CTL create -p /tmp/born.cfg | sed -n 's/ calls, status 0$//p')
check born_is_destroyed $CTL destroy born
bad=
amid=0
n=1
while [ "$n" -le "${calls:=0}" ]; do
	killat $n $CTL create -p /tmp/born.cfg >/tmp/killed 2>&1
	unborn=
	begun && unborn=1 && amid=$((amid + 1))
	next_create >/tmp/next.out 2>&1 || bad="$bad $n:'$(cat /tmp/next.out)'"
	listed born && [ "$unborn" ] && bad="$bad $n:half"
	! listed born || $CTL destroy born || bad="$bad $n:kept"
	wait_for 10 sh -c '[ -z "$(ls /sys/bus/xen-backend/devices)" ]'
	left >/tmp/left
	if ! cmp -s /tmp/left.none /tmp/left; then
		bad="$bad $n"
		diff /tmp/left.none /tmp/left
	fi
	n=$((n + calls / LIFE_POINTS + 1))
done
echo "killat: create makes $calls calls, killed amid it $amid times"
check create_was_killed [ $amid -ge 10 ]
check killed_create_is_undone [ -z "$bad" ]
[ -z "$bad" ] || echo "killat: create:$bad"

check born_is_created $CTL create -p /tmp/born.cfg
calls=$(killat 100000 $CTL destroy born | sed -n 's/ calls, status 0$//p')
bad=
n=1
while [ "$n" -le "${calls:=0}" ]; do
	$CTL create -p /tmp/born.cfg >/tmp/made 2>&1 ||
		bad="$bad $n:'$(cat /tmp/made)'"
	# Nor is there a monitor to help.
	for pid in $(pidof vane); do
		kill -9 "$pid"
	done
	killat $n $CTL destroy born >/tmp/killed 2>&1
	! listed born || $CTL destroy born || bad="$bad $n:kept"
	next_create >/tmp/next.out 2>&1 || bad="$bad $n:'$(cat /tmp/next.out)'"
	left >/tmp/left
	if ! cmp -s /tmp/left.none /tmp/left; then
		bad="$bad $n"
		diff /tmp/left.none /tmp/left
	fi
	n=$((n + calls / LIFE_POINTS + 1))
done
echo "killat: destroy makes $calls calls"
check destroy_was_killed [ "$calls" -ge 20 ]
check killed_destroy_is_finished [ -z "$bad" ]
[ -z "$bad" ] || echo "killat: destroy:$bad"
check no_loop_device_is_left wait_for 10 sh -c '[ -z "$(losetup -a)" ]'
check nothing_is_left sh -c '! xenstore-ls /libxl 2>/dev/null | grep .'
console_log kill | clean_log guest_kernel_log_is_clean
dmesg | clean_log dom0_kernel_log_is_clean
finish
