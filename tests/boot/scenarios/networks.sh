# Two guests with several queues each: bridges with packets of 9000 bytes, routes,
# masquerading, QEMU's network, rates, multicast; what they send arrives intact.

PORT=$(cat /iperf-port)

# Programs of the host for the guests, behind their initramfs.
cat /boot/domu/initrd.img /boot/guest-tools.cpio >/tmp/initrd.img
net_guest() {
	name=$1
	shift
	domain "$name" '' 'ramdisk = "/tmp/initrd.img"' 'vcpus = 2' "$@"
	check "create_$name" $CTL create "/tmp/$name.cfg"
	check "${name}_reaches_its_shell" wait_for 120 says "$name" 'domU: ready'
}

front() {
	xenstore-read "/local/domain/$($CTL domid "$1")/device/vif/$2"
}

# new_nic MAC: text for a guest, which waits for an interface and calls it $nic
new_nic() {
	echo "until nic=\$(grep -l $1 /sys/class/net/*/address 2>/dev/null | cut -d/ -f5) && [ \"\$nic\" ]; do sleep 0.2; done"
}

# queue_interrupts NAME NTH: of the NTH queue of a guest's eth0, on both vcpus
queue_interrupts() {
	told "$1" "irq$2" \
		"awk \"/ eth0\\$/ && ++queue == $2 { print \\\$2 + \\\$3 }\" /proc/interrupts"
}

# iperf NAME PROMISE SERVER [OPTION...]: data flows; the rate is for the log
iperf() {
	who=$1
	what=$2
	server=$3
	shift 3
	check "$what" guest "$who" 90 \
		"iperf3 -c $server -t 5 -f m $* >/tmp/$what.out"
	echo "networks: $what $(told "$who" "rate_$what" \
		"awk \"/receiver/ { r = \\\$(NF - 2) } END { print r }\" /tmp/$what.out") Mbit/s"
}

# sends FROM TO ADDRESS PROMISE: 4 MiB of random bytes, by their checksum
sends() {
	type_in "$2" "nc -l -p 5000 >/tmp/in.$4; echo \"got:\"$4"
	guest "$1" 60 'dd if=/dev/urandom of=/tmp/out bs=64k count=64 2>/dev/null; sleep 1'
	guest "$1" 60 "nc -w 10 $3 5000 </tmp/out"
	wait_for 60 says "$2" "got:$4"
	sum=$(told "$1" "sum-$4" 'md5sum </tmp/out')
	check "$4" test -n "$sum" -a \
		"$(told "$2" "in-$4" "md5sum </tmp/in.$4")" = "$sum"
}

echo 2 >/sys/module/xen_netback/parameters/max_queues
check bridge_for_large_packets $CTL bridge-create xenbr9 mtu=9000 10.9.0.1/24
check bridge_for_the_world $CTL bridge-create xenbr0 eth0 10.0.2.15/24
ip route add default via 10.0.2.2
refuses duplicate_bridge 'there is a bridge xenbr9 already.*bridge-add' \
	$CTL bridge-create xenbr9
refuses missing_bridge 'there is no bridge nobr' $CTL bridge-add nobr eth0
refuses bridge_over_an_interface 'eth0 exists and is no bridge' \
	$CTL bridge-create eth0
refuses bridge_named_twice 'bridge is given twice' \
	$CTL network-attach 0 bridge=xenbr0,bridge=xenbr9

