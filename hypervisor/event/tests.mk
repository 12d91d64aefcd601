HV_TESTS += hypervisor/event/event_test.c
event_test_SRC := hypervisor/event/port.c hypervisor/event/bind.c \
	hypervisor/event/deliver.c hypervisor/event/domain.c \
	hypervisor/event/twolevel.c hypervisor/event/fifo.c \
	hypervisor/lib/lock.c tests/host/fake_frames.c \
	tests/host/fake_base.c tests/host/fake_domain.c

HV_TESTS += hypervisor/event/fifo_test.c
fifo_test_SRC := hypervisor/event/port.c hypervisor/event/bind.c \
	hypervisor/event/deliver.c hypervisor/event/domain.c \
	hypervisor/event/twolevel.c hypervisor/event/fifo.c \
	hypervisor/lib/lock.c tests/host/fake_base.c \
	tests/host/fake_domain.c tests/host/fake_frames.c
