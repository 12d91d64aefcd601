# A driver domain with two network cards and a disk controller of its own serves
# another domU; dom0 has no driver for any of them. One card has a line for its
# interrupts (05.0), the controller sends MSI (06.0), the other card MSI-X (07.0).

driver_of() {
	basename "$(readlink "/sys/bus/pci/devices/$1/driver")"
}

# interrupts NAME KIND PATTERN AT_LEAST: the domain got some of that kind, as its
# kernel counts them
interrupts() {
	guest "$1" 20 "awk \"/$2 .*$3/ { n += \\\$2 } END { exit n < $4 }\" /proc/interrupts"
}

# messages: how many of PCI devices the hypervisor has handed to domUs
messages() {
	$CTL dmesg -c >/dev/null
	$CTL debug-keys i
	$CTL dmesg | grep -c 'msi .* d[1-9][0-9]*:pirq'
}

# Guests run this: config space of the card with MSI-X as their kernel reaches it.
# It says "config:" and what it reads.
mkdir -p /tmp/jobs/jobs
cat >/tmp/jobs/jobs/config.sh <<'JOB'
file=/sys/bus/pci/devices/$1/config
# read_at OFFSET BYTES, the offset a multiple of the bytes
read_at() {
	dd if=$file bs=$2 skip=$(($1 / $2)) count=1 2>/dev/null | od -An -v -tx$2 | tr -d ' '
}
# write_at OFFSET BYTES..., in hexadecimal, lowest first
write_at() {
	at=$1
	shift
	printf "$(printf '\\x%s' "$@")" | dd of=$file bs=$# seek=$((at / $#)) conv=notrunc 2>/dev/null
}
# all_of BYTES: a sum of it all, but of the command and the line's number, which
# the back end keeps itself
all_of() {
	{
		dd if=$file bs=$1 skip=$((8 / $1)) count=$((52 / $1))
		dd if=$file bs=$1 skip=$((64 / $1)) count=$((192 / $1))
	} 2>/dev/null | md5sum | cut -d' ' -f1
}
# cap_at ID: where the capability is
cap_at() {
	at=$((0x$(read_at 52 1)))
	while [ $at -ne 0 ] && [ "$(read_at $at 1)" != "$1" ]; do
		at=$((0x$(read_at $((at + 1)) 1)))
	done
	echo $at
}
case $2 in
read)
	echo "config:all $(all_of 1) $(all_of 2) $(all_of 4)"
	;;
stop) # the bus master
	write_at 4 03 05
	echo "config:stopped $(read_at 4 2)"
	;;
start)
	write_at 4 47 05
	echo "config:started $(read_at 4 2)"
	;;
write)
	msi=$(cap_at 05)
	was=$(read_at 0 4)
	write_at 0 aa bb
	echo "config:vendor $was $(read_at 0 4)"
	was=$(read_at 16 4)
	write_at 16 ff ff ff ff
	size=$(read_at 16 4)
	write_at 16 00 00 0d f0
	echo "config:bar $was $size $(read_at 16 4)"
	write_at 12 10
	echo "config:line $(read_at 12 1)"
	was=$(read_at $((msi + 4)) 4)
	write_at $((msi + 4)) 00 00 e0 fe
	echo "config:address $was $(read_at $((msi + 4)) 4)"
	write_at $((msi + 12)) 5a 00
	echo "config:data $(read_at $((msi + 12)) 2)"
	;;
esac
JOB
(cd /tmp/jobs && find . | cpio -o -H newc) >>/boot/driver/initrd.img 2>/dev/null

# config NAME DEVICE HOW: run it there
config() {
	rm -f /tmp/config
	guest "$1" 60 "sh /jobs/config.sh $2 $3" &&
		console_log "$1" | tr -d '\r' | sed -n 's/^config://p' >/tmp/config
}
said() {
	sed -n "s/^$1 //p" /tmp/config | tail -1
}
# real OFFSET BYTES: what dom0 finds in the card itself
real() {
	dd if=/sys/bus/pci/devices/0000:00:07.0/config bs="$2" skip=$(($1 / $2)) count=1 2>/dev/null |
		od -An -v "-tx$2" | tr -d ' '
}

check dom0_uses_msix_of_its_own_disk wait_for 30 sh -c \
	"awk '/msi-x .*nvme/ { n += \$2 } END { exit n < 4 }' /proc/interrupts"
