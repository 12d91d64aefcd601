# Images that only boot tests use, on the library of the test guests: a hostile
# domU, and malicious ends of split devices.

HOSTILE := $(B)/boot/hostile.elf $(B)/boot/evil.elf
boot-objects = $(patsubst %.c,$(B)/%.o,$(wildcard tests/boot/$(1)/*.c))

.SECONDEXPANSION:
$(HOSTILE): $(B)/boot/%.elf: $$(call boot-objects,$$*) $$(GUEST_LIB) \
		tests/guests/lib/guest.lds
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(LD) -nostdlib -static --no-warn-rwx-segments -z noexecstack \
		-T tests/guests/lib/guest.lds -o $@ $(filter %.o,$^)

$(B)/tests/boot/%.o: tests/boot/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(GUEST_CFLAGS) -MMD -MP -c $< -o $@

-include $(patsubst %.c,$(B)/%.d,$(wildcard tests/boot/*/*.c))

# Programs for scenarios: two domUs that share memory; a killer of tools.
VCHAN := $(B)/boot/vchan
KILLAT := $(B)/boot/killat
$(VCHAN) $(KILLAT): $(B)/boot/%: tests/boot/%/$$*.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE -O2 $(WARN) -static -MMD -MP \
		-MF $@.d -o $@ $<
-include $(VCHAN).d $(KILLAT).d
