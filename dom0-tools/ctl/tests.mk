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

# Fuzzing needs clang; FUZZ_SECONDS each.
FUZZ_SECONDS ?= 60
FUZZ_TARGETS := fuzz_image fuzz_cfg
fuzz_image-srcs := tests/fuzz/fuzz_image.c $(builder-pure) \
	dom0-tools/lib/err.c dom0-tools/lib/log.c
fuzz_cfg-srcs := tests/fuzz/fuzz_cfg.c $(addprefix dom0-tools/ctl/,cfg.c \
	config.c disk.c vdev.c vif.c \
	pci_spec.c uuid.c) $(addprefix dom0-tools/lib/,err.c log.c xalloc.c) \
	dom0-tools/builder/blob.c $(addprefix $(B)/tools/gen/,$(vane-gen))

define fuzz-prog
$(B)/tests/$(1): $$($(1)-srcs)
	@mkdir -p $$(@D)
	$$(call say,FUZZ,$$@)
	$$(Q)clang $$(TOOLS_CPPFLAGS) -Idom0-tools/ctl -std=gnu11 -O1 -g \
		-fsanitize=fuzzer,address,undefined -o $$@ $$^ $$(vane-libs)
endef
$(foreach f,$(FUZZ_TARGETS),$(eval $(call fuzz-prog,$(f))))

## fuzz-tools: fuzz image loaders and configuration files, FUZZ_SECONDS each
.PHONY: fuzz-tools
fuzz-tools: $(FUZZ_TARGETS:%=$(B)/tests/%)
	$(Q)set -e; for f in $(FUZZ_TARGETS); do \
		mkdir -p $(B)/tests/corpus/$$f; \
		$(B)/tests/$$f -max_total_time=$(FUZZ_SECONDS) -rss_limit_mb=2048 \
			-artifact_prefix=$(B)/tests/$$f- -print_final_stats=1 \
			$(B)/tests/corpus/$$f tests/fuzz/corpus/$$f; \
	done
