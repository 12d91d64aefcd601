# Benchmarks that are tiny PV kernels, on the test guests' library.
## bench-mmu: page-table costs beside Xen 4.17 -> build/bench/mmu.md

BENCH_MMU := $(B)/guests/bench/mmu.elf
BENCH_MMU_OBJ := $(patsubst %.c,$(B)/%.o,$(wildcard tests/bench/mmu/*.c))

$(B)/tests/bench/%.o: tests/bench/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(GUEST_CFLAGS) -MMD -MP -c $< -o $@

.SECONDEXPANSION:
$(BENCH_MMU): $(BENCH_MMU_OBJ) $$(GUEST_LIB) tests/guests/lib/guest.lds
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(LD) -nostdlib -static --no-warn-rwx-segments -z noexecstack \
		-T tests/guests/lib/guest.lds -o $@ $(filter %.o,$^)

-include $(BENCH_MMU_OBJ:.o=.d)

.PHONY: bench-mmu
bench-mmu: $(BENCH_MMU)
	$(Q)dom0-tools/image/fetch.sh xen build/cache
	@+$(MAKE) --no-print-directory DEBUG=0 B=$(B)/release paravane
	@tests/bench/mmu.py --image $(BENCH_MMU) \
		--paravane $(B)/release/paravane --out $(B)/bench/mmu.md
