# dom0-tools/store: the store daemon. core has no input or output, so tests and
# fuzzers link it alone.
store-core-srcs := $(addprefix dom0-tools/store/,\
	conn.c node.c path.c perms.c req_control.c req_domain.c req_node.c \
	req_watch.c request.c ringlink.c state.c state_buf.c store.c tx.c \
	view.c view_tree.c watch.c)
vane-stored-srcs := $(store-core-srcs) $(addprefix dom0-tools/store/,\
	dom0.c hyp.c main.c options.c sock.c state_file.c)
