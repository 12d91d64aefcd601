HV_TESTS += hypervisor/grant/grant_test.c
grant_test_SRC := hypervisor/grant/entry.c hypervisor/grant/table.c \
	hypervisor/grant/version.c hypervisor/grant/dump.c \
	hypervisor/grant/track.c hypervisor/grant/map.c hypervisor/grant/copy.c \
	hypervisor/grant/transfer.c hypervisor/grant/hypercall.c \
	hypervisor/lib/lock.c tests/host/fake_base.c tests/host/fake_domain.c \
	tests/host/fake_frames.c
