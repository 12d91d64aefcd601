HV_TESTS += hypervisor/sched/sched_test.c hypervisor/sched/sets_test.c \
	hypervisor/sched/wait_test.c hypervisor/sched/smp_test.c
sets_test_SRC := hypervisor/sched/sets.c hypervisor/sched/place.c \
	hypervisor/sched/runq.c hypervisor/lib/lock.c tests/host/fake_base.c \
	tests/host/fake_domain.c
# Three tests, one machine
sched_rig := hypervisor/sched/runq.c hypervisor/sched/sched.c \
	hypervisor/sched/sets.c \
	hypervisor/sched/wake.c hypervisor/sched/place.c hypervisor/sched/life.c \
	hypervisor/sched/runstate.c hypervisor/sched/poll.c \
	hypervisor/sched/domain.c hypervisor/sched/params.c \
	hypervisor/sched/affinity.c hypervisor/sched/cap.c hypervisor/time/timer.c \
	hypervisor/time/heap.c hypervisor/time/scale.c \
	hypervisor/event/port.c hypervisor/event/bind.c \
	hypervisor/event/deliver.c hypervisor/event/domain.c \
	hypervisor/event/twolevel.c hypervisor/event/fifo.c \
	hypervisor/lib/lock.c hypervisor/lib/parse.c \
	tests/host/fake_frames.c \
	tests/host/fake_base.c tests/host/fake_domain.c tests/host/fake_sched.c
sched_test_SRC := $(sched_rig)
wait_test_SRC := $(sched_rig)
smp_test_SRC := $(sched_rig)