grep nvme /proc/interrupts
modprobe xen-pciback
cat >/tmp/net0.cfg <<CFG
name = "net0"
kernel = "/boot/domu/vmlinuz"
ramdisk = "/boot/driver/initrd.img"
extra = "console=hvc0"
memory = 256
driver_domain = 1
pci = [ '00:05.0', '0000:00:06.0,seize=1', '00:07.0,seize=1' ]
CFG
# refuses_pci PROMISE PATTERN DEVICES
refuses_pci() {
	sed "s/^pci = .*/pci = [ '$3' ]/" /tmp/net0.cfg >/tmp/bad.cfg
	refuses "$1" "$2" $CTL create /tmp/bad.cfg
}
refuses_pci unknown_device 'there is no PCI device 0000:00:1e.0; see lspci' 00:1e.0
refuses_pci no_address 'expected a PCI device such as 00:03.0' 00:33.0
refuses_pci unknown_parameter 'unknown parameter .colour=1' 00:05.0,colour=1
refuses_pci device_given_twice 'PCI device 0000:00:06.0 is given twice' \
	"00:06.0,seize=1', '00:06.0"
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
check dom0_has_no_driver test \
	"$(for n in 5 6 7; do driver_of 0000:00:0$n.0; done | tr '\n' ' ')" = 'pciback pciback pciback '
$CTL pci-list net0
check pci_list_shows_all sh -c "$CTL pci-list net0 | grep -c 0000:00:0 | grep -qx 3"
sed -e 's/^name = .*/name = "thief"/' /tmp/net0.cfg >/tmp/thief.cfg
refuses devices_of_another_domain 'domain [0-9]* drives PCI device 0000:00:05.0: run vane pci-detach' \
	$CTL create /tmp/thief.cfg
refuses release_of_a_driven_device 'drives PCI device 0000:00:05.0' \
	$CTL pci-assignable-remove 00:05.0
check controller_sends_messages interrupts net0 pcifront-msi ahci 5
check second_card_is_reached guest net0 30 \
	'ip addr add 10.0.3.9/24 dev xenbr0 && ping -c 5 -W 5 10.0.3.2'
check second_card_sends_messages interrupts net0 pcifront-msi-x eth1 5
check first_card_has_a_line interrupts net0 pcifront eth0 1
check hypervisor_knows_the_messages test "$(messages)" = 4

# -- configuration space, as the guest reaches it and as it is
check config_is_read config net0 0000:00:02.0 read
all=$(sh /tmp/jobs/jobs/config.sh 0000:00:07.0 read | cut -d' ' -f2)
check config_reads_of_all_sizes_agree test "$(said all)" = "$all $all $all"
msi_was=$(real $((0xd0 + 4)) 4)
bar_was=$(real 16 4)
check config_is_written config net0 0000:00:02.0 write
check config_ids_cannot_be_written test "$(said vendor)" = '10d38086 10d38086'
check config_bar_tells_its_size_only test "$(said bar)" = "$bar_was fffe0000 $bar_was"
check config_bar_stays test "$(real 16 4)" = "$bar_was"
check config_permitted_field_is_written test "$(said line) $(real 12 1)" = '10 10'
check bus_master_is_switched_off config net0 0000:00:02.0 stop
check config_bus_master_is_off test "$(said stopped) $(real 4 2)" = '0503 0503'
check bus_master_is_switched_on config net0 0000:00:02.0 start
check config_of_parity_errors_is_the_back_ends test \
	"$(said started) $(real 4 2)" = '0547 0507'
check config_message_address_is_ours test "$(said address) $(real $((0xd0 + 4)) 4)" = \
	"$msi_was $msi_was $msi_was"
check config_message_data_is_ours test "$(real $((0xd0 + 12)) 2)" != 005a
check card_works_after_all_that guest net0 60 \
	'ip link set eth1 down; ip link set eth1 up; sleep 3; ping -c 3 -W 5 10.0.3.2'

domain client '' "vif = [ 'mac=00:16:3e:0c:11:e1, bridge=xenbr0, backend=net0' ]" \
	"disk = [ 'vdev=xvda, backend=net0, target=/dev/sda' ]"
check client_is_created $CTL create /tmp/client.cfg
check client_reaches_its_shell wait_for 90 says client 'domU: ready'
check client_reaches_qemus_network guest client 60 \
	'ip addr add 10.0.2.77/24 dev eth0 && ip link set eth0 up && sleep 1 && ping -c 5 -W 5 10.0.2.2'
check large_packets_pass guest client 60 'ping -c 5 -W 5 -s 1400 10.0.2.2'
check client_uses_the_disk guest client 90 \
	'mke2fs -F /dev/xvda >/dev/null && mount -t ext4 /dev/xvda /mnt && echo from the client >/mnt/answer && dd if=/dev/urandom of=/mnt/f bs=64k count=128 conv=fsync && md5sum /mnt/f >/tmp/sum && umount /mnt && mount -t ext4 /dev/xvda /mnt && md5sum -c /tmp/sum && umount /mnt'
check client_is_destroyed $CTL destroy client

# -- while it runs; the controller keeps the connection open
check card_is_taken_away $CTL pci-detach net0 00:05.0
check guest_lost_the_card guest net0 20 '[ ! -e /sys/class/net/eth0 ]'
check pci_list_shows_the_rest sh -c "$CTL pci-list net0 | grep -c 0000:00:0 | grep -qx 2"
refuses second_detach 'does not drive 0000:00:05.0' $CTL pci-detach net0 00:05.0
check card_is_given_again $CTL pci-attach net0 00:05.0
refuses second_attach 'has that device already' $CTL pci-attach net0 00:05.0
check guest_has_the_card guest net0 30 \
	'until ip link show eth0; do sleep 0.5; done'
