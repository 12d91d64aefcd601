HV_TESTS += hypervisor/domain/image_test.c hypervisor/domain/unpack_test.c
image_test_SRC  := hypervisor/domain/bzimage.c hypervisor/domain/elf.c \
	hypervisor/domain/layout.c tests/host/fakes.c
unpack_test_SRC := hypervisor/domain/unpack.c
unpack_test_LIB := -lz -llzma -lzstd
HV_TESTS += hypervisor/domain/domain_test.c
domain_test_SRC := hypervisor/domain/domain.c hypervisor/lib/rangeset.c \
	hypervisor/lib/lock.c tests/host/fake_base.c tests/host/fake_frames.c
