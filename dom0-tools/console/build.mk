# dom0-tools/console: the console daemon. Its tests use the fake hypervisor
# that dom0-tools/store/build.mk builds; make reads that file first.
vane-consoled-srcs := $(filter-out %_test.c,\
	$(wildcard dom0-tools/console/*.c))

TOOLS_TESTS          += console_test
console_test-srcs    := $(addprefix dom0-tools/console/,\
	console_test.c conlog.c outbuf.c)

$(eval $(call fake-prog,vane-consoled))

## check-console: the console daemon on a fake hypervisor
.PHONY: check-console
CHECK_TARGETS += check-console
check-console: $(STORE_B)/fake-vane-stored $(STORE_B)/fake-vane-consoled \
		$(B)/tests/console_test
	$(Q)$(B)/tests/console_test
	$(Q)tests/host/console/cases.py $(STORE_B)/fake-vane-stored \
		$(STORE_B)/fake-vane-consoled