net_guest a "vif = [ 'mac=00:16:3e:00:00:0a, bridge=xenbr9, vifname=a9', 'bridge=xenbr0' ]"
# b as with a netback that was loaded without our options
echo 1 >/sys/module/xen_netback/parameters/separate_tx_rx_irq
net_guest b "vif = [ 'type=vif, mac=00:16:3e:00:00:0b, bridge=xenbr9' ]"
refuses bridge_in_use 'has the port .* of a domain' $CTL bridge-destroy xenbr9
check several_queues test "$(front a 0/multi-queue-num-queues)" = 2
check one_channel_for_both_directions test "$(front a 0/queue-0/event-channel)"
check one_channel_for_each_direction test "$(front b 0/queue-0/event-channel-tx)"
check vifname_is_used test -d /sys/class/net/a9
check mtu_follows_the_bridge grep -qx 9000 /sys/class/net/a9/mtu
check a_has_addresses guest a 30 'ip link set eth0 mtu 9000 && ip addr add 10.9.0.2/24 dev eth0 && ip link set eth0 up && ip addr add 10.0.2.77/24 dev eth1 && ip link set eth1 up'
check b_has_addresses guest b 30 'ip link set eth0 mtu 9000 && ip addr add 10.9.0.3/24 dev eth0 && ip link set eth0 up'
iperf3 -s -D >/dev/null 2>&1
type_in b 'iperf3 -s -D'

# -- large packets
check large_packets_to_dom0 guest a 30 'ping -c 3 -W 5 -s 8972 10.9.0.1'
check large_packets_between_guests guest a 30 'ping -c 3 -W 5 -s 8972 10.9.0.3'
check nothing_was_cut_in_pieces guest a 30 \
	'! ip addr show eth0 | grep -q "mtu 1500" && awk "/^Ip:/ { v = \$19 } END { exit v != 0 }" /proc/net/snmp'
check offloads_are_on guest a 30 \
	'ethtool -k eth0 >/tmp/k; for f in tx-checksumming scatter-gather tcp-segmentation-offload generic-segmentation-offload; do grep "^$f: on" /tmp/k || exit; done'

# -- speed, and what makes it
iperf a domu_to_domu 10.9.0.3 -P 4
iperf a domu_to_dom0 10.9.0.1 -P 4
iperf a dom0_to_domu 10.9.0.1 -P 4 -R
packets() {
	vif=vif$($CTL domid a).1
	cat "/sys/class/net/$vif/statistics/rx_$1"
}
packets_before=$(packets packets)
bytes_before=$(packets bytes)
iperf a with_packets_of_1500 10.0.2.15
packet=$((($(packets bytes) - bytes_before) / ($(packets packets) - packets_before)))
echo "networks: $packet bytes a packet where the mtu is 1500"
check packets_are_joined test $packet -gt 3000
iperf a domu_to_qemus_network 10.0.2.2 -p "$PORT"
iperf a qemus_network_to_domu 10.0.2.2 -p "$PORT" -R
first=$(queue_interrupts a 1)
second=$(queue_interrupts a 2)
echo "networks: $first interrupts of the first queue, $second of the second"
check both_queues_are_used test "${first:-0}" -gt 50 -a "${second:-0}" -gt 50
sends a b 10.9.0.3 data_arrives_from_a_to_b
sends b a 10.9.0.2 data_arrives_from_b_to_a

# -- to many at once
check b_answers_groups guest b 10 'echo 0 >/proc/sys/net/ipv4/icmp_echo_ignore_broadcasts'
check multicast_passes guest a 30 \
	'ip route add 224.0.0.0/4 dev eth0; ping -c 3 -W 5 224.0.0.1 | grep "from 10.9.0.3"'

# -- a rate
check attach_with_a_rate $CTL network-attach b bridge=xenbr9 \
	mac=00:16:3e:00:00:b1 rate=8Mb/s ip=10.9.0.4
check rate_is_in_the_store test "$(xenstore-read \
	"/local/domain/0/backend/vif/$($CTL domid b)/1/rate")" = 50000,50000
check slow_interface_comes_up guest b 30 \
	"$(new_nic 00:16:3e:00:00:b1); ip link set eth0 down; ip addr add 10.9.0.4/24 dev \$nic && ip link set \$nic up && sleep 1 && ping -c 1 -W 5 10.9.0.1"
iperf b at_eight_megabits 10.9.0.1
rate=$(told b slowrate 'awk "/receiver/ { r = \$(NF - 2) } END { print int(r) }" /tmp/at_eight_megabits.out')
check rate_is_kept test "${rate:-0}" -ge 3 -a "${rate:-99}" -le 9
check slow_interface_goes $CTL network-detach b 1
check b_returns guest b 10 'ip link set eth0 up'

