# The one image that only boot tests use: a hostile domU, on the library of the
# test guests.

HOSTILE := $(B)/boot/hostile.elf

.SECONDEXPANSION:
$(HOSTILE): $(B)/tests/boot/hostile/hostile.o $$(GUEST_LIB) \
		tests/guests/lib/guest.lds
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(LD) -nostdlib -static --no-warn-rwx-segments -z noexecstack \
		-T tests/guests/lib/guest.lds -o $@ $(filter %.o,$^)

$(B)/tests/boot/%.o: tests/boot/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(GUEST_CFLAGS) -MMD -MP -c $< -o $@

-include $(B)/tests/boot/hostile/hostile.d

# A program for two domUs that share memory.
VCHAN := $(B)/boot/vchan
$(VCHAN): tests/boot/vchan/vchan.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE -O2 $(WARN) -static -MMD -MP \
		-MF $@.d -o $@ $<
-include $(VCHAN).d
