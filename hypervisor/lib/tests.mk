HV_TESTS += hypervisor/lib/bitmap_test.c hypervisor/lib/rangeset_test.c \
	hypervisor/lib/format_test.c hypervisor/lib/parse_test.c
bitmap_test_SRC   := hypervisor/lib/bitmap.c
rangeset_test_SRC := hypervisor/lib/rangeset.c tests/host/fakes.c
format_test_SRC   := hypervisor/lib/format.c
parse_test_SRC    := hypervisor/lib/parse.c
