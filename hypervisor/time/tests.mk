HV_TESTS += hypervisor/time/time_test.c
time_test_SRC := hypervisor/time/scale.c hypervisor/time/heap.c
