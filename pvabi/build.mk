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

# The comparison: one list of rows, two units, one program.
ABI := $(B)/pvabi
ABI_ROWS := $(ABI)/rows.def
XEN_DEV := /usr/include/xen/domctl.h

.PHONY: check-abi
ifeq ($(wildcard $(XEN_DEV)),)
check-abi:
	@echo "check-abi: no $(XEN_DEV): install libxen-dev to compare"
	@echo "0 passed, 0 failed, 1 skipped"
else
check-abi: $(ABI)/compare
	@$<
endif

# The numbers of the lists, then everything the headers declare.
ABI_SOURCES := $(wildcard pvabi/calls/*.def pvabi/xen/*.h)

$(ABI_ROWS): pvabi/layout/rows.py $(ABI_SOURCES)
	@mkdir -p $(@D)
	$(call say,GEN,$@)
	$(Q)pvabi/layout/rows.py $(ABI_SOURCES) > $@

ABI_CC = $(HOSTCC) -std=gnu11 -Wall -Wextra -Werror -iquote $(ABI) \
	-iquote pvabi/layout

$(ABI)/ours.o: pvabi/layout/ours.c pvabi/layout/table.h $(ABI_ROWS)
	$(call say,CC,$@)
	$(Q)$(ABI_CC) -Ipvabi -c $< -o $@

$(ABI)/packaged.o: pvabi/layout/packaged.c pvabi/layout/table.h $(ABI_ROWS)
	$(call say,CC,$@)
	$(Q)$(ABI_CC) -c $< -o $@

$(ABI)/compare: pvabi/layout/compare.c $(ABI)/ours.o $(ABI)/packaged.o
	$(call say,LD,$@)
	$(Q)$(ABI_CC) $^ -o $@

CHECK_TARGETS += check-abi
