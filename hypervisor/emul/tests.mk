HV_TESTS += hypervisor/emul/store_test.c
store_test_SRC := hypervisor/emul/store.c
