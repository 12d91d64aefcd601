HV_TESTS += hypervisor/dev/line_test.c hypervisor/dev/pit_test.c \
	hypervisor/dev/level_test.c
line_test_SRC := hypervisor/dev/line.c hypervisor/dev/ring.c
pit_test_SRC  := hypervisor/dev/pit.c
level_test_SRC := hypervisor/dev/level.c
