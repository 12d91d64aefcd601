# Guest kernels: Debian's source, our patches, a small configuration.

GUEST_KERNEL ?= linux-6.1

## guest-kernel: fetch, patch and build it -> build/guest-kernel/linux-6.1
## check-guest-patches: the patches apply, the files they touch compile
## test-guest-kernel: build it, boot it here, on Xen 4.17 and on bare QEMU
.PHONY: guest-kernel check-guest-patches test-guest-kernel
guest-kernel:
	@guest-patches/build.sh kernel $(GUEST_KERNEL) $(B)/guest-kernel

## check-guest-build: full disks, failed hunks and the like are clear errors
.PHONY: check-guest-build
check-guest-build:
	$(Q)guest-patches/build_test.sh

check-guest-patches:
	@guest-patches/build.sh compile $(GUEST_KERNEL) $(B)/guest-kernel

test-guest-kernel: all guest-kernel $(SUITE)
	@guest-patches/test.py $(B)/guest-kernel/$(GUEST_KERNEL)/bzImage
