# pvabi: the interface headers, their lists and the checks on both.
## headers-check: compile every interface and hypervisor header alone
## check-abi: compare our headers with the packaged Xen ones

PVABI_FLAGS := -std=gnu11 -O0 $(WARN) -ffreestanding -Ipvabi
PVABI_HEADERS := $(wildcard pvabi/xen/*.h)
PVABI_LAYOUT := $(B)/pvabi/layout.o

all: $(PVABI_LAYOUT)

$(PVABI_LAYOUT): pvabi/layout/layout.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(PVABI_FLAGS) -MMD -MP -c $< -o $@

-include $(PVABI_LAYOUT:.o=.d)

# A header compiles alone when a unit with nothing but its #include does.
# Hypervisor headers are read with the hypervisor's own flags.
HV_HEADERS := $(wildcard hypervisor/include/hv/*.h)
HV_HEADER_FLAGS := -std=gnu11 -O0 $(WARN) -ffreestanding -fno-common \
	-mno-red-zone -mgeneral-regs-only -Ipvabi -Ihypervisor/include

headers-check: $(PVABI_HEADERS:%=$(B)/headers/%.ok) \
	$(HV_HEADERS:%=$(B)/headers/%.ok)

$(B)/headers/pvabi/%.ok: pvabi/% $(PVABI_HEADERS)
	@mkdir -p $(@D)
	$(call say,HEADER,$<)
	$(Q)$(CC) $(PVABI_FLAGS) -x c -include $< -fsyntax-only /dev/null
	$(Q)touch $@

$(B)/headers/hypervisor/%.ok: hypervisor/% $(HV_HEADERS) $(PVABI_HEADERS)
	@mkdir -p $(@D)
	$(call say,HEADER,$<)
	$(Q)$(CC) $(HV_HEADER_FLAGS) -x c -include $< -fsyntax-only /dev/null
	$(Q)touch $@
