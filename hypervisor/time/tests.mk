HV_TESTS += hypervisor/time/time_test.c
time_test_SRC := hypervisor/time/scale.c hypervisor/time/heap.c
HV_TESTS += hypervisor/time/timer_test.c
timer_test_LIB := -DHOST_TLS=__thread # pcpus are threads
timer_test_SRC := hypervisor/time/timer.c hypervisor/time/heap.c \
	hypervisor/time/scale.c hypervisor/lib/lock.c tests/host/fake_base.c
