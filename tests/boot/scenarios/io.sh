# A domU with a disk and a network interface served by dom0: at creation, while
# it runs, and when something is wrong.

MAC=00:16:3e:01:02:03
IMAGE=/tmp/disk.img

# Nothing of a device may remain: nodes, loop devices, ports of the bridge.
traces() {
	xenstore-ls -f /libxl 2>/dev/null
	xenstore-ls -f /local/domain/0/backend 2>/dev/null
	losetup -a
	ls /sys/bus/xen-backend/devices /sys/class/net/xenbr0/brif
}

clean() {
	traces >/tmp/traces
	cmp -s /tmp/traces /tmp/traces.none
}

modprobe -qa virtio_net
brctl addbr xenbr0
ip link set xenbr0 up
brctl addif xenbr0 eth0
ip link set eth0 up
ip addr add 10.0.2.15/24 dev xenbr0
dd if=/dev/zero of=$IMAGE bs=1M count=48 2>/dev/null
dd if=/dev/zero of=/tmp/second.img bs=1M count=8 2>/dev/null
dd if=/dev/urandom of=/tmp/ro.img bs=1M count=4 2>/dev/null
rosum=$(md5sum </tmp/ro.img)
ip link show xenbr0 >/dev/null || fail bridge_exists "brctl made none"
traces >/tmp/traces.none

stick=/dev/$(grep -lx 1 /sys/block/sd*/removable | cut -d/ -f4)
domain io '' "disk = [ 'file:$IMAGE,xvda,w', 'removable,vdev=xvdb,access=ro,target=/tmp/ro.img' ]" \
	"vif = [ 'mac=$MAC, bridge=xenbr0' ]"
check create_succeeds $CTL create /tmp/io.cfg
check domu_reaches_its_shell wait_for 90 says io 'domU: ready'
check disk_has_its_size guest io 60 'grep -q 98304 /sys/block/xvda/size'
check readonly_disk_is_readonly guest io 60 'grep -q 1 /sys/block/xvdb/ro'
check removable_is_recorded test "$(xenstore-read \
	"/local/domain/0/backend/vbd/$($CTL domid io)/51728/removable")" = 1
check others_are_not test "$(xenstore-read \
	"/local/domain/0/backend/vbd/$($CTL domid io)/51712/removable")" = 0
check readonly_disk_has_its_data guest io 60 \
	"md5sum </dev/xvdb | grep -q ${rosum%% *}"
check file_system_is_made guest io 60 'mke2fs -F /dev/xvda >/dev/null'
check file_system_mounts guest io 60 'mount -t ext4 /dev/xvda /mnt'
check data_is_written_and_flushed guest io 60 \
	'dd if=/dev/urandom of=/mnt/f bs=64k count=300 conv=fsync'
check checksum_is_taken guest io 60 'md5sum /mnt/f >/tmp/sum'
check file_system_mounts_again guest io 60 \
	'umount /mnt && mount -t ext4 /dev/xvda /mnt'
check data_is_what_was_written guest io 60 'md5sum -c /tmp/sum'
check refused_writes_are_errors guest io 60 \
	'! dd if=/dev/zero of=/dev/xvdb bs=4k count=1'
check block_list_shows_both sh -c \
	"test \$($CTL block-list io | grep -c ' 4 .*backend/vbd') = 2"

# -- the network
check interface_has_its_mac guest io 60 "grep -qi $MAC /sys/class/net/eth0/address"
check interface_comes_up guest io 60 \
	'ip addr add 10.0.2.77/24 dev eth0 && ip link set eth0 up'
check dom0_answers guest io 60 'ping -c 3 -W 5 10.0.2.15'
check large_packets_pass guest io 60 'ping -c 3 -W 5 -s 1400 10.0.2.15'
check qemus_network_answers guest io 60 'ping -c 3 -W 5 10.0.2.2'
check tcp_to_the_host_works guest io 60 \
	'echo hi | nc -w 5 10.0.2.100 1234 | grep "from the host"'
check network_list_shows_it sh -c "$CTL network-list io | grep -q ' $MAC .* 4 '"

# -- while it runs
check block_attach_succeeds $CTL block-attach io file:/tmp/second.img xvdc w
check new_disk_appears guest io 60 \
	'for i in 1 2 3 4 5 6 7 8 9; do [ -b /dev/xvdc ] || sleep 1; done; grep 16384 /sys/block/xvdc/size'
