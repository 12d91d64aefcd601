# What making and ending domains costs, and how many fit: rows for domains.py.
# Both toolstacks run it; ROUNDS and FIT, whether to fill the memory, precede.

mini() {
	cat >"/tmp/$1.cfg" <<-END
		name = "$1"
		kernel = "/bench/sched.elf"
		memory = $2
		vcpus = 1
		extra = "only=idle"
	END
}

# row NAME COMMAND...: COST NAME elapsed used; what failed ends it all
row() {
	row=$1
	shift
	if ! cost=$(/bench/watch /tmp/out "$@"); then
		echo "FAIL $row: $*: $(tail -1 /tmp/out)"
		exit 1
	fi
	echo "COST $row $cost"
}

memory() {
	$CTL info | awk '$1 == "free_memory" { print $3 }'
}

# fit MEMORY: domains of so many MiB, until there is no more room
fit() {
	free=$(memory)
	n=0
	while [ $n -lt 200 ]; do
		mini "fit$n" "$1"
		$CTL create "/tmp/fit$n.cfg" >/tmp/out 2>&1 || break
		n=$((n + 1))
	done
	echo "FIT $n $free $(memory) $(tail -1 /tmp/out)"
}

# kernels LAST: what becomes of LAST in the next round: as after the installation
# of a kernel, for which vane has a hook, or nothing unpacked, in turns
kernels() {
	create=create_unprepared
	[ $CTL != vane ] || rm -rf /var/cache/paravane
	[ "$1" = create_unprepared ] || return 0
	create=create_linux
	[ $CTL != vane ] || row prepare $CTL prepare
}

# Who asks first for random numbers waits for a second in which Linux gathers
# them, where the processor has none.
head -c 1 /dev/random >/dev/null
mini small 16
domain linux '' 'memory = 128'
create=
for i in $(seq "$ROUNDS"); do
	kernels "$create"
	row nothing true
	row create_mini $CTL create /tmp/small.cfg
	sleep 1
	row destroy_mini $CTL destroy small
	row $create $CTL create -p /tmp/linux.cfg
	$CTL unpause linux
	wait_for 120 says linux 'domU: ready' ||
		fail linux_boots "no word from it"
	sleep 1
	row destroy_linux $CTL destroy linux
	rm -f $LOGS/*linux*
done
[ "$FIT" = 0 ] || fit "$FIT"
finish
