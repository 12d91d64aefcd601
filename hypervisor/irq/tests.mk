HV_TESTS += hypervisor/irq/pirq_test.c
pirq_test_LIB := -DHOST_TLS=__thread # pcpus are threads
pirq_test_SRC := hypervisor/irq/pirq.c hypervisor/lib/lock.c \
	hypervisor/lib/rangeset.c tests/host/fake_base.c \
	tests/host/fake_domain.c tests/host/fake_frames.c \
	tests/host/two_pcpus.c
