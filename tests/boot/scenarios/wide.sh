# As many vcpus as a domain may have.

domain wide '' 'vcpus = 64' 'memory = 384'
check wide_starts $CTL create /tmp/wide.cfg
check sixty_four_vcpus_run wait_for 600 says wide 'domU: .* 64 vcpu'
check list_shows_64 sh -c \
	"$CTL list | awk '\$1 == \"wide\" { print \$4 }' | grep -qx 64"
console_log wide | clean_log domu_kernel_log_is_clean
check too_many_are_refused sh -c \
	"sed 's/^vcpus.*/vcpus = 65/; s/wide/wider/' /tmp/wide.cfg >/tmp/wider.cfg
	 ! $CTL create /tmp/wider.cfg"
check wide_is_destroyed $CTL destroy wide
finish
