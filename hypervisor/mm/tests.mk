# The real allocator and page code on frames in host memory.
MM_CORE_SRC := hypervisor/mm/heap.c hypervisor/mm/slab.c hypervisor/mm/page.c \
	hypervisor/mm/tlb.c hypervisor/mm/memory_op.c \
	hypervisor/mm/reservation.c hypervisor/mm/exchange.c \
	hypervisor/mm/memmap_op.c \
	hypervisor/pt/type.c hypervisor/pt/entry.c hypervisor/pt/table.c \
	hypervisor/pt/update.c hypervisor/pt/walk.c hypervisor/pt/flush.c \
	hypervisor/pt/foreign.c hypervisor/pt/mmu_update.c \
	hypervisor/pt/mmuext.c hypervisor/pt/root.c hypervisor/pt/desc.c \
	hypervisor/pt/grantmap.c hypervisor/pt/check.c \
	hypervisor/pt/relinquish.c hypervisor/pt/range.c \
	hypervisor/lib/lock.c \
	hypervisor/lib/rangeset.c hypervisor/lib/bitmap.c \
	tests/host/fake_domain.c tests/host/fake_machine.c
MM_HOST_SRC := $(MM_CORE_SRC) tests/host/fake_no_grant.c

HV_TESTS += hypervisor/mm/mm_test.c
mm_test_SRC := $(MM_HOST_SRC)
