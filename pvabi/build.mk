# pvabi: the interface headers, their lists and the checks on both.
## check-abi: compare our headers with the packaged Xen ones

PVABI_FLAGS := -std=gnu11 -O0 $(WARN) -ffreestanding -Ipvabi
PVABI_LAYOUT := $(B)/pvabi/layout.o

all: $(PVABI_LAYOUT)

$(PVABI_LAYOUT): pvabi/layout/layout.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(PVABI_FLAGS) -MMD -MP -c $< -o $@

-include $(PVABI_LAYOUT:.o=.d)