check card_works_again guest net0 60 \
	'ip addr add 10.0.2.99/24 dev eth0; ip link set eth0 up; sleep 3; ping -c 3 -W 5 10.0.2.2'
check pci_list_shows_all_again sh -c "$CTL pci-list net0 | grep -c 0000:00:0 | grep -qx 3"
check second_card_is_taken_away $CTL pci-detach net0 00:07.0
check its_messages_are_gone test "$(messages)" = 1
check second_card_comes_back_permissive $CTL pci-attach net0 00:07.0,permissive=1
check it_sends_messages_again guest net0 60 \
	'until ip link show eth1; do sleep 0.5; done; ip link set eth1 master xenbr0 up; sleep 3; ping -c 5 -W 5 10.0.3.2'
check they_arrive interrupts net0 pcifront-msi-x eth1 5
check hypervisor_knows_them_again test "$(messages)" = 4
check permissive_config_is_written config net0 0000:00:02.0 write
check permissive_lets_more_through test "$(said data) $(real $((0xd0 + 12)) 2)" = '005a 005a'
# Killed at points from the beginning to the end of a change, however long that
# takes here.
now() {
	awk '{ print int($1 * 1000) }' /proc/uptime
}
$CTL pci-detach net0 00:05.0
begin=$(now)
check card_is_given_a_third_time $CTL pci-attach net0 00:05.0
takes=$(($(now) - begin))
killed=0
for n in 1 2 3 4 5 6 7 8 9 10 11 12; do
	for what in detach attach; do
		$CTL pci-$what net0 00:05.0 >/dev/null 2>&1 &
		pid=$!
		usleep $((n * takes * 1000 / 14))
		kill -9 $pid 2>/dev/null && killed=$((killed + 1))
		wait $pid 2>/dev/null
	done
done
echo "driver: $killed killed in time, of changes that take $takes ms"
check some_were_killed test $killed -ge 4
$CTL pci-detach net0 00:05.0 2>/dev/null
check card_attaches_after_kills $CTL pci-attach net0 00:05.0
check guest_has_it_after_kills guest net0 30 'until ip link show eth0; do sleep 0.5; done'
check no_change_is_left sh -c '! xenstore-ls -f /libxl | grep changing'
check driver_domain_is_destroyed $CTL destroy net0
check its_messages_are_gone_with_it test "$(messages)" = 0

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
sed -i 's/given=1/given=1 taken=1/' /tmp/rights1.cfg
for given in 1 0; do
	check "rights${given}_starts" $CTL create "/tmp/rights$given.cfg"
	if [ $given = 1 ]; then
		check rights1_uses_the_device wait_for 60 says rights1 'rights: all in use'
		check rights1_loses_the_device $CTL pci-detach rights1 00:05.0 --force
	fi
	check "rights${given}_ends" wait_for 60 says "rights$given" '^RESULT'
	console_log "rights$given" | tr -d '\r' | grep -E '^(FAIL|ERROR)'
	check "rights${given}_are_as_they_should" says "rights$given" \
		\
		"^RESULT $((3 + given)) passed, $((1 - given)) skipped, 0 errors, 0 failed"
	wait_for 30 gone "rights$given"
done

# -- a tool killed before any call of a first attach leaves no rights
sed 's/"rights0"/"rights2"/' /tmp/rights0.cfg >/tmp/rights2.cfg
check rights2_is_created $CTL create -p /tmp/rights2.cfg
calls=1
unrepaired=
while killat $calls $CTL pci-attach rights2 00:05.0 >/tmp/killed 2>&1; do
	$CTL block-list rights2 >>/tmp/swept 2>&1
	if $CTL pci-list rights2 | grep -q 00:05.0; then
		$CTL pci-detach rights2 00:05.0 --force ||
			unrepaired="$unrepaired $calls"
	fi
	calls=$((calls + 1))
done
cat /tmp/killed /tmp/swept
check attach_was_killed_everywhere [ $calls -ge 40 ]
check kills_of_an_attach_are_repaired [ -z "$unrepaired" ]
check card_is_attached_afterwards $CTL pci-detach rights2 00:05.0 --force
check rights2_goes_on $CTL unpause rights2
check rights2_ends wait_for 60 says rights2 '^RESULT'
check rights2_has_no_rights_left says rights2 \
	'^RESULT 3 passed, 1 skipped, 0 errors, 0 failed'
console_log rights2 | tr -d '\r' | grep -E '^(FAIL|ERROR)'
wait_for 30 gone rights2

check device_returns_to_dom0 $CTL pci-assignable-remove 00:05.0
check dom0_drives_it_again wait_for 10 test -d /sys/bus/pci/drivers/e1000/0000:00:05.0
check nothing_is_left sh -c '! xenstore-ls /libxl 2>/dev/null | grep .'
dmesg | clean_log dom0_kernel_log_is_clean
finish
