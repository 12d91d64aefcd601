# dom0-tools/store: the store daemon. core has no input or output, so tests and
# fuzzers link it alone.
store-core-srcs := $(addprefix dom0-tools/store/,\
	conn.c node.c path.c perms.c req_control.c req_domain.c req_node.c \
	req_watch.c request.c ringlink.c state.c state_buf.c state_conn.c \
	state_node.c store.c tx.c \
	view.c view_tree.c watch.c)
vane-stored-srcs := $(store-core-srcs) $(addprefix dom0-tools/store/,\
	dom0.c hyp.c main.c options.c sock.c state_file.c)

# Unit tests; --wrap lets them make any allocation of ours fail.
store-wraps := malloc calloc realloc strdup strndup
TOOLS_TESTS     += store_test
store_test-srcs := $(store-core-srcs) \
	dom0-tools/store/test_client.c dom0-tools/store/store_test.c
store_test-libs := $(store-wraps:%=-Wl,--wrap=%)

# The daemons on tests/host/store/fake_xen.c instead of a hypervisor, with the
# sanitizers, driven by the scripts beside it.
STORE_T     := tests/host/store
STORE_B     := $(B)/tests/store
STORE_FAKES := $(STORE_B)/fake_xen.o $(STORE_B)/fake_lib.o

$(STORE_B)/%.o: $(STORE_T)/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(TOOLS_CPPFLAGS) $(TOOLS_CFLAGS) $(TOOLS_SAN) -MMD -MP \
		-c -o $@ $<

# What fake_lib.c replaces comes out of the archive only if something else
# asks for it, so the fakes go in front.
define fake-prog
$(STORE_B)/fake-$(1): $$(patsubst dom0-tools/%.c,$$(B)/tools/san/%.o,\
		$$(filter-out %/dom0.c,$$($(1)-srcs))) $$(STORE_FAKES) \
		$$(B)/tools/san/lib.a
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(TOOLS_CFLAGS) $$(TOOLS_SAN) -o $$@ $$^
endef
$(eval $(call fake-prog,vane-stored))

$(STORE_B)/xs_client_test: $(B)/tools/san/lib/xs_client_test.o \
		$(B)/tools/san/lib.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(TOOLS_CFLAGS) $(TOOLS_SAN) -o $@ $^ \
		$$(pkg-config --libs check)

-include $(wildcard $(STORE_B)/*.d)

## check-store: the store daemon: cases recorded from Xen, random operations,
## check-store: Debian's xenstore-utils
.PHONY: check-store compare-store
CHECK_TARGETS += check-store
check-store: $(STORE_B)/fake-vane-stored $(B)/tests/store_test \
		$(STORE_B)/xs_client_test
	$(Q)$(B)/tests/store_test
	$(Q)STORE_DAEMON=$< $(STORE_B)/xs_client_test
	$(Q)$(STORE_T)/cases.py check $< $(STORE_T)/cases.expected
	$(Q)$(STORE_T)/random_ops.py $< || [ $$? -eq 77 ]
	$(Q)$(STORE_T)/crash.py $<
	$(Q)$(STORE_T)/utils.sh $< || [ $$? -eq 77 ]

## compare-store: record the store cases from Debian's xenstored again
XENSTORED ?= /usr/lib/xen-4.17/bin/xenstored
$(STORE_B)/fake_libxen.so: $(STORE_T)/fake_libxen.c $(STORE_T)/fake_xen.c
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) -std=gnu11 $(WARN) -O2 -shared -fPIC -o $@ $^
compare-store: $(STORE_B)/fake_libxen.so
	$(Q)[ -x $(XENSTORED) ] || { echo "compare-store: no $(XENSTORED);" \
		"give XENSTORED=FILE, from Debian's xen-utils-4.17"; exit 1; }
	$(Q)$(STORE_T)/cases.py reference $< $(XENSTORED) \
		>$(STORE_B)/cases.reference
	$(Q)diff $(STORE_T)/cases.expected $(STORE_B)/cases.reference

# A stream of requests; tests/fuzz/build.mk.
FUZZ_TARGETS += fuzz_store
fuzz_store-srcs := $(store-core-srcs) dom0-tools/store/test_client.c \
	dom0-tools/lib/ring.c dom0-tools/lib/xs_error.c
fuzz_store-cflags := $(TOOLS_CPPFLAGS)
fuzz_store-args := -max_len=2048
