# The real allocator and page code on frames in host memory.
MM_CORE_SRC := $(filter-out %_test.c $(addprefix hypervisor/mm/,early.c init.c \
	map.c vmap.c) hypervisor/pt/ptwr.c,\
	$(wildcard hypervisor/mm/*.c hypervisor/pt/*.c)) \
	$(addprefix hypervisor/lib/,lock.c rangeset.c bitmap.c) \
	tests/host/fake_domain.c tests/host/fake_machine.c
MM_HOST_SRC := $(MM_CORE_SRC) tests/host/fake_no_grant.c

HV_TESTS += hypervisor/mm/mm_test.c
mm_test_SRC := $(MM_HOST_SRC)
