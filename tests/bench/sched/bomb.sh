# A hog beside another, then beside a Linux that forks without end.

config() {
	cat >"/tmp/$1.cfg" <<-END
		name = "$1"
		kernel = "/guests/sched.elf"
		memory = 16
		vcpus = 1
		extra = "only=windows"
	END
}

lines() {
	console_log hog | grep -c '^WINDOW'
}

# span NAME: the hog's windows of the next 15 s
span() {
	sleep 5
	from=$(lines)
	sleep 15
	console_log hog | grep '^WINDOW' | tail -n +$((from + 2)) |
		head -n $(($(lines) - from - 2)) | sed "s/^WINDOW/SPAN $1/"
}

config hog
config fair
cat /etc/xen/demo.cfg | grep -v '^\(name\|extra\|memory\)' >/tmp/bomb.cfg
cat >>/tmp/bomb.cfg <<'END'
name = "bomb"
memory = 192
extra = "console=hvc0 job='echo 3000 >/proc/sys/kernel/pid_max; echo bombing; b() { while :; do b & done; }; b; sleep 1000'"
END
check bomb_starts $CTL create /tmp/bomb.cfg
check bomb_bombs wait_for 300 says bomb '^bombing'
check hog_starts $CTL create /tmp/hog.cfg
check hog_runs wait_for 60 says hog WINDOW
span bomb
$CTL list
check bomb_is_there listed bomb
check bomb_is_ended $CTL destroy bomb
check fair_starts $CTL create /tmp/fair.cfg
span fair
$CTL list
finish
