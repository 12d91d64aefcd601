# A guest's disk with several queues: fio in all forms, every block with a
# checksum; indirect descriptors, persistent grants, flushes and discards are seen
# in use.

cat /boot/domu/initrd.img /boot/guest-tools.cpio >/tmp/initrd.img
rm /boot/guest-tools.cpio
for n in 1 2; do
	dd if=/dev/zero of=/tmp/disk$n.img bs=1M count=96 2>/dev/null
done
echo 2 >/sys/module/xen_blkback/parameters/max_queues
domain disks '' 'ramdisk = "/tmp/initrd.img"' 'memory = 512' 'vcpus = 2' \
	"disk = [ 'file:/tmp/disk1.img,xvdb,w', 'format=raw, vdev=xvdc, access=rw, no-discard, target=/tmp/disk2.img' ]"
check create_succeeds $CTL create /tmp/disks.cfg
check domu_reaches_its_shell wait_for 300 says disks 'domU: ready'
rm /tmp/initrd.img

# -- disks: every block written carries a checksum that is read back
check disks_offer_everything sh -c "cat $LOGS/guest-disks.log |
	grep -c 'flush diskcache: enabled; persistent grants: enabled; indirect descriptors: enabled' | grep -qx 2"
check several_queues test "$(xenstore-read \
	"/local/domain/$($CTL domid disks)/device/vbd/51728/multi-queue-num-queues")" = 2
fio() {
	promise=$1
	shift
	check "$promise" guest disks 300 "fio --name=$promise --verify=crc32c --verify_fatal=1 --direct=1 --eta=never --ioengine=libaio --output=/tmp/$promise.out $* && grep -q 'err= 0' /tmp/$promise.out"
	echo "disks: $promise $(told disks "rate-$promise" "grep -oE '(read|write|trim): IOPS=[^ ]* BW=[^ ]*' /tmp/$promise.out | tr '\n' ' '")"
}
served() {
	cat "/sys/bus/xen-backend/devices/vbd-$($CTL domid disks)-51728/statistics/$1"
}
fio random_4k --filename=/dev/xvdb --rw=randwrite --bs=4k --size=16M --iodepth=16
requests=$(served wr_req)
sectors=$(served wr_sect)
fio sequential_1m --filename=/dev/xvdb --rw=write --bs=1M --size=64M --iodepth=4
sectors=$((($(served wr_sect) - sectors) / ($(served wr_req) - requests)))
echo "disks: $sectors sectors in a request; 88 fit without indirect descriptors"
check indirect_descriptors_are_used test $sectors -gt 88
fio four_jobs --filename=/dev/xvdb --rw=randwrite --bs=16k --size=4M --iodepth=8 --numjobs=4 --offset_increment=8M --group_reporting
check all_queues_are_used guest disks 20 \
	'awk "/blkif/ && \$2 + \$3 >= 20 { n++ } END { exit n < 2 }" /proc/interrupts'
fio mixed_sizes --filename=/dev/xvdb --rw=write --bsrange=512-128k --size=24M --iodepth=8
flushes=$(served f_req)
check file_system_is_made guest disks 60 \
	'mke2fs -F /dev/xvdc >/dev/null && mount -t ext4 /dev/xvdc /mnt'
fio with_fsync --filename=/mnt/fio.data --rw=randwrite --bs=8k --size=8M --fsync=32
fio with_flushes --filename=/dev/xvdb --rw=randwrite --bs=4k --size=4M --iodepth=4 --fdatasync=16
check flushes_reach_the_back_end test $(($(served f_req) - flushes)) -ge 32
discards=$(served ds_req)
fio discarded_and_written --filename=/dev/xvdb --rw=trimwrite --bs=64k --size=16M
check discards_reach_the_back_end test $(($(served ds_req) - discards)) -ge 100
check no_discard_where_it_was_forbidden guest disks 20 \
	'grep -qx 0 /sys/block/xvdc/queue/discard_max_bytes && ! grep -qx 0 /sys/block/xvdb/queue/discard_max_bytes'
check discarded_blocks_are_zero guest disks 60 \
	'blkdiscard /dev/xvdb && sync && cmp -n 33554432 /dev/xvdb /dev/zero'
echo 1 >/sys/module/xen_blkback/parameters/log_stats
sleep 11
fio after_discard --filename=/dev/xvdb --rw=randwrite --bs=4k --size=4M --iodepth=16
echo 0 >/sys/module/xen_blkback/parameters/log_stats
dmesg | grep 'pg: ' | tail -2
check persistent_grants_are_used sh -c "dmesg | grep -qE 'pg: +[1-9]'"

# -- another size, while it is used
truncate -s 128M /tmp/disk1.img
check resize_succeeds $CTL block-resize disks xvdb
check guest_sees_the_size guest disks 30 \
	'until grep -qx 262144 /sys/block/xvdb/size; do sleep 0.2; done'
fio beyond_the_old_end --filename=/dev/xvdb --rw=randwrite --bs=16k --offset=100M --size=16M --iodepth=8
check unmount guest disks 30 'umount /mnt'
check destroy_succeeds $CTL destroy disks
check nothing_is_left sh -c '! xenstore-ls /libxl 2>/dev/null | grep . && [ -z "$(losetup -a)" ]'
console_log disks | clean_log guest_kernel_log_is_clean
dmesg | clean_log dom0_kernel_log_is_clean
finish
