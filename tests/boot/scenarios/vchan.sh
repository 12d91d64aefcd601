# Two domUs share memory from their user space: one lends with gntalloc, the
# other maps with gntdev. Then one end after the other is killed.

cat >/tmp/vchan.sh <<'END'
modprobe -a xen-evtchn xen-gntdev xen-gntalloc xenfs
/vchan $1 &
/vchan await data/kill
kill -9 $!
echo "vchan: killed"
END
mkdir /tmp/root
cp /guests/vchan /tmp/vchan.sh /tmp/root
(
	cat /boot/domu/initrd.img
	cd /tmp/root && find . | cpio -o -H newc 2>/dev/null
) >/boot/vchan.img

free_memory() {
	$CTL info | awk '$1 == "free_memory" { print $3 }'
}

same_memory() {
	[ "$(free_memory)" -ge "$free_then" ]
}

# node DOMAIN NAME VALUE
node() {
	xenstore-write "/local/domain/$($CTL domid "$1")/data/$2" "$3"
}

line() {
	console_log "$1" | tr -d '\r' | sed -n "s/.*vchan: \($2.*\)/\1/p"
}

checksum() {
	line "$1" '' | sed -n 's/.*sum \([0-9a-f]*\).*/\1/p'
}

# pair LENDER BORROWER: both run, the transfer is over
pair() {
	domain "$1" 'sh /vchan.sh lend' 'ramdisk = "/boot/vchan.img"'
	domain "$2" 'sh /vchan.sh borrow' 'ramdisk = "/boot/vchan.img"'
	check "$1_starts" $CTL create "/tmp/$1.cfg"
	check "$2_starts" $CTL create "/tmp/$2.cfg"
	node "$1" client "$($CTL domid "$2")"
	check "$1_offers_pages" wait_for 90 says "$1" 'vchan: offer'
	node "$2" offer "$($CTL domid "$1") $(line "$1" offer | cut -d' ' -f2-)"
	check "$1_sends_all" wait_for 120 says "$1" 'MB sent'
	check "$2_receives_all" wait_for 30 says "$2" 'MB received'
	echo "$1 $(line "$1" '[0-9]* MB sent')"
	check "$1_and_$2_agree" says "$1" 'agreed'
	check "$1_and_$2_have_one_sum" \
		test "$(checksum "$1")" = "$(checksum "$2")" -a \
		-n "$(checksum "$1")"
}

free_then=$(free_memory)
pair lender borrower
node borrower kill 1
check borrower_process_is_killed wait_for 30 says borrower 'vchan: killed'
check lender_is_told wait_for 30 says lender 'the borrower is gone'
check borrower_is_destroyed $CTL destroy borrower
console_log lender | clean_log lender_kernel_log_is_clean
check lender_is_destroyed $CTL destroy lender
check memory_is_back wait_for 30 same_memory

pair giver taker
node giver kill 1
check giver_process_is_killed wait_for 30 says giver 'vchan: killed'
check taker_is_told wait_for 30 says taker 'the lender is gone'
# Its pages are mapped still: they must outlive it, and go with the taker.
# Whether that counts as destroyed the tools see each in their way.
$CTL destroy giver
sleep 2
check taker_lives_on listed taker
console_log taker | clean_log taker_kernel_log_is_clean
check taker_is_destroyed $CTL destroy taker
check giver_goes_with_it wait_for 30 gone giver
check all_memory_is_back wait_for 30 same_memory

# Both at once.
pair one other
$CTL destroy other &
check one_is_destroyed $CTL destroy one
wait
check nothing_stays_behind wait_for 30 same_memory
dmesg | clean_log dom0_kernel_log_is_clean
finish
