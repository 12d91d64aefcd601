# Fuzzing, with clang's libFuzzer. A target is listed where its subject is:
#   FUZZ_TARGETS   += fuzz_x          from tests/fuzz/fuzz_x.c
#   fuzz_x-srcs    := files           what it drives
#   fuzz_x-cflags  := flags           fuzz_x-libs, fuzz_x-args: more of those
# Corpora are kept, small, in tests/fuzz/corpus; a run adds to build/fuzz.

FUZZ_TARGETS += fuzz_pt fuzz_grant fuzz_emul fuzz_kernel
FUZZ_SECONDS ?= 600
FUZZ_B := $(B)/fuzz
FUZZ_CORPUS := tests/fuzz/corpus

FUZZ_HV_CFLAGS := -DHOST_TEST -DCONFIG_DEBUG=1 -Ihypervisor/include -Ipvabi \
	-include hypervisor/include/hv/config.h
# Every comparison of the checks would be an event of its own.
fuzz_pt-srcs := $(MM_CORE_SRC) $(filter-out %_test.c,\
	$(wildcard hypervisor/grant/*.c)) tests/host/fake_tlb.c \
	tests/fuzz/no_check.c
fuzz_pt-cflags := $(FUZZ_HV_CFLAGS) -fno-sanitize-coverage=trace-cmp
fuzz_pt-args := -max_len=600
fuzz_grant-srcs := $(grant_test_SRC) tests/fuzz/no_check.c
fuzz_grant-cflags := $(FUZZ_HV_CFLAGS)
fuzz_grant-args := -max_len=300
fuzz_emul-srcs := hypervisor/emul/store.c
fuzz_emul-cflags := $(FUZZ_HV_CFLAGS)
fuzz_emul-args := -max_len=31
fuzz_kernel-srcs := $(addprefix hypervisor/domain/,bzimage.c elf.c layout.c \
	unpack.c) tests/host/fakes.c
fuzz_kernel-cflags := $(FUZZ_HV_CFLAGS)
fuzz_kernel-libs := -lz -llzma -lzstd
fuzz_kernel-args := -max_len=20000

define fuzz_rule
$(FUZZ_B)/$(1): tests/fuzz/$(1).c $$($(1)-srcs)
	$$(call say,FUZZCC,$$@)
	@mkdir -p $$(@D)
	$$(Q)clang -std=gnu11 -O2 -g -fno-omit-frame-pointer \
		-fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=undefined $$($(1)-cflags) \
		-MMD -MP -MF $$@.d -o $$@ $$(filter %.c,$$^) $$($(1)-libs)
endef
$(foreach f,$(FUZZ_TARGETS),$(eval $(call fuzz_rule,$(f))))
-include $(FUZZ_TARGETS:%=$(FUZZ_B)/%.d)

FUZZ_BIN := $(FUZZ_TARGETS:%=$(FUZZ_B)/%)
# fuzz_run target, seconds: the kept corpus, then new inputs
fuzz_run = mkdir -p $(FUZZ_B)/corpus/$(1) $(FUZZ_CORPUS)/$(1) && \
	tests/fuzz/run.sh $(FUZZ_B)/$(1) $(2) $(FUZZ_B)/corpus/$(1) \
		$(FUZZ_CORPUS)/$(1) $($(1)-args)
fuzz_each = $$(( $(FUZZ_SECONDS) / $(words $(FUZZ_TARGETS)) + 1 ))

## fuzz: all fuzz targets, FUZZ_SECONDS (600) in total; FUZZ_TARGETS picks some
## fuzz-smoke: replay the kept inputs, then 10 s each
## fuzz-keep: keep what the last run found, minimised
.PHONY: fuzz fuzz-smoke fuzz-keep
fuzz: $(FUZZ_BIN)
	$(Q)$(foreach f,$(FUZZ_TARGETS),$(call fuzz_run,$(f),$(fuzz_each)) &&) true

fuzz-smoke: $(FUZZ_BIN)
	$(Q)$(foreach f,$(FUZZ_TARGETS),$(call fuzz_run,$(f),10) &&) true
CHECK_TARGETS += fuzz-smoke

fuzz-keep: $(FUZZ_BIN)
	$(Q)for f in $(FUZZ_TARGETS); do \
		tests/fuzz/keep.sh $(FUZZ_B)/$$f $(FUZZ_B)/corpus/$$f \
			$(FUZZ_CORPUS)/$$f || exit 1; done
