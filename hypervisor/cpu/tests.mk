HV_TESTS += hypervisor/cpu/remote_test.c
remote_test_LIB := -DHOST_TLS=__thread # pcpus are threads
remote_test_SRC := hypervisor/cpu/remote.c tests/host/fake_base.c
HV_TESTS += hypervisor/cpu/warp_test.c
warp_test_SRC := hypervisor/cpu/warp.c tests/host/fake_base.c
HV_TESTS += hypervisor/cpu/watchdog_test.c
watchdog_test_SRC := hypervisor/cpu/watchdog.c tests/host/fake_base.c
