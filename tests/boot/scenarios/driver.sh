# A driver domain serves the network and the disk of another domU, is killed
# and started again, and its client goes on.

ROUNDS=$(cat /rounds)

now_ms() {
	awk '{ printf "%d", $1 * 1000 }' /proc/uptime
}

dd if=/dev/zero of=/tmp/disk.img bs=1M count=16 2>/dev/null
cat >/tmp/net0.cfg <<CFG
name = "net0"
kernel = "/boot/domu/vmlinuz"
ramdisk = "/boot/driver/initrd.img"
extra = "console=hvc0 address=10.9.0.1/24"
memory = 160
driver_domain = 1
on_crash = "restart"
disk = [ '/tmp/disk.img,raw,xvda,w' ]
CFG
check driver_domain_is_created $CTL create /tmp/net0.cfg
check driver_domain_serves wait_for 90 says net0 'driver: .* serves'

domain client '' "vif = [ 'mac=00:16:3e:0c:11:e1, bridge=xenbr0, backend=net0' ]" \
	"disk = [ 'vdev=xvda, backend=net0, target=/dev/xvda' ]"
check client_is_created $CTL create /tmp/client.cfg
check client_reaches_its_shell wait_for 90 says client 'domU: ready'
check client_has_its_disk guest client 30 'grep 32768 /sys/block/xvda/size' disk
check disk_keeps_data guest client 60 \
	'mke2fs -F /dev/xvda >/dev/null && mount -t ext4 /dev/xvda /mnt && dd if=/dev/urandom of=/mnt/f bs=64k count=64 && md5sum /mnt/f >/tmp/sum && umount /mnt' data
# What a hotplug daemon would do in the guest.
type_in client 'while :; do ip addr add 10.9.0.2/24 dev eth0; ip link set eth0 up; sleep 0.2; done >/dev/null 2>&1 &'
check client_reaches_the_driver_domain guest client 30 'ping -c 2 -W 3 10.9.0.1' ping
check list_names_the_back_end sh -c \
	"$CTL network-list client | grep -q '/local/domain/1/backend/vif'"

if $CTL network-attach client backend=net0 bridge=nobr >/tmp/bad 2>&1; then
	fail cause_comes_from_the_driver_domain "it succeeded"
else
	check cause_comes_from_the_driver_domain \
		grep -q 'domain net0: there is no bridge nobr' /tmp/bad
	cat /tmp/bad
fi

round=0
while [ $round -lt "$ROUNDS" ]; do
	round=$((round + 1))
	rm -f $LOGS/guest-net0.log
	check "round_${round}_kill" $CTL destroy net0
	begin=$(now_ms)
	check "round_${round}_list_says_who_waits" sh -c \
		"$CTL list | grep '^client .*(2 devices wait for net0)'"
	check "round_${round}_disks_say_so" sh -c \
		"$CTL block-list client | grep '(net0 is gone)'"
	check "round_${round}_networks_say_so" sh -c \
		"$CTL --json network-list client | grep 'lost.*net0 is gone'"
	begin=$(now_ms)
	check "round_${round}_start" $CTL create /tmp/net0.cfg
	check "round_${round}_driver_serves" wait_for 90 says net0 'driver: .* serves'
	serves=$(now_ms)
	check "round_${round}_traffic_resumes" guest client 60 \
		'until ping -c 1 -W 1 10.9.0.1; do :; done' "back$round"
	echo "driver: round $round: served after $((serves - begin)) ms, traffic after $(($(now_ms) - serves)) ms more"
done
check disk_is_back guest client 60 \
	'until mount -t ext4 /dev/xvda /mnt; do sleep 0.2; done; md5sum -c /tmp/sum && umount /mnt' diskback
check client_is_destroyed $CTL destroy client
check driver_domain_is_destroyed $CTL destroy net0
check nothing_is_left sh -c '! xenstore-ls /libxl 2>/dev/null | grep .'
cat /var/log/xen/vane-net0.log
dmesg | clean_log dom0_kernel_log_is_clean
finish
