# Benchmarks that are tiny PV kernels, on the test guests' library.
## bench-mmu: page-table costs beside Xen 4.17 -> build/bench/mmu.md
## bench-micro: hypercalls, borders, exceptions -> build/bench/micro.md
## bench-sched: shares, caps, latencies, bad neighbours -> build/bench/sched.md

BENCH_GUESTS := mmu micro sched
BENCH_IMAGES := $(BENCH_GUESTS:%=$(B)/guests/bench/%.elf)
bench-objects = $(patsubst %.c,$(B)/%.o,$(wildcard tests/bench/$(1)/*.c)) \
	$(if $(filter micro,$(1)),$(B)/tests/guests/user/space.o \
		$(B)/tests/bench/sched/mini.o $(B)/tests/bench/sched/kernels.o) \
	$(if $(filter micro sched,$(1)),$(B)/tests/guests/control/neighbour.o)

$(B)/tests/bench/%.o: tests/bench/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(GUEST_CFLAGS) -MMD -MP -c $< -o $@

.SECONDEXPANSION:
$(BENCH_IMAGES): $(B)/guests/bench/%.elf: $$(call bench-objects,$$*) \
		$$(GUEST_LIB) tests/guests/lib/guest.lds
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(LD) -nostdlib -static --no-warn-rwx-segments -z noexecstack \
		-T tests/guests/lib/guest.lds -o $@ $(filter %.o,$^)

-include $(patsubst %.o,%.d,$(foreach g,$(BENCH_GUESTS),$(call bench-objects,$(g))))

.PHONY: bench-mmu bench-micro
bench-mmu bench-micro: bench-%: $(B)/guests/bench/%.elf
	$(Q)dom0-tools/image/fetch.sh xen build/cache
	@+$(MAKE) --no-print-directory DEBUG=0 B=$(B)/release paravane
	@tests/bench/guest.py --bench $* --image $< \
		--paravane $(B)/release/paravane --out $(B)/bench/$*.md

.PHONY: bench-sched
bench-sched: $(B)/guests/bench/sched.elf
	@+$(MAKE) --no-print-directory DEBUG=0 B=$(B)/release paravane
	@tests/bench/sched.py --image $< --paravane $(B)/release/paravane \
		--out $(B)/bench/sched.md $(BENCH_ARGS)

# The micro suite: a static Linux program, the same file in every system.
SUITE        := $(B)/bench/suite
SUITE_CFLAGS := -std=gnu11 -D_GNU_SOURCE -O2 -g $(WARN) -static -pthread
suite-objects := $(patsubst %.c,$(B)/%.o,$(wildcard tests/bench/suite/*.c))

$(suite-objects): $(B)/tests/bench/suite/%.o: tests/bench/suite/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(SUITE_CFLAGS) -MMD -MP -c $< -o $@

$(SUITE): $(suite-objects)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(SUITE_CFLAGS) -o $@ $^

-include $(suite-objects:.o=.d)

# What times the macro workloads, which are Debian's programs.
STOPWATCH := $(B)/bench/stopwatch
$(STOPWATCH): tests/bench/macro/stopwatch.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(SUITE_CFLAGS) -o $@ $<

# What commands of the tools cost dom0.
DOM0_WATCH := $(B)/bench/watch
$(DOM0_WATCH): tests/bench/domains/watch.c $(TOOLS_LIB)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(TOOLS_CPPFLAGS) $(TOOLS_CFLAGS) $(TOOLS_LDFLAGS) -o $@ $^

# The work of a domain that has a hostile neighbour.
STEADY := $(B)/bench/steady
$(STEADY): tests/bench/domains/steady.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(SUITE_CFLAGS) -o $@ $<

## bench: native, Paravane, Xen, KVM -> build/bench/report.html; QUICK=1
.PHONY: bench
bench: $(SUITE) $(STOPWATCH) $(DOM0_WATCH) $(STEADY) $(BENCH_IMAGES) all
	@+$(MAKE) --no-print-directory DEBUG=0 B=$(B)/release paravane
	@tests/bench/bench.py --paravane $(B)/release/paravane \
		$(if $(QUICK),--quick) $(BENCH_ARGS)

## bench-check: instruction counts of the micro suite against the baseline
.PHONY: bench-check
bench-check: $(SUITE) all
	@+$(MAKE) --no-print-directory DEBUG=0 B=$(B)/release paravane
	@tests/bench/check.py --paravane $(B)/release/paravane $(BENCH_ARGS)

## check-bench: the harness itself; the report of a kept run in a browser
.PHONY: check-bench
CHECK_TARGETS += check-bench
check-bench: $(SUITE) $(STOPWATCH)
	$(Q)mkdir -p $(B)/bench/kept
	$(Q)tests/bench/selftest.py
	$(Q)tests/bench/report.py docs/benchmarks/results.json $(B)/bench/kept
	$(Q)tests/bench/page.py $(B)/bench/kept/report.html
