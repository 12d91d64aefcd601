# Host tests of builder and ctl: unit tests and golden files.

builder-pure := $(addprefix dom0-tools/builder/,blob.c bzimage.c cache.c \
	compact.c elf.c initrd.c kernel.c layout.c notes.c pgtable.c \
	startinfo.c unpack.c)

TOOLS_TESTS += elf_test layout_test unpack_test domain_test cfg_test \
	devspec_test
elf_test-srcs    := dom0-tools/builder/elf_test.c $(builder-pure)
elf_test-libs    := -lz -llzma -lzstd
layout_test-srcs := dom0-tools/builder/layout_test.c $(builder-pure)
layout_test-libs := -lz -llzma -lzstd
unpack_test-srcs := dom0-tools/builder/unpack_test.c $(builder-pure)
unpack_test-libs := -lz -llzma -lzstd
domain_test-srcs := $(addprefix dom0-tools/builder/,domain_test.c domain.c \
	guestmem.c) $(builder-pure)
domain_test-libs := -lz -llzma -lzstd
cfg_test-srcs    := $(addprefix dom0-tools/ctl/,cfg_test.c cfg.c config.c \
	disk.c vdev.c vif.c pci_spec.c uuid.c) dom0-tools/builder/blob.c
cfg_test-gen     := cfg_lex.c cfg_parse.c
cfg_test-libs    := -ljson-c

devspec_test-srcs := $(addprefix dom0-tools/ctl/,devspec_test.c disk.c \
	vdev.c vif.c pci_spec.c)
devspec_test-libs := -ljson-c

# vane itself with sanitizers, for the golden files.
$(B)/tests/vane: $(call tools-san,$(vane-srcs)) \
		$(call tools-gen-san,$(vane-gen)) $(B)/tools/san/lib.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(TOOLS_CFLAGS) $(TOOLS_SAN) -o $@ $(filter %.o,$^) \
		$(B)/tools/san/lib.a $(vane-libs)

## check-golden: exact output of vane for good and bad input
.PHONY: check-golden
TOOLS_CHECKS += check-golden
check-golden: $(B)/tests/vane
	$(Q)dom0-tools/ctl/golden/run.py --vane $< --work $(B)/tests/golden

# Fuzz targets, tests/fuzz/build.mk.
FUZZ_TARGETS += fuzz_image fuzz_cfg
fuzz_image-srcs := $(builder-pure) dom0-tools/lib/err.c dom0-tools/lib/log.c
fuzz_image-cflags := $(TOOLS_CPPFLAGS)
fuzz_image-libs := $(vane-libs)
fuzz_cfg-srcs := $(addprefix dom0-tools/ctl/,cfg.c \
	config.c disk.c vdev.c vif.c \
	pci_spec.c uuid.c) $(addprefix dom0-tools/lib/,err.c log.c xalloc.c) \
	dom0-tools/builder/blob.c $(addprefix $(B)/tools/gen/,$(vane-gen))
fuzz_cfg-cflags := $(TOOLS_CPPFLAGS) -Idom0-tools/ctl
fuzz_cfg-libs := $(vane-libs)
