# dom0-tools/store: the store daemon. core has no input or output, so tests and
# fuzzers link it alone.
store-core-srcs := $(addprefix dom0-tools/store/,\
	conn.c node.c path.c perms.c req_control.c req_domain.c req_node.c \
	req_watch.c request.c ringlink.c state.c state_buf.c store.c tx.c \
	view.c view_tree.c watch.c)
vane-stored-srcs := $(store-core-srcs) $(addprefix dom0-tools/store/,\
	dom0.c hyp.c main.c options.c sock.c state_file.c)

# Tests. The daemons run on tests/host/store/fake_xen.c instead of a hypervisor,
# with the sanitizers, driven by the scripts beside it.
STORE_T := tests/host/store
STORE_FAKES := $(B)/tests/store/fake_xen.o $(B)/tests/store/fake_lib.o

$(B)/tests/store/%.o: $(STORE_T)/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(TOOLS_CPPFLAGS) $(TOOLS_CFLAGS) $(TOOLS_SAN) -MMD -MP \
		-c -o $@ $<

define fake-prog
$(B)/tests/store/fake-$(1): \
		$$(patsubst dom0-tools/%.c,$$(B)/tools/san/%.o,\
		$$(filter-out %/dom0.c,$$($(1)-srcs))) $$(STORE_FAKES) \
		$$(B)/tools/san/lib.a
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(TOOLS_CFLAGS) $$(TOOLS_SAN) -o $$@ $$^
endef
$(eval $(call fake-prog,vane-stored))
