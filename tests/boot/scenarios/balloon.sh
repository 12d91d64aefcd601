# A domU shrinks to 96 MiB and grows to its maximum, again and again, while its
# programs take and give memory. What they write must be what they read.
#
# Debian's kernel keeps 50 MiB of 256 for itself, its slabs and the files of
# this initramfs 19 more: with 80 MiB it kills all of its programs and panics.

MOST=256
LEAST=96
ROUNDS=5

# MiB that the hypervisor says it has
size() {
	$CTL list | awk '$1 == "balloon" { print $3 }'
}

at_most() {
	[ "$(size)" -le "$1" ]
}

at_least() {
	[ "$(size)" -ge "$1" ]
}

rounds() {
	console_log balloon | grep -c '^pressure: round'
}

more_rounds() {
	[ "$(rounds)" -gt "$1" ]
}

free_memory() {
	$CTL info | awk '/^free_memory/ { print $3 }'
}

free_again() {
	[ "$(free_memory)" -ge "$1" ]
}

# 6 MB of files in memory and programs that read them, over and over.
pressure='want=$(head -c 3000000 /dev/urandom | tee /tmp/a | sha256sum);
	while :; do
		cp /tmp/a /tmp/b; got=$(sha256sum </tmp/b); rm /tmp/b;
		[ "$got" = "$want" ] || echo "pressure:" bad data;
		echo pressure: round; sleep 0.2;
	done &'

free=$(free_memory)
domain balloon '' "memory = $MOST" "maxmem = $MOST"
check balloon_starts $CTL create /tmp/balloon.cfg
check balloon_boots wait_for 120 says balloon 'domU: ready'
type_in balloon "$(echo "$pressure" | tr '\n\t' '  ')"
check pressure_begins wait_for 60 more_rounds 0

n=0
while [ $n -lt $ROUNDS ] && [ $failed -eq 0 ]; do
	n=$((n + 1))
	$CTL mem-set balloon $LEAST || fail mem_set "to $LEAST MiB"
	wait_for 60 at_most $((LEAST + 1)) ||
		fail balloon_shrinks "round $n: $(size) MiB, not $LEAST"
	before=$(rounds)
	wait_for 60 more_rounds $((before + 2)) ||
		fail small_domain_works "round $n: its programs stand still"
	$CTL mem-set balloon $MOST || fail mem_set "to $MOST MiB"
	wait_for 60 at_least $((MOST - 1)) ||
		fail balloon_grows "round $n: $(size) MiB, not $MOST"
	echo "balloon: round $n, $(rounds) rounds of its programs"
done
check all_rounds_ran test $n -eq $ROUNDS

# Back and forth faster than it can follow.
for size in 130 200 100 250 96 180 120; do
	$CTL mem-set balloon $size || fail mem_set "to $size MiB"
	sleep 0.3
done
check last_word_counts wait_for 60 at_most 121
check and_it_stays_there sh -c "sleep 2; [ $(size) -ge 119 ]"
before=$(rounds)
check it_still_works wait_for 60 more_rounds $((before + 2))
check no_data_was_lost sh -c "! grep -q 'pressure: bad' $LOGS/*balloon*.log"
console_log balloon | clean_log domu_kernel_log_is_clean

if [ "$CTL" = vane ]; then
	refuses more_than_its_maximum 'at most 256 MiB' $CTL mem-set balloon 300
	refuses no_number 'no amount of memory' $CTL mem-set balloon much
	refuses nobody 'nobody' $CTL mem-set nobody 100
fi
check destroy_succeeds $CTL destroy balloon
check all_memory_came_back wait_for 30 free_again "$free"
dmesg | clean_log dom0_kernel_log_is_clean
finish
