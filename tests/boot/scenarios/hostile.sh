# Domains that mean harm, one after the other, beside a calm one.

ticks() {
	console_log calm | grep -c '^tick'
}

ticks_again() {
	[ "$(ticks)" -ge $((ticks_then + 4)) ]
}

free_pages() {
	$CTL info | awk -F: '/^free_pages|^free_memory/ { print $2 }'
}

same_memory() {
	[ "$(free_pages)" = "$free_then" ]
}

# It may end by itself at any time, also between two commands.
end_it() {
	gone "$1" || $CTL destroy "$1" || wait_for 30 gone "$1"
}

# attack NAME END: END says whether it costs the attacker its life: ends,
# stays, or may if luck decides
attack() {
	free_then=$(free_pages)
	cat >"/tmp/$1.cfg" <<-END
		name = "$1"
		kernel = "/guests/hostile.elf"
		memory = 32
		extra = "attack=$1"
		on_crash = "destroy"
		on_poweroff = "destroy"
	END
	check "$1_starts" $CTL create "/tmp/$1.cfg"
	check "$1_attacks" wait_for 30 says "$1" "attack $1 begins"
	ticks_then=$(ticks)
	check "neighbour_lives_on_beside_$1" wait_for 20 ticks_again
	case $2 in
	ends) check "$1_ends_alone" wait_for 30 gone "$1" ;;
	stays)
		check "$1_is_still_there" listed "$1"
		check "$1_is_destroyed" $CTL destroy "$1"
		;;
	may) check "$1_is_no_more" end_it "$1" ;;
	esac
	check "$1_leaves_no_memory_behind" wait_for 20 same_memory
}

domain calm 'while :; do echo tick; sleep 0.5; done'
check calm_starts $CTL create /tmp/calm.cfg
check calm_runs wait_for 90 says calm '^tick'
attack fault ends
attack tables ends
attack root ends
attack stack ends
attack spin stays
attack storm stays
attack garbage may
check calm_is_still_there listed calm
check calm_is_destroyed $CTL destroy calm
dmesg | clean_log dom0_kernel_log_is_clean
finish
