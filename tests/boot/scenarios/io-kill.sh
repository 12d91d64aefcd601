# Tools that are killed while they attach or detach, scripts with Xen's
# interface, routed networks. The domain stays paused: no front end is needed.

IMAGE=/tmp/kill.img

traces() {
	xenstore-ls -f /libxl 2>/dev/null
	xenstore-ls -f /local/domain/0/backend 2>/dev/null
	losetup -a
	ls /sys/bus/xen-backend/devices
	ls /sys/class/net/xenbr0/brif
}

ends_agree() {
	nodes=$(xenstore-ls -f /libxl | grep -c '/frontend = ')
	ends=$(ls /sys/bus/xen-backend/devices | wc -l)
	[ "$nodes" -eq "$ends" ]
}

# After the next command no device is half there, and none is left over. Linux
# makes and removes its ends a moment after the nodes.
repaired() {
	$CTL block-list kill >/dev/null
	xenstore-ls -f /libxl | grep -E 'pending|leaving' && return 1
	wait_for 5 ends_agree
}

clean() {
	traces >/tmp/traces
	cmp -s /tmp/traces /tmp/traces.none
}

# killed_after DELAY COMMAND...
killed_after() {
	delay=$1
	shift
	"$@" >/dev/null 2>&1 &
	pid=$!
	usleep "$delay"
	kill -9 $pid 2>/dev/null && killed=$((killed + 1))
	wait $pid 2>/dev/null
}

dd if=/dev/zero of=$IMAGE bs=1M count=8 2>/dev/null
vane bridge-create xenbr0 10.9.0.1/24
check bridge_is_made test -d /sys/class/net/xenbr0/bridge
check bridge_has_its_address sh -c 'ip addr show xenbr0 | grep -q 10.9.0.1/24'
traces >/tmp/traces.none
domain kill '' 'disk = []' 'vif = []'
check create_succeeds $CTL create -p /tmp/kill.cfg

killed=0
broken=0
for n in 1 2 3 4 5 6 7 8 9 10 11 12; do
	killed_after $((n * 12000)) $CTL block-attach kill $IMAGE raw xvda w
	repaired || broken=$((broken + 1))
	killed_after $((n * 12000)) $CTL network-attach kill bridge=xenbr0
	repaired || broken=$((broken + 1))
	killed_after $((n * 8000)) $CTL block-detach kill xvda --force
	repaired || broken=$((broken + 1))
	$CTL block-detach kill xvda --force 2>/dev/null
	$CTL network-detach kill 0 --force 2>/dev/null
done
echo "io-kill: $killed tools killed in time"
check some_tools_were_killed test $killed -ge 10
check next_command_repairs test $broken -eq 0
check attach_works_afterwards $CTL block-attach kill $IMAGE raw xvda w
check detach_works_afterwards $CTL block-detach kill xvda --force
$CTL list | awk 'NR > 2 { print $1 }'
xenstore-ls -f /libxl

# -- scripts
mkdir -p /etc/xen/scripts
cat >/etc/xen/scripts/vif-own <<'SCRIPT'
#!/bin/sh
echo "$1 $2 $XENBUS_TYPE $XENBUS_PATH $XENBUS_BASE_PATH $vif $script" \
	>>/tmp/script.said
[ "$1" != online ] ||
	xenstore-write "/local/domain/0/$XENBUS_PATH/hotplug-status" connected
SCRIPT
cat >/etc/xen/scripts/block-own <<'SCRIPT'
#!/bin/sh
echo "$1 $XENBUS_TYPE $XENBUS_PATH" >>/tmp/script.said
path=/local/domain/0/$XENBUS_PATH
if [ "$1" = add ]; then
	device=$(losetup -f)
	losetup "$device" "$(xenstore-read "$path/params")"
	xenstore-write "$path/node" "$device" \
		"$path/physical-device" "7:$(echo "$device" | tr -dc 0-9)" \
		"$path/hotplug-status" connected
else
	losetup -d "$(xenstore-read "$path/node")"
fi
SCRIPT
printf '#!/bin/sh\nexit 3\n' >/etc/xen/scripts/vif-bad
printf '#!/bin/sh\n[ $1 = remove ] || { sleep 2; : >/tmp/late; }\n' >/etc/xen/scripts/block-slow
chmod +x /etc/xen/scripts/*
id=$($CTL domid kill)
check script_attaches_a_disk $CTL block-attach kill \
	"vdev=xvdb,script=block-own,target=$IMAGE"
check script_attaches_an_interface $CTL network-attach kill script=vif-own
check scripts_detach $CTL block-detach kill xvdb --force
check scripts_take_interfaces_down $CTL network-detach kill 0 --force
cat >/tmp/script.expected <<EOT
add vbd backend/vbd/$id/51728
online type_if=vif vif backend/vif/$id/0 backend vif$id.0 /etc/xen/scripts/vif-own
remove vbd backend/vbd/$id/51728
offline type_if=vif vif backend/vif/$id/0 backend vif$id.0 /etc/xen/scripts/vif-own
EOT
check scripts_saw_xens_interface cmp /tmp/script.said /tmp/script.expected
if $CTL network-attach kill script=vif-bad >/tmp/bad 2>&1; then
	fail failing_script_is_named "it succeeded"
else
	check failing_script_is_named grep -q 'vif-bad.*status 3' /tmp/bad
fi
if $CTL network-attach kill script=vif-none >/tmp/bad 2>&1; then
	fail missing_script_is_named "it succeeded"
else
	check missing_script_is_named grep -q 'vif-none' /tmp/bad
fi

killed_after 1000000 $CTL block-attach kill "vdev=xvdb,script=block-slow,target=$IMAGE"
check attach_with_a_slow_script_is_repaired repaired
sleep 2
check killed_tool_takes_its_script_along test ! -e /tmp/late

# -- routes
check routed_interface $CTL network-attach kill script=vif-route ip=10.8.0.2
check route_is_there sh -c "ip route | grep -q '10.8.0.2 dev vif$id.0'"
check two_addresses $CTL network-attach kill script=vif-route \
	'ip=10.8.0.3 10.8.0.4' mac=00:16:3e:00:00:77
check both_routes_are_there sh -c \
	"ip route | grep -c '10.8.0.[34] dev vif$id.1' | grep -qx 2"
check detach_by_its_mac $CTL network-detach kill 00:16:3e:00:00:77 --force
check both_routes_are_gone sh -c "! ip route | grep '10.8.0.[34]'"
check nat_interface $CTL network-attach kill script=vif-nat ip=10.7.0.2
check nat_route_is_there sh -c \
	"ip route | grep -q '10.7.0.2 dev vif$id.1.*src 10.7.0.129'"
check destroy_succeeds $CTL destroy kill
check nothing_is_left wait_for 5 clean
clean || diff /tmp/traces.none /tmp/traces

# -- a domain that ends while nobody looks
check create_with_devices $CTL create -p /tmp/kill.cfg \
	"disk=['$IMAGE,raw,xvda,w']" "vif=['bridge=xenbr0']"
for pid in $(pidof vane); do
	kill -9 "$pid"
done
check create_after_a_lost_monitor $CTL create -p /tmp/kill.cfg name=other
check first_is_destroyed $CTL destroy kill
check second_is_destroyed $CTL destroy other
check again_nothing_is_left wait_for 5 clean
clean || diff /tmp/traces.none /tmp/traces
dmesg | clean_log dom0_kernel_log_is_clean
finish
