HV_TESTS += hypervisor/pt/pt_test.c hypervisor/pt/pt_random_test.c
pt_test_SRC = $(MM_HOST_SRC)
pt_random_test_SRC = $(MM_HOST_SRC) tests/host/fake_tlb.c
HV_TESTS += hypervisor/pt/check_test.c hypervisor/pt/preempt_test.c
preempt_test_SRC = $(MM_HOST_SRC)
check_test_SRC = $(MM_HOST_SRC)
