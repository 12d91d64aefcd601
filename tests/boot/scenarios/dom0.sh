# dom0 as a paravirtualised kernel with working disk and network.
# In: /disk, naming the block device, holding ext4 with a file `greeting`.

disk=/dev/$(cat /disk)

dmesg | grep -qE 'Booting (paravirtualized )?kernel on Xen' &&
	dmesg | grep -q 'Hypervisor detected: Xen PV'
check kernel_says_it_runs_on_xen_pv test $? -eq 0

check block_device_appears wait_for 20 test -b "$disk"
check disk_mounts mount -t ext4 "$disk" /mnt
check disk_holds_what_the_host_wrote grep -qx 'from the host' /mnt/greeting
check disk_takes_writes sh -c 'echo from dom0 >/mnt/answer && sync'
check disk_unmounts umount /mnt

check network_card_appears wait_for 20 test -e /sys/class/net/eth0
ip link set eth0 up
ip addr add 10.0.2.15/24 dev eth0
check network_answers_pings ping -c 3 -W 5 10.0.2.2

dmesg | clean_log dom0_kernel_log_is_clean
finish
