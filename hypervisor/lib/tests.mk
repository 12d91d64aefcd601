HV_TESTS += hypervisor/lib/bitmap_test.c hypervisor/lib/rangeset_test.c \
	hypervisor/lib/format_test.c hypervisor/lib/parse_test.c \
	hypervisor/lib/lock_test.c
bitmap_test_SRC   := hypervisor/lib/bitmap.c
rangeset_test_SRC := hypervisor/lib/rangeset.c tests/host/fakes.c
format_test_SRC   := hypervisor/lib/format.c
lock_test_LIB := -DHOST_TLS=__thread # pcpus are threads
lock_test_SRC     := hypervisor/lib/lock.c tests/host/fake_base.c
parse_test_SRC    := hypervisor/lib/parse.c
