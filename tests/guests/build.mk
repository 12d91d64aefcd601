# Tiny PV kernels: one image per topic folder, all on one library.
## check-guests: boot every test guest as dom0 under Paravane
## check-guests-on-xen: the same on Debian's Xen 4.17, to check the tests
## check-guests-compare: both side by side, build/guests/compare.txt
## guests: build the test guest images

GUEST_DIR := tests/guests
GUEST_TOPICS := $(patsubst $(GUEST_DIR)/%/,%,\
	$(filter-out %/lib/,$(wildcard $(GUEST_DIR)/*/)))
GUEST_IMAGES := $(GUEST_TOPICS:%=$(B)/guests/%.elf)
# Promises run in the order they are written; only gcc needs to be told.
GUEST_ORDER := $(if $(findstring clang,$(CC)),,-fno-toplevel-reorder)
GUEST_CFLAGS := -std=gnu11 -O2 -g -ffreestanding -fno-pie -mcmodel=kernel \
	-mno-red-zone -mgeneral-regs-only -fno-stack-protector \
	-fcf-protection=none -fno-asynchronous-unwind-tables \
	-fno-strict-aliasing -fno-omit-frame-pointer -fno-builtin \
	$(GUEST_ORDER) $(WARN) \
	-Ipvabi -I$(GUEST_DIR)/lib
GUEST_LIB := $(patsubst %,$(B)/%.o,$(basename \
	$(wildcard $(GUEST_DIR)/lib/*.c $(GUEST_DIR)/lib/*.S)))
guest-objects = $(patsubst %.c,$(B)/%.o,$(wildcard $(GUEST_DIR)/$(1)/*.c))
GUEST_OBJECTS := $(GUEST_LIB) $(foreach t,$(GUEST_TOPICS),$(call guest-objects,$(t)))

.PHONY: guests check-guests check-guests-on-xen
guests: $(GUEST_IMAGES)

$(B)/tests/guests/%.o: $(GUEST_DIR)/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(GUEST_CFLAGS) -MMD -MP -c $< -o $@

$(B)/tests/guests/%.o: $(GUEST_DIR)/%.S
	@mkdir -p $(@D)
	$(call say,AS,$@)
	$(Q)$(CC) $(GUEST_CFLAGS) -MMD -MP -c $< -o $@

.SECONDEXPANSION:
$(GUEST_IMAGES): $(B)/guests/%.elf: $$(call guest-objects,$$*) $(GUEST_LIB) \
		$(GUEST_DIR)/lib/guest.lds
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(LD) -nostdlib -static --no-warn-rwx-segments -z noexecstack \
		-T $(GUEST_DIR)/lib/guest.lds -o $@ \
		$(filter %.o,$^)

-include $(GUEST_OBJECTS:.o=.d)

GUEST_TESTS ?=
check-guests: $(GUEST_IMAGES) $(B)/paravane
	@$(GUEST_DIR)/run.py --build $(B) --hypervisor paravane $(GUEST_TESTS)

HOSTILE_REQUESTS ?= 1000000
HOSTILE_GUESTS = havoc frenzy
## test-hostile: a million random requests each to MMU and memory, and to
## test-hostile: events, grants and vcpus, from several vcpus at once
.PHONY: test-hostile
test-hostile: $(HOSTILE_GUESTS:%=$(B)/guests/%.elf) $(B)/paravane
	@$(GUEST_DIR)/run.py --build $(B) --hypervisor paravane \
		--timeout 7200 --args 'count=$(HOSTILE_REQUESTS)' \
		$(HOSTILE_GUESTS)

check-guests-on-xen: $(GUEST_IMAGES)
	$(Q)dom0-tools/image/fetch.sh xen build/cache
	@$(GUEST_DIR)/run.py --build $(B) --hypervisor xen $(GUEST_TESTS)

# Differences that docs/abi/differences.md does not explain fail.
.PHONY: check-guests-compare differences-check
check-guests-compare: $(GUEST_IMAGES) $(B)/paravane
	$(Q)dom0-tools/image/fetch.sh xen build/cache
	@$(GUEST_DIR)/compare.py --build $(B) $(GUEST_TESTS)

## differences-check: docs/abi/differences.md names promises that exist
differences-check:
	@$(GUEST_DIR)/compare.py --page
CHECK_TARGETS += differences-check
