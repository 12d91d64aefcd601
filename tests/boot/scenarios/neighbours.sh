# Two domUs beside dom0, one of them eating all the CPU time it can get.

hundredths() {
	awk '{ gsub(/\./, "", $1); print $1 }' /proc/uptime
}

# A fixed piece of work in dom0.
work() {
	head -c 20000000 /dev/zero | sha256sum >/dev/null
}

ticks() {
	console_log calm | grep -c '^tick'
}

cpu_time() {
	$CTL list | awk -v name="$1" '$1 == name { print int($NF * 10) }'
}

domain hog 'echo hog runs; while :; do :; done'
domain calm 'while :; do echo tick; sleep 0.5; done'
check hog_starts $CTL create /tmp/hog.cfg
check hog_runs wait_for 60 says hog 'hog runs'
check calm_starts_beside_the_hog $CTL create /tmp/calm.cfg
check calm_boots_beside_the_hog wait_for 120 says calm '^tick'

# Processor time against elapsed time: what else the test machine does slows
# both. Half is dom0's due, less what the calm domain takes.
cpu=$(cpu_time Domain-0)
begin=$(hundredths)
work
share=$(((($(cpu_time Domain-0) - cpu) * 1000) / ($(hundredths) - begin)))
echo "dom0's share beside the hog: $share percent"
check dom0_keeps_its_share test "$share" -ge 33

before=$(ticks)
hog_before=$(cpu_time hog)
sleep 10
after=$(ticks)
echo "ticks of the calm domain in 10 s: $((after - before))"
check calm_keeps_its_pace test $((after - before)) -ge 14
check hog_gets_cpu_time test "$(cpu_time hog)" -gt "$hog_before"
check list_shows_both sh -c "$CTL list | grep -q hog && $CTL list | grep -q calm"
check hog_is_destroyed $CTL destroy hog
check calm_is_destroyed $CTL destroy calm
dmesg | clean_log dom0_kernel_log_is_clean
finish