# -- routes; b knows the way back
check attach_routed $CTL network-attach a \
	mac=00:16:3e:00:00:a1 script=vif-route ip=10.8.0.2
check b_learns_a_route guest b 10 'ip route add 10.8.0.0/24 via 10.9.0.1'
check routed_address guest a 30 \
	"$(new_nic 00:16:3e:00:00:a1); ip link set eth0 down; ip addr add 10.8.0.2/32 dev \$nic && ip link set \$nic up && ip route add 10.9.0.0/24 dev \$nic src 10.8.0.2"
check route_carries guest a 30 'ping -c 3 -W 5 10.9.0.3'
iperf a routed_traffic 10.9.0.3
check detach_routed $CTL network-detach a 2

# -- a route into the bridge's own network: b asks for the address there, and
# dom0 answers for it on gatewaydev
check attach_behind_a_gateway $CTL network-attach a \
	mac=00:16:3e:00:00:a4 script=vif-route ip=10.9.0.44 gatewaydev=xenbr9
check address_behind_a_gateway guest a 30 \
	"$(new_nic 00:16:3e:00:00:a4); ip addr add 10.9.0.44/32 dev \$nic && ip link set \$nic up && ip route add 10.9.0.0/24 dev \$nic src 10.9.0.44"
check gateway_carries guest b 30 'ping -c 3 -W 5 10.9.0.44'
check detach_behind_a_gateway $CTL network-detach a 2
refuses gateway_that_is_missing 'nodev0' $CTL network-attach a \
	script=vif-route ip=10.9.0.45 gatewaydev=nodev0

# -- masquerading: b knows no way back to 10.7.0.2
check attach_nat $CTL network-attach a \
	mac=00:16:3e:00:00:a2 script=vif-nat ip=10.7.0.2
check nat_address guest a 30 \
	"$(new_nic 00:16:3e:00:00:a2); ip link set eth1 down; ip addr add 10.7.0.2/24 dev \$nic && ip link set \$nic up && ip route add default via 10.7.0.129"
check masquerade_to_b guest a 30 'ping -c 3 -W 5 10.9.0.3'
iperf a masqueraded_traffic 10.9.0.3
iperf a masqueraded_to_qemus_network 10.0.2.2 -p "$PORT"
check detach_nat $CTL network-detach a 2

# -- scripts that hang, say nothing or fail; the first two take 40 s
script() {
	printf '#!/bin/sh\n[ $1 = remove ] || [ $1 = offline ] || %s\n' "$2" >"/tmp/$1"
	chmod +x "/tmp/$1"
}
script hangs '{ sleep 1000 & sleep 1000; }'
script silent true
script fails 'exit 3'
refuses hung_script '/tmp/hangs online did not end within 40 s' \
	$CTL network-attach a script=/tmp/hangs &
refuses failed_script '/tmp/fails add ended with status 3; see /var/log/xen/xen-hotplug.log' \
	$CTL block-attach b script=/tmp/fails,vdev=xvda,target=thing
refuses silent_script '/tmp/silent did not report its success within 40 s' \
	$CTL block-attach b script=/tmp/silent,vdev=xvda,target=thing
wait
check what_a_hung_script_started_ends_with_it sh -c "! ps | grep '[s]leep 1000'"
check failed_attaches_leave_no_interface sh -c "! $CTL network-list a | grep -q ^2"
check failed_attaches_leave_no_disk sh -c "! $CTL block-list b | grep -q '^[0-9]'"

# -- and nothing remains
check destroy_a $CTL destroy a
check destroy_b $CTL destroy b
check bridge_is_removed $CTL bridge-destroy xenbr9
check bridge_is_gone test ! -d /sys/class/net/xenbr9
check nothing_is_left sh -c '! xenstore-ls /libxl 2>/dev/null | grep .'
dmesg | clean_log dom0_kernel_log_is_clean
finish
