# The hypervisor: build/paravane (32-bit ELF wrapper that loaders accept) and
# build/paravane.elf (the same with 64-bit symbols, for debuggers).

HV_CFLAGS := -std=gnu11 -O2 -g -ffreestanding -fpie -mno-red-zone \
	-mgeneral-regs-only -mcmodel=small -fno-stack-protector \
	-fcf-protection=none -fno-asynchronous-unwind-tables -fno-strict-aliasing \
	-fno-omit-frame-pointer -fno-common -fvisibility=hidden $(WARN) \
	-DCONFIG_DEBUG=$(DEBUG) -include hypervisor/include/hv/config.h \
	-Ihypervisor/include -Ipvabi

HV_DIRS := boot cpu gate emul domain sched mm pt event grant time irq dev lib
HV_C    := $(filter-out %_test.c,$(foreach d,$(HV_DIRS),$(wildcard hypervisor/$(d)/*.c)))
HV_S    := $(foreach d,$(HV_DIRS),$(wildcard hypervisor/$(d)/*.S))
HV_OBJ  := $(HV_C:%.c=$(B)/%.o) $(HV_S:%.S=$(B)/%.o)

$(B)/hypervisor/%.o: hypervisor/%.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(HV_CFLAGS) -MMD -MP -c $< -o $@

$(B)/hypervisor/%.o: hypervisor/%.S
	$(call say,AS,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(HV_CFLAGS) -D__ASSEMBLY__ -MMD -MP -c $< -o $@

-include $(HV_OBJ:.o=.d)

## target hv-objects: compile the hypervisor without linking it
.PHONY: hv-objects
hv-objects: $(HV_OBJ)
