# Ever more domains that serve pages to themselves: rows for web.py. SIZES, how
# many at once, LASTS, for how many seconds at least, and MEMORY precede.

# each COMMAND...: for all of this size, its name last
each() {
	for i in $(seq "$size"); do
		"$@" "$(printf 'web%02d' "$i")"
	done
}

# serves NAME: once it does; asked seldom, for dom0 has the same processor
serves() {
	for _ in $(seq 300); do
		says "$1" '^PAGES' && return
		sleep 0.5
	done
	return 1
}

# begin NAME: it boots alone, and waits
begin() {
	domain "$1" '' 'ramdisk = "/tmp/serve.img"' "memory = $MEMORY" \
		"extra = \"console=hvc0 quiet job='/bench/serve'\""
	check "$1_starts" $CTL create "/tmp/$1.cfg"
	check "$1_serves" serves "$1"
	check "$1_waits" $CTL pause "$1"
}

# said NAME: its last line
said() {
	console_log "$1" | tr -d '\r' | grep '^PAGES' | tail -1
}

cat /boot/domu/initrd.img /bench/serve.cpio >/tmp/serve.img
begun=0
for size in $SIZES; do
	while [ $begun -lt "$size" ]; do
		begun=$((begun + 1))
		begin "$(printf 'web%02d' $begun)"
	done
	each $CTL unpause
	sleep 5
	each said >/tmp/from
	sleep $((size > LASTS ? size : LASTS))
	each said >/tmp/to
	each $CTL pause
	paste -d' ' /tmp/from /tmp/to | sed "s/^/SPAN $size /"
done
finish