check removable_disk_is_attached $CTL block-attach io \
	"phy:$stick,xvdd,w,removable"
check guest_sees_that_it_is_removable guest io 60 \
	'until [ -b /dev/xvdd ]; do sleep 0.2; done; grep -qx 1 /sys/block/xvdd/removable && grep -qx 0 /sys/block/xvdc/removable'
check removable_disk_is_detached $CTL block-detach io xvdd
if [ $CTL = vane ]; then
	truncate -s 12M /tmp/second.img
	check block_resize_succeeds $CTL block-resize io xvdc
	check guest_sees_the_new_size guest io 60 \
		'sleep 2; grep 24576 /sys/block/xvdc/size'
	check new_end_is_writable guest io 60 \
		'dd if=/dev/xvda of=/dev/xvdc bs=1M count=1 seek=11 conv=fsync'
fi
check block_detach_succeeds $CTL block-detach io xvdc
check disk_disappears guest io 60 'sleep 1; [ ! -e /sys/block/xvdc ]'
check network_attach_succeeds $CTL network-attach io bridge=xenbr0 \
	mac=00:16:3e:01:02:04 vifname=web0
check vifname_is_used test -d /sys/class/net/web0
check new_interface_appears guest io 60 \
	'sleep 2; grep 00:16:3e:01:02:04 /sys/class/net/eth1/address'
check network_detach_succeeds $CTL network-detach io 00:16:3e:01:02:04
check interface_is_gone wait_for 5 test ! -d /sys/class/net/web0

# -- one clear line
if [ $CTL = vane ]; then
	refuses missing_image 'none.img' $CTL block-attach io /tmp/none.img raw xvdd
	refuses busy_image 'disk.img is in use by domain' \
		$CTL block-attach io $IMAGE raw xvdd w
	check shared_image_is_attached $CTL block-attach io \
		'/tmp/second.img,raw,xvde,w!'
	check shared_image_is_attached_twice $CTL block-attach io \
		'/tmp/second.img,raw,xvdf,w!'
	refuses shared_image_for_one_alone 'second.img is in use by domain' \
		$CTL block-attach io /tmp/second.img raw xvdg w
	check guest_has_it_twice guest io 60 \
		'until [ -b /dev/xvde ] && [ -b /dev/xvdf ]; do sleep 0.2; done; echo both | dd of=/dev/xvde conv=fsync && dd if=/dev/xvdf bs=4k count=1 | grep both'
	check shared_image_is_detached $CTL block-detach io xvde
	check shared_image_is_detached_twice $CTL block-detach io xvdf
	refuses duplicate_vdev 'already' $CTL block-attach io /tmp/second.img raw xvda
	refuses missing_bridge 'no bridge nobr' $CTL network-attach io bridge=nobr
	refuses duplicate_vifname 'eth0 already' \
		$CTL network-attach io bridge=xenbr0 vifname=eth0
	mkdir -p /tmp/mnt
	mke2fs -F /tmp/second.img >/dev/null 2>&1
	mount -o loop -t ext4 /tmp/second.img /tmp/mnt
	refuses mounted_image 'second.img is in use' \
		$CTL block-attach io /tmp/second.img raw xvdd w
	umount /tmp/mnt
	check guest_unmounts guest io 60 'umount /mnt'
	check pause_succeeds $CTL pause io
	refuses detach_from_a_paused_guest \
		'did not release xvda .*see whether the guest runs' \
		$CTL block-detach io xvda
	check unpause_succeeds $CTL unpause io
	check next_command_finishes_the_detach wait_for 10 sh -c \
		"! $CTL block-list io | grep -q ^51712"
	domain bad '' "disk = [ '$IMAGE,raw,xvda,w' ]" \
		"vif = [ 'bridge=nobr' ]"
	refuses create_with_a_missing_bridge 'no bridge nobr' $CTL create /tmp/bad.cfg
	check failed_create_leaves_no_domain gone bad
fi
check destroy_succeeds $CTL destroy io
check nothing_is_left wait_for 5 clean
clean || diff /tmp/traces.none /tmp/traces
dmesg | clean_log dom0_kernel_log_is_clean
finish
