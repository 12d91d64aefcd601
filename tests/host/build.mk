# Host tests with several pcpus, one thread each, under ThreadSanitizer.
#   TSAN_TESTS += hypervisor/x/y_test.c, with y_test_SRC as for HV_TESTS

TSAN_TESTS := $(addprefix hypervisor/,pt/pt_race_test.c \
	event/event_race_test.c grant/grant_race_test.c \
	irq/pirq_test.c lib/lock_test.c)
pt_race_test_SRC = $(MM_HOST_SRC) tests/host/two_pcpus.c
event_race_test_SRC = $(fifo_test_SRC) tests/host/two_pcpus.c
grant_race_test_SRC = $(MM_CORE_SRC) tests/host/two_pcpus.c \
	$(filter-out %_test.c,$(wildcard hypervisor/grant/*.c))

TSAN_BIN := $(TSAN_TESTS:%.c=%)
TSAN_BIN := $(addprefix $(B)/tests/tsan/,$(notdir $(TSAN_BIN)))
TSAN_CFLAGS := -std=gnu11 -g -O1 -fsanitize=thread \
	$(filter-out -Wmissing-prototypes,$(WARN)) \
	-DHOST_TEST -DHOST_TLS=__thread -DCONFIG_DEBUG=1 \
	-include hypervisor/include/hv/config.h -Ihypervisor/include -Ipvabi

define tsan_rule
$(B)/tests/tsan/$(basename $(notdir $(1))): $(1) \
		$$($(basename $(notdir $(1)))_SRC)
	$$(call say,TSANCC,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(HOSTCC) $$(TSAN_CFLAGS) -MMD -MP -MF $$@.d \
		$$(filter %.c,$$^) -o $$@ -lcheck -lsubunit -lm -lrt -lpthread
endef
$(foreach t,$(TSAN_TESTS),$(eval $(call tsan_rule,$(t))))
-include $(TSAN_BIN:=.d)

## check-tsan: two pcpus on the same frames, ports and grants, under ThreadSanitizer
.PHONY: check-tsan
check-tsan: $(TSAN_BIN)
	$(Q)for t in $^; do CK_VERBOSITY=normal timeout 300 $$t || exit 1; done
CHECK_TARGETS += check-tsan
