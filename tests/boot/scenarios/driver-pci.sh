# A driver domain with a network card and a disk controller of its own serves
# another domU; dom0 has no driver for either.

driver_of() {
	basename "$(readlink "/sys/bus/pci/devices/$1/driver")"
}

modprobe xen-pciback
cat >/tmp/net0.cfg <<CFG
name = "net0"
kernel = "/boot/domu/vmlinuz"
ramdisk = "/boot/driver/initrd.img"
extra = "console=hvc0"
memory = 256
driver_domain = 1
pci = [ '00:05.0', '0000:00:06.0,seize=1' ]
CFG
check card_has_a_driver_in_dom0 test "$(driver_of 0000:00:05.0)" = e1000
if $CTL create /tmp/net0.cfg >/tmp/bad 2>&1; then
	fail driven_device_is_refused "it succeeded"
else
	check driven_device_is_refused grep -q 'pci-assignable-add 0000:00:05.0' /tmp/bad
	cat /tmp/bad
fi
check assignable_add_succeeds $CTL pci-assignable-add 00:05.0
check assignable_list_shows_it sh -c "$CTL pci-assignable-list | grep -q 0000:00:05.0"
$CTL create /tmp/net0.cfg >/tmp/created 2>&1
check driver_domain_is_created test $? = 0
cat /tmp/created
check log_warns_of_dma grep -q 'without an IOMMU' /tmp/created
check driver_domain_serves wait_for 300 says net0 'driver: .* serves'
console_log net0 | grep 'driver:'
console_log net0 | grep -iE 'pcifront|e1000|ahci|ata[0-9]|irq|swiotlb|pci 0|BAR' | tail -60
check it_drives_the_card says net0 'cards: eth0'
check it_drives_the_controller says net0 'disks: .*sda'
check dom0_has_no_driver test "$(driver_of 0000:00:05.0)-$(driver_of 0000:00:06.0)" = pciback-pciback
$CTL pci-list net0
check pci_list_shows_both sh -c "$CTL pci-list net0 | grep -c 0000:00:0 | grep -qx 2"

domain client '' "vif = [ 'mac=00:16:3e:0c:11:e1, bridge=xenbr0, backend=net0' ]" \
	"disk = [ 'vdev=xvda, backend=net0, target=/dev/sda' ]"
check client_is_created $CTL create /tmp/client.cfg
check client_reaches_its_shell wait_for 90 says client 'domU: ready'
check client_reaches_qemus_network guest client 60 \
	'ip addr add 10.0.2.77/24 dev eth0 && ip link set eth0 up && sleep 1 && ping -c 5 -W 5 10.0.2.2' ping
check large_packets_pass guest client 60 'ping -c 5 -W 5 -s 1400 10.0.2.2' large
check client_uses_the_disk guest client 90 \
	'mke2fs -F /dev/xvda >/dev/null && mount -t ext4 /dev/xvda /mnt && echo from the client >/mnt/answer && dd if=/dev/urandom of=/mnt/f bs=64k count=128 conv=fsync && md5sum /mnt/f >/tmp/sum && umount /mnt && mount -t ext4 /dev/xvda /mnt && md5sum -c /tmp/sum && umount /mnt' disk
grep -E 'pci|msi' /proc/interrupts
check client_is_destroyed $CTL destroy client

# -- while it runs; the controller keeps the connection open
check card_is_taken_away $CTL pci-detach net0 00:05.0
check guest_lost_the_card guest net0 20 '[ ! -e /sys/class/net/eth0 ]' lost
check pci_list_shows_one sh -c "$CTL pci-list net0 | grep -c 0000:00:0 | grep -qx 1"
refuses second_detach 'does not drive 0000:00:05.0' $CTL pci-detach net0 00:05.0
check card_is_given_again $CTL pci-attach net0 00:05.0
refuses second_attach 'has that device already' $CTL pci-attach net0 00:05.0
check guest_has_the_card guest net0 30 \
	'until ip link show eth0; do sleep 0.5; done' card
check card_works_again guest net0 60 \
	'ip addr add 10.0.2.99/24 dev eth0; ip link set eth0 up; sleep 3; ping -c 3 -W 5 10.0.2.2' works
check pci_list_shows_both_again sh -c "$CTL pci-list net0 | grep -c 0000:00:0 | grep -qx 2"
killed=0
for n in 1 2 3 4 5 6; do
	for what in detach attach; do
		$CTL pci-$what net0 00:05.0 >/dev/null 2>&1 &
		pid=$!
		usleep $((n * 15000))
		kill -9 $pid 2>/dev/null && killed=$((killed + 1))
		wait $pid 2>/dev/null
	done
done
echo "driver: $killed killed in time"
check some_were_killed test $killed -ge 4
$CTL pci-detach net0 00:05.0 2>/dev/null
check card_attaches_after_kills $CTL pci-attach net0 00:05.0
check guest_has_it_after_kills guest net0 30 'until ip link show eth0; do sleep 0.5; done' killed
check no_change_is_left sh -c '! xenstore-ls -f /libxl | grep changing'
check driver_domain_is_destroyed $CTL destroy net0

# -- rights: a mini kernel with the card, and one without --------------------
resource() {
	sed -n "$2p" "/sys/bus/pci/devices/0000:00:$1/resource" | cut -d' ' -f1
}
places="mem=$(($(resource 05.0 1) / 4096)) port=$(($(resource 05.0 2)))"
places="$places gsi=$(cat /sys/bus/pci/devices/0000:00:05.0/irq)"
places="$places other=$(($(resource 06.0 6) / 4096))"
for given in 1 0; do
	cat >"/tmp/rights$given.cfg" <<-CFG
		name = "rights$given"
		kernel = "/guests/evil.elf"
		memory = 16
		extra = "only=rights_ given=$given $places"
	CFG
done
echo "pci = [ '00:05.0' ]" >>/tmp/rights1.cfg
for given in 1 0; do
	check "rights${given}_starts" $CTL create "/tmp/rights$given.cfg"
	check "rights${given}_ends" wait_for 60 says "rights$given" '^RESULT'
	console_log "rights$given" | tr -d '\r' | grep -E '^(FAIL|ERROR)'
	check "rights${given}_are_as_they_should" says "rights$given" \
		'^RESULT 3 passed, 0 skipped, 0 errors, 0 failed'
	wait_for 30 gone "rights$given"
done

check device_returns_to_dom0 $CTL pci-assignable-remove 00:05.0
check dom0_drives_it_again wait_for 10 test -d /sys/bus/pci/drivers/e1000/0000:00:05.0
check nothing_is_left sh -c '! xenstore-ls /libxl 2>/dev/null | grep .'
dmesg | clean_log dom0_kernel_log_is_clean
finish
