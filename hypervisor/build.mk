# The hypervisor: build/paravane (32-bit ELF wrapper that loaders accept) and
# build/paravane.elf (the same with 64-bit symbols, for debuggers).

HV_CFLAGS := -std=gnu11 -O2 -g -ffreestanding -fpie -mno-red-zone \
	-mgeneral-regs-only -mcmodel=small -fno-stack-protector \
	-fcf-protection=none -fno-asynchronous-unwind-tables -fno-strict-aliasing \
	-fno-omit-frame-pointer -fno-common -fvisibility=hidden \
	-ffunction-sections -fdata-sections $(WARN) \
	-DCONFIG_DEBUG=$(DEBUG) -include hypervisor/include/hv/config.h \
	-Ihypervisor/include -Ipvabi

HV_DIRS := boot cpu gate emul domain sched mm pt event grant time irq dev lib
HV_C    := $(filter-out %_test.c %/asm-offsets.c,$(foreach d,$(HV_DIRS),$(wildcard hypervisor/$(d)/*.c)))
HV_S    := $(foreach d,$(HV_DIRS),$(wildcard hypervisor/$(d)/*.S))
HV_OBJ  := $(HV_C:%.c=$(B)/%.o) $(HV_S:%.S=$(B)/%.o)

$(B)/hypervisor/%.o: hypervisor/%.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(HV_CFLAGS) -MMD -MP -c $< -o $@

# Struct offsets for assembly: the compiler prints them, sed makes defines.
HV_OFFSETS := $(B)/hypervisor/gate/asm-offsets.h
$(HV_OFFSETS): hypervisor/gate/asm-offsets.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(HV_CFLAGS) -MMD -MP -MT $@ -MF $@.d -S $< -o $@.s
	$(Q)sed -n 's/.*"->\([A-Z0-9_]*\) \([-0-9]*\)".*/#define \1 \2/p' $@.s > $@
-include $(HV_OFFSETS).d

$(B)/hypervisor/%.o: hypervisor/%.S $(HV_OFFSETS)
	$(call say,AS,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(HV_CFLAGS) -D__ASSEMBLY__ -I$(dir $(HV_OFFSETS)) \
		-MMD -MP -c $< -o $@

-include $(HV_OBJ:.o=.d)

## hv-objects: compile the hypervisor without linking it
.PHONY: hv-objects
hv-objects: $(HV_OBJ)

# ---- linking ----
# Two passes: the second contains the table of the symbols found in the first.
# Only data follows the table, so text addresses are the same in both.
# HV_LIBS: static archives (decompressors), appended by whoever needs them.
HV_LIBS    := $(foreach l,z lzma zstd,$(shell $(CC) -print-file-name=lib$(l).a))
HV_LOAD    := 0x200000
HV_IMAGE   := 0xffff818000000000
HV_LINK    := 0xffff818000200000
HV_OUT     := $(B)/hypervisor
HV_LDFLAGS := -nostdlib -static -Wl,--build-id=none -Wl,-z,noexecstack \
	-Wl,-z,max-page-size=4096 -Wl,--no-warn-rwx-segments \
	-Wl,--defsym=HV_LINK_VA=$(HV_LINK) -Wl,--defsym=HV_IMAGE_VA=$(HV_IMAGE) \
	-Wl,-T,hypervisor/boot/hv.lds
hv_link = $(CC) $(HV_LDFLAGS) -o $@ $(HV_OBJ) $(HV_OUT)/version.o \
	$(filter %.sym.o,$^) -Wl,--start-group $(HV_LIBS) -Wl,--end-group
HV_LINK_DEPS := $(HV_OBJ) $(HV_OUT)/version.o hypervisor/boot/hv.lds

# Made anew when anything else was, so that its date means something.
$(HV_OUT)/version.c: $(HV_OBJ) hypervisor/boot/version.sh
	@mkdir -p $(@D)
	$(Q)sh hypervisor/boot/version.sh $(CC) > $@

$(HV_OUT)/version.o: $(HV_OUT)/version.c
	$(Q)$(CC) $(HV_CFLAGS) -c $< -o $@

$(HV_OUT)/empty.sym.S: hypervisor/boot/symtab.awk
	@mkdir -p $(@D)
	$(Q)awk -v base=$(HV_LINK) -f $< /dev/null > $@

$(HV_OUT)/pass1.elf: $(HV_LINK_DEPS) $(HV_OUT)/empty.sym.o
	$(call say,LD,$@)
	$(Q)$(hv_link)

$(HV_OUT)/full.sym.S: $(HV_OUT)/pass1.elf hypervisor/boot/symtab.awk
	$(Q)nm -n $< | awk -v base=$(HV_LINK) \
		-f hypervisor/boot/symtab.awk > $@

$(HV_OUT)/%.sym.o: $(HV_OUT)/%.sym.S
	$(Q)$(CC) -c $< -o $@

$(B)/paravane.elf: $(HV_LINK_DEPS) $(HV_OUT)/full.sym.o
	$(call say,LD,$@)
	$(Q)$(hv_link)

# HV_IMAGE has no low half: the low half of an image address is physical. (The
# whole would overflow shell arithmetic.)
hv_sym = $$(nm $< | awk '$$3 == "$(1)" { print "0x" substr($$1, 9) }')

$(B)/paravane: $(B)/paravane.elf hypervisor/boot/wrap.lds
	$(call say,WRAP,$@)
	$(Q)objcopy -O binary $< $(HV_OUT)/image.bin
	$(Q)objcopy -I binary -O elf32-i386 -B i386 $(HV_OUT)/image.bin \
		$(HV_OUT)/image.o
	$(Q)ld -m elf_i386 -z max-page-size=4096 -z noexecstack \
		--no-warn-rwx-segments --build-id=none \
		-T hypervisor/boot/wrap.lds \
		--defsym=HV_LOAD=$(HV_LOAD) \
		--defsym=HV_BSS=$$(($(call hv_sym,hv_end) - \
				    $(call hv_sym,hv_bss_start))) \
		-e $(call hv_sym,start32) \
		$(HV_OUT)/image.o -o $@
	$(Q)objcopy --strip-all $@

## paravane: build the hypervisor, build/paravane and build/paravane.elf
.PHONY: paravane
paravane: $(B)/paravane
all: paravane

## check-hot-names: what hv.lds puts first is there, and in one page what must be
.PHONY: check-hot-names
check-hot-names: $(B)/paravane.elf
	$(Q)nm $< | awk -f hypervisor/boot/hot-names.awk - hypervisor/boot/hv.lds
CHECK_TARGETS += check-hot-names

# ---- host unit tests ----
# hypervisor/tests.mk and hypervisor/*/tests.mk hold, for each test,
#   HV_TESTS += hypervisor/lib/bitmap_test.c
#   bitmap_test_SRC := hypervisor/lib/bitmap.c
# and perhaps bitmap_test_LIB, more libraries.
HV_TEST_CFLAGS := -std=gnu11 -g -O1 -fsanitize=address,undefined \
	-fno-sanitize-recover=all $(filter-out -Wmissing-prototypes,$(WARN)) \
	-DHOST_TEST -DCONFIG_DEBUG=1 -include hypervisor/include/hv/config.h \
	-Ihypervisor/include -Ipvabi

HV_TESTS :=
-include hypervisor/tests.mk
-include $(wildcard hypervisor/*/tests.mk)
HV_TEST_BIN := $(foreach t,$(HV_TESTS),$(B)/tests/hv/$(basename $(notdir $(t))))

define hv_test_rule
$(B)/tests/hv/$(basename $(notdir $(1))): $(1) $$($(basename $(notdir $(1)))_SRC)
	$$(call say,TESTCC,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(HOSTCC) $$(HV_TEST_CFLAGS) -MMD -MP -MF $$@.d \
		$$(filter %.c,$$^) -o $$@ -lcheck -lsubunit -lm -lrt -lpthread \
		$$($(basename $(notdir $(1)))_LIB)
endef
$(foreach t,$(HV_TESTS),$(eval $(call hv_test_rule,$(t))))
-include $(HV_TEST_BIN:=.d)

## check-hv: the hypervisor's host unit tests, under ASan and UBSan
.PHONY: check-hv
check-hv: $(HV_TEST_BIN)
	$(Q)for t in $^; do CK_VERBOSITY=normal timeout 120 $$t || exit 1; done
CHECK_TARGETS += check-hv
