# A network and a disk driver domain serve other domUs, are killed and started
# again, and their clients go on.

ROUNDS=$(cat /rounds)

now_ms() {
	awk '{ printf "%d", $1 * 1000 }' /proc/uptime
}

# last NAME WORD: the number that followed the word last, 0 without one
last() {
	number=$(console_log "$1" | tr -d '\r' | sed -n "s/^$2 \([0-9]*\)$/\1/p" |
		tail -1)
	echo "${number:-0}"
}

past() {
	[ "$(last "$1" "$2")" -gt "$3" ]
}

# driver_domain NAME [LINE...]
driver_domain() {
	driver=$1
	shift
	cat >"/tmp/$driver.cfg" <<-CFG
		name = "$driver"
		kernel = "/boot/domu/vmlinuz"
		ramdisk = "/boot/driver/initrd.img"
		extra = "console=hvc0 quiet address=10.9.0.1/24"
		memory = 128
		driver_domain = 1
		on_crash = "restart"
	CFG
	printf '%s\n' "$@" >>"/tmp/$driver.cfg"
	check "${driver}_is_created" $CTL create "/tmp/$driver.cfg"
	check "${driver}_serves" wait_for 240 says "$driver" 'driver: .* serves'
}

# kill_driver NAME [FUNCTION]: and start it again, with the function called in
# between; sets killed and created (ms)
kill_driver() {
	killed=$(now_ms)
	check "${1}_is_killed" $CTL destroy "$1"
	[ $# -eq 1 ] || "$2"
	rm -f "$LOGS/guest-$1.log"
	check "${1}_is_started_again" $CTL create "/tmp/$1.cfg"
	created=$(now_ms)
}

driver_domain net0
driver_domain disk0 "disk = [ 'phy:/dev/vda,xvda,w', 'phy:/dev/vdb,xvdb,w' ]"
for name in client peer; do
	domain $name '' 'ramdisk = "/boot/client/initrd.img"' \
		"vif = [ 'bridge=xenbr0, backend=net0' ]"
done
echo "disk = [ 'vdev=xvda, backend=disk0, target=/dev/xvda', 'vdev=xvdb, backend=disk0, target=/dev/xvdb' ]" >>/tmp/client.cfg
check client_is_created $CTL create /tmp/client.cfg
check client_reaches_its_shell wait_for 240 says client 'domU: ready'
check peer_is_created $CTL create /tmp/peer.cfg
check peer_reaches_its_shell wait_for 240 says peer 'domU: ready'
type_in client '/test/address 10.9.0.2/24 &'
type_in peer '/test/address 10.9.0.3/24 &'
check client_reaches_the_driver_domain guest client 240 \
	'until ping -c 1 -W 1 10.9.0.1; do :; done'
check list_names_the_back_end sh -c \
	"$CTL network-list client | grep -q '/local/domain/1/backend/vif'"

if $CTL network-attach client backend=net0 bridge=nobr >/tmp/bad 2>&1; then
	fail cause_comes_from_the_driver_domain "it succeeded"
else
	check cause_comes_from_the_driver_domain \
		grep -q 'domain net0: there is no bridge nobr' /tmp/bad
	cat /tmp/bad
fi

# -- networks: iperf3 from client to peer, which says when data flows -----
type_in peer '/test/flow & /test/server >/dev/null 2>&1 &'
type_in client '/test/sender >/dev/null 2>&1 &'
check data_flows wait_for 240 past peer 'flow up' 0
round=0
while [ $round -lt "$ROUNDS" ]; do
	round=$((round + 1))
	flows=$(last peer 'flow up')
	pass "round_${round}_begins"
	kill_driver net0
	check "round_${round}_traffic_resumes" wait_for 240 \
		past peer 'flow up' "$flows"
	took=$(($(now_ms) - killed))
	echo "driver: round $round: created after $((created - killed)) ms," \
		"traffic $took ms after the kill;" \
		"$(console_log net0 | grep -o 'serves after.*s,')"
done
check all_is_served_again [ "$(grep -c 'serves 2 devices again' \
	/var/log/xen/vane-net0.log)" -eq "$ROUNDS" ]

# -- disks: not mounted, mounted but idle, and with requests under way -------
lists_say_who_waits() {
	check list_says_who_waits sh -c \
		"$CTL list | grep '^client .*(2 devices wait for disk0)'"
	check block_list_says_so sh -c \
		"$CTL block-list client | grep '(disk0 is gone)'"
	check block_list_says_so_in_json sh -c \
		"$CTL block-list --json client | grep 'lost.*disk0 is gone'"
}

check idle_disk_gets_data guest client 240 \
	'mount -t ext4 /dev/xvda /mnt && dd if=/dev/urandom of=/mnt/f bs=64k count=64 && md5sum /mnt/f >/tmp/sum && umount /mnt'
check busy_disk_mounts guest client 240 'mount -t ext4 /dev/xvdb /busy'
# Read-only, so that nothing is written behind our back.
check records_are_written guest client 240 \
	'/test/writer 20 && mount -o remount,ro /busy && sleep 1'
kill_driver disk0 lists_say_who_waits
# Both at once, or one after the other when the guest is slow.
both_served() {
	sed -n 's/.* serves \([0-9]*\) devices again/\1/p' \
		/var/log/xen/vane-disk0.log |
		awk '{ n += $1 } END { exit n != 2 }'
}
check both_disks_are_served_again wait_for 240 both_served
# The guest makes its device when it has seen the back end, so after the tools.
check unmounted_disk_is_back guest client 240 \
	'until mount -t ext4 /dev/xvda /mnt; do sleep 0.2; done; md5sum -c /tmp/sum && umount /mnt'
check mounted_disk_is_back guest client 240 \
	'umount /busy; until mount -t ext4 /dev/xvdb /busy; do sleep 0.2; done; /test/verify 20'

type_in client '/test/writer 100000 &'
check records_are_being_written wait_for 240 past client synced 40
kill_driver disk0
check lost_requests_are_told wait_for 240 grep -q \
	'requests were lost with domain .* and never end: restart the guest' \
	/var/log/xen/vane-disk0.log
synced=$(last client synced)
check unmounted_disk_is_back_again guest client 240 \
	'until mount -t ext4 /dev/xvda /mnt; do sleep 0.2; done; md5sum -c /tmp/sum && umount /mnt'
check block_list_says_what_is_lost sh -c \
	"$CTL block-list client | grep '(disk0 is gone with [0-9]* requests, restart the guest)'"
check other_devices_of_the_guest_live guest client 240 \
	'ping -c 1 -W 5 10.9.0.1'
$CTL block-list client
$CTL list
check client_is_destroyed $CTL destroy client
rm -f "$LOGS/guest-client.log"
check client_is_started_again $CTL create /tmp/client.cfg
check client_reaches_its_shell_again wait_for 240 says client 'domU: ready'
check what_was_synced_is_there guest client 240 \
	"mount -t ext4 /dev/xvdb /busy && /test/verify $synced && umount /busy"
echo "driver: $synced records were synced before the disk's driver died"

$CTL block-list client
check clients_are_destroyed sh -c "$CTL destroy client && $CTL destroy peer"
check driver_domains_are_destroyed sh -c "$CTL destroy net0 && $CTL destroy disk0"
check nothing_is_left sh -c '! xenstore-ls /libxl 2>/dev/null | grep .'
cat /var/log/xen/vane-net0.log /var/log/xen/vane-disk0.log
dmesg | clean_log dom0_kernel_log_is_clean
finish
