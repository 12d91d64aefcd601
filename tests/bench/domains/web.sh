# Ever more domains that serve pages to themselves: rows for web.py. SIZES, how
# many at once, at most nine, and LASTS, for how many seconds, precede.

# said N: the last line of each of the first N
said() {
	for i in $(seq "$1"); do
		console_log "web$i" | tr -d '\r' | grep '^PAGES' | tail -1
	done
}

cat /boot/domu/initrd.img /bench/serve.cpio >/tmp/serve.img
# Xen emulates rdtsc by default; unpacking a kernel takes long.
sed -i 's|^kernel = .*|kernel = "/bench/vmlinux"|' /etc/xen/demo.cfg
echo 'tsc_mode = "native"' >>/etc/xen/demo.cfg

running=0
for size in $SIZES; do
	while [ $running -lt "$size" ]; do
		running=$((running + 1))
		domain web$running /bench/serve 'ramdisk = "/tmp/serve.img"'
		sed -i 's|^memory = .*|memory = 128|' /tmp/web$running.cfg
		check web${running}_starts $CTL create /tmp/web$running.cfg
		check web${running}_serves wait_for 900 says web$running '^PAGES'
	done
	said "$size" >/tmp/from
	sleep "$LASTS"
	said "$size" >/tmp/to
	paste -d' ' /tmp/from /tmp/to | sed "s/^/SPAN $size /"
done
finish
