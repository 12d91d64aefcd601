# Whatever is wrong with the input: one line naming cause and remedy, exit
# status 1, nothing left behind.

state() {
	# Without a store daemon xenstore-ls would wait for one.
	pidof vane-stored >/dev/null || return
	$CTL list | awk '{ print $1, $2 }'
	$CTL info | grep '^free_memory'
	xenstore-ls -f /local/domain | grep -v '^/local/domain/0/'
}

# refuses PROMISE PATTERN COMMAND...
refuses() {
	promise=$1
	pattern=$2
	shift 2
	state >/tmp/state.before 2>&1
	timeout 30 "$@" >/tmp/refused 2>&1 </dev/null
	status=$?
	said=$(head -c 400 /tmp/refused | tr '\n' '|')
	if [ $status -ne 1 ]; then
		fail "$promise" "exit status $status, saying '$said'"
	elif [ "$(wc -l </tmp/refused)" -ne 1 ]; then
		fail "$promise" "not one line but '$said'"
	elif ! grep -qiE "$pattern" /tmp/refused; then
		fail "$promise" "no /$pattern/ in '$said'"
	else
		state >/tmp/state.after 2>&1
		if cmp -s /tmp/state.before /tmp/state.after; then
			echo "said: $said"
			pass "$promise"
		else
			fail "$promise" "left behind: $(diff /tmp/state.before \
				/tmp/state.after | head -c 300 | tr '\n' '|')"
		fi
	fi
}

kernel=/boot/domu/vmlinuz
size=$(wc -c <$kernel)

domain nokernel '' 'kernel = "/boot/none"'
refuses missing_kernel '/boot/none' $CTL create /tmp/nokernel.cfg

head -c $((size / 2)) $kernel >/tmp/half
domain half '' 'kernel = "/tmp/half"'
refuses truncated_kernel '/tmp/half' $CTL create /tmp/half.cfg

cp $kernel /tmp/corrupt
dd if=/dev/urandom of=/tmp/corrupt bs=4096 count=64 seek=512 conv=notrunc \
	2>/dev/null
domain corrupt '' 'kernel = "/tmp/corrupt"'
refuses corrupt_kernel '/tmp/corrupt' $CTL create /tmp/corrupt.cfg

echo 'this is no kernel' >/tmp/text
domain text '' 'kernel = "/tmp/text"'
refuses text_as_kernel '/tmp/text' $CTL create /tmp/text.cfg

: >/tmp/empty
domain empty '' 'kernel = "/tmp/empty"'
refuses empty_kernel '/tmp/empty' $CTL create /tmp/empty.cfg

cp /bin/busybox /tmp/arm
printf '\267' | dd of=/tmp/arm bs=1 seek=18 conv=notrunc 2>/dev/null
domain arm '' 'kernel = "/tmp/arm"'
refuses wrong_architecture '/tmp/arm' $CTL create /tmp/arm.cfg

domain nopv '' 'kernel = "/bin/busybox"'
refuses not_a_pv_kernel '/bin/busybox' $CTL create /tmp/nopv.cfg

domain noinitrd '' 'ramdisk = "/tmp/none.img"'
refuses missing_initrd '/tmp/none.img' $CTL create /tmp/noinitrd.cfg

head -c 700000 /boot/domu/initrd.img >/tmp/cut.cpio
domain cutcpio '' 'ramdisk = "/tmp/cut.cpio"'
refuses truncated_initrd '/tmp/cut.cpio' $CTL create /tmp/cutcpio.cfg

gzip -c /boot/domu/initrd.img | head -c 300000 >/tmp/cut.gz
domain cutgz '' 'ramdisk = "/tmp/cut.gz"'
refuses truncated_gzip_initrd '/tmp/cut.gz' $CTL create /tmp/cutgz.cfg

domain huge '' 'memory = 100000'
refuses more_memory_than_free 'memory|MiB' $CTL create /tmp/huge.cfg

domain tiny '' 'memory = 8'
refuses too_little_memory 'memory|MiB' $CTL create /tmp/tiny.cfg

domain syntax ''
echo 'vcpus = = 2' >>/tmp/syntax.cfg
line=$(wc -l </tmp/syntax.cfg)
refuses syntax_error_names_file_and_line "/tmp/syntax.cfg:$line" \
	$CTL create /tmp/syntax.cfg

domain key '' 'usbdevice = "tablet"'
refuses unsupported_key 'usbdevice' $CTL create /tmp/key.cfg

domain type ''
echo 'memory = "much"' >>/tmp/type.cfg
refuses text_for_a_number 'memory' $CTL create /tmp/type.cfg

refuses missing_config '/tmp/none.cfg' $CTL create /tmp/none.cfg
refuses destroy_of_nobody 'nobody' $CTL destroy nobody
refuses console_of_nobody 'nobody' $CTL console nobody
refuses domid_of_nobody 'nobody' $CTL domid nobody
refuses destroy_of_dom0 'dom0|domain-0|domain 0' $CTL destroy 0
refuses unknown_command 'frobnicate' $CTL frobnicate

domain twin ''
check twin_is_created $CTL create -p /tmp/twin.cfg
refuses duplicate_name 'twin' $CTL create /tmp/twin.cfg
check dry_run_succeeds $CTL create -n /etc/xen/demo.cfg
check dry_run_creates_nothing gone demo
check twin_is_destroyed $CTL destroy twin

kill "$(pidof vane-consoled)"
wait_for 5 sh -c '! pidof vane-consoled'
refuses no_console_daemon 'consoled' $CTL create /tmp/twin.cfg
kill "$(pidof vane-stored)"
wait_for 5 sh -c '! pidof vane-stored'
refuses no_store_daemon 'stored' $CTL create /tmp/twin.cfg
umount /proc/xen
rm -f /dev/xen/privcmd
refuses not_in_dom0 'dom0' $CTL list
finish
