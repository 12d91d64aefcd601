# A domU writes records to an image on dom0's disk, each followed by fsync, and
# says so; the host pulls the plug in the middle of it.

mount -t ext4 /dev/vda /mnt
dd if=/dev/zero of=/mnt/image bs=1M count=8 2>/dev/null
sync
domain plug '' "disk = [ 'file:/mnt/image,xvda,w' ]"
check create_succeeds $CTL create /tmp/plug.cfg
check domu_reaches_its_shell wait_for 90 says plug 'domU: ready'
type_in plug 'n=0; while [ $n -lt 2000 ]; do n=$((n+1)); echo "record $n" | dd of=/dev/xvda bs=4096 seek=$n conv=fsync 2>/dev/null && echo "synced $n"; done'
tail -n 1 -f "$LOGS"/guest-plug.log
