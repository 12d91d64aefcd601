# Front ends that mean harm, against the back ends of this dom0.

free_pages() {
	$CTL info | awk -F: '/^free_pages|^free_memory/ { print $2 }'
}

# What a device leaves must be what was there before it.
traces() {
	free_pages
	xenstore-ls -f /libxl 2>/dev/null
	xenstore-ls -f /local/domain/0/backend 2>/dev/null
	losetup -a
	ls /sys/bus/xen-backend/devices /sys/class/net
	$CTL list | awk '{ print $1 }'
}

clean() {
	traces >/tmp/traces
	cmp -s /tmp/traces /tmp/traces.none
}

# evil NAME PROMISES [LINE...]
evil() {
	name=$1
	cat >"/tmp/$1.cfg" <<-END
		name = "$1"
		kernel = "/guests/evil.elf"
		memory = 16
		extra = "only=$2"
		on_crash = "destroy"
		on_poweroff = "destroy"
	END
	shift 2
	printf '%s\n' "$@" >>"/tmp/$name.cfg"
	traces >/tmp/traces.none
	check "${name}_starts" $CTL create "/tmp/$name.cfg"
}

ran() {
	says "$1" '^RESULT'
}

# judge NAME: what the domain says of itself, and what it leaves behind
judge() {
	check "$1_comes_to_its_end" wait_for 400 ran "$1"
	console_log "$1" | tr -d '\r' | grep -E '^(PASS|FAIL|ERROR|SKIP)' |
		sed "s/: .*--/: --/" >/tmp/said
	while read -r verdict promise cause; do
		promise=${promise%:}
		case $verdict in
		PASS) pass "$promise" ;;
		*) fail "$promise" "$verdict $cause" ;;
		esac
	done </tmp/said
	check "$1_is_gone" wait_for 30 gone "$1"
	check "$1_leaves_nothing_behind" wait_for 60 clean
	clean || diff /tmp/traces.none /tmp/traces
}

tr '\0' Z </dev/zero | dd of=/tmp/z.img bs=64k count=16 iflag=fullblock \
	2>/dev/null
brctl addbr xenbr0
ip link set xenbr0 up
ip addr add 10.9.0.1/24 dev xenbr0
# Somebody asks for addresses nobody has: packets for whoever listens.
for host in 101 102 103 104 105 106 107 108; do
	ping "10.9.0.$host" >/dev/null 2>&1 &
done

DISK="disk = [ 'file:/tmp/z.img,xvda,w' ]"
VIF="vif = [ 'mac=00:16:3e:0e:11:66, bridge=xenbr0' ]"

# What is taken once and kept, such as dom0's tables, is taken here.
evil first _good_ "$DISK" "$VIF"
wait_for 60 ran first
wait_for 60 gone first

evil evilblk blk_ "$DISK"
judge evilblk
evil evilnet net_ "$VIF"
judge evilnet
for n in 0 1 2 3; do
	evil "endsblk$n" "ends_blk n=$n" "$DISK"
	judge "endsblk$n"
done
for n in 0 1 2 3 4 5 6 7 8 9 10 11 12 13; do
	evil "endsnet$n" "ends_net n=$n" "$VIF"
	judge "endsnet$n"
done

evil clinger clings_blk "$DISK"
check clinger_clings wait_for 60 says clinger '^clinging'
if $CTL block-detach clinger xvda >/tmp/bad 2>&1; then
	fail detach_names_who_clings "it succeeded"
else
	check detach_says_one_line [ "$(wc -l </tmp/bad)" -eq 1 ]
	check detach_names_who_clings \
		grep -q 'did not release xvda within .* s' /tmp/bad
	cat /tmp/bad
fi
check forced_detach_succeeds $CTL block-detach clinger xvda --force
check clinger_is_destroyed $CTL destroy clinger
check clinger_leaves_nothing_behind wait_for 60 clean
dmesg | no_oops dom0_kernel_has_no_oops
finish
