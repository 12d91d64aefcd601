# dom0-tools/console: the console daemon.
vane-consoled-srcs := $(filter-out %_test.c,\
	$(wildcard dom0-tools/console/*.c))
