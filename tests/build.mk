# Everything that checks, boots and compares. Folders of tests/ with rules of
# their own add them in their build.mk; a host test target adds its name to
# CHECK_TARGETS.

-include $(wildcard tests/*/build.mk)

# Reference hypervisor for comparisons: the same tests on Debian's Xen 4.17.
HYPERVISOR  ?= paravane
DOM0_KERNEL ?= 6.1
DOMU_KERNEL ?= 6.1
BOOT_TESTS  ?=
BOOT_JOBS   ?= 2
export B DOM0_KERNEL DOMU_KERNEL

.PHONY: deps run-demo test check-boot check-clang bench-boot boot-images
.PHONY: check-guests

## deps: install the Debian packages of tests/deps.list, or say how
deps:
	@tests/deps.sh

## run: build, boot dom0 under QEMU, create the demo domU, look around
run:
	@tests/deps.sh
	@+$(MAKE) --no-print-directory all
	@tests/boot/demo.py --hypervisor $(HYPERVISOR)

## check: all host tests (no QEMU)
CHECK_TARGETS += headers-check format-check check-guest-build
CHECK_TARGETS := $(sort $(CHECK_TARGETS))
check: $(CHECK_TARGETS)

## check-boot: boot tests under QEMU; BOOT_TESTS='words' picks some
check-boot: all $(HOSTILE) $(VCHAN)
	@tests/boot/suite.py --hypervisor $(HYPERVISOR) --jobs $(BOOT_JOBS) \
		$(BOOT_TESTS)

## test-io: disks, networks and driver domains, a Debian domU; two at a time
.PHONY: test-io
test-io: all $(HOSTILE) $(KILLAT)
	@tests/deps.sh
	@tests/boot/iotests.py --jobs $(BOOT_JOBS) $(BOOT_TESTS)

## test-soak: SOAK_MINUTES=10 of mixed traffic, checked, nothing leaks
.PHONY: test-soak
test-soak: all
	@tests/deps.sh
	@tests/boot/soaktests.py $(BOOT_TESTS)

## test-smp: domains on several processors
.PHONY: test-smp
test-smp: all $(HOSTILE)
	@tests/deps.sh
	@tests/boot/smptests.py $(BOOT_TESTS)

## bench-io: disks and networks of a domU beside Debian's Xen 4.17
.PHONY: bench-io
bench-io: all
	@tests/deps.sh
	@+$(MAKE) --no-print-directory DEBUG=0 B=$(B)/release paravane
	@tests/boot/bench_io.py --paravane $(B)/release/paravane

## bench-boot: boot and create times and memory beside Debian's Xen 4.17
bench-boot: all
	@tests/boot/bench.py

## test: install what is missing, then all checks, guest and boot tests
# step:limit in seconds, in order
TEST_STEPS = all:900 $(CHECK_TARGETS:%=%:300) check-guests:600 \
	check-boot:1800 test-io:2400 bench-check:900 check-guest-patches:900
test:
	@tests/deps.sh
	@+tests/run.py --log-dir $(B)/log $(TEST_STEPS)

## check-clang: build everything with clang, in a directory of its own
check-clang:
	@+$(MAKE) --no-print-directory CC=clang B=$(B)/clang all

# Each header compiles alone, in the world it is made for.
headers := $(foreach d,pvabi/xen hypervisor/include/hv dom0-tools/lib \
	dom0-tools/builder dom0-tools/ctl dom0-tools/store \
	dom0-tools/console,$(wildcard $(d)/*.h))
header-flags = $(if $(filter hypervisor/%,$(1)),$(HV_CFLAGS),\
	$(TOOLS_CPPFLAGS) $(TOOLS_CFLAGS))

## headers-check: every header compiles alone
headers-check: $(headers:%=$(B)/headers/%.ok)

$(B)/headers/%.ok: %
	@mkdir -p $(@D)
	$(call say,HEADER,$<)
	$(Q)$(CC) $(call header-flags,$<) -fsyntax-only -MMD -MP -MF $@.d \
		-MT $@ -x c -include ./$< /dev/null
	@touch $@
-include $(headers:%=$(B)/headers/%.ok.d)

## format-check: the formatting of .clang-format, with nothing to change
format-check:
	$(Q)git ls-files '*.c' '*.h' | xargs -r clang-format --dry-run -Werror
