/*
 * guests/control: state that tools save, restore and tune
 *
 * ABI: further domctl sub-operations on a stopped neighbour.
 */
#include "neighbour.h"

KERNEL(idler, "1: movl $29, %eax; movl $1, %edi; xorl %esi, %esi; syscall;"
	      " jmp 1b");

static struct neighbour n;

#define WITH_NEIGHBOUR()                                              \
	do {                                                          \
		if (!is_dom0())                                       \
			skip("needs the rights of dom0");             \
		require(neighbour_make(&n, idler_from, idler_to, 0)); \
	} while (0)

PROMISE(extended_context_round_trip, "get and set_ext_vcpucontext agree")
{
	struct xen_domctl op = {0};
	struct xen_domctl_ext_vcpucontext *e = &op.u.ext_vcpucontext;

	WITH_NEIGHBOUR();
	e->size = sizeof(*e);
	expect_eq(control(&op, XEN_DOMCTL_get_ext_vcpucontext, n.id), 0);
	expect(e->size >= 32);
	e->syscall32_callback_eip = VIRT_BASE + 0x10;
	e->syscall32_disables_events = 1;
	expect_eq(control(&op, XEN_DOMCTL_set_ext_vcpucontext, n.id), 0);
	e->syscall32_callback_eip = 0;
	expect_eq(control(&op, XEN_DOMCTL_get_ext_vcpucontext, n.id), 0);
	expect_eq(e->syscall32_callback_eip, VIRT_BASE + 0x10);
	expect_eq(neighbour_destroy(&n), 0);
}

PROMISE(extended_context_checks, "a non-canonical syscall32 entry is -EINVAL")
{
	struct xen_domctl op = {0};
	struct xen_domctl_ext_vcpucontext *e = &op.u.ext_vcpucontext;

	WITH_NEIGHBOUR();
	e->size = sizeof(*e);
	expect_eq(control(&op, XEN_DOMCTL_get_ext_vcpucontext, n.id), 0);
	e->syscall32_callback_eip = (u64)BAD_NONCANONICAL;
	expect_eq(control(&op, XEN_DOMCTL_set_ext_vcpucontext, n.id),
		  -XEN_EINVAL);
	expect_eq(neighbour_destroy(&n), 0);
}

PROMISE(xstate_can_be_queried, "getvcpuextstate: mask and size without buffer")
{
	struct xen_domctl op = {0};

	WITH_NEIGHBOUR();
	expect_eq(control(&op, XEN_DOMCTL_getvcpuextstate, n.id), 0);
	expect(op.u.vcpuextstate.xfeature_mask == 0 ||
	       op.u.vcpuextstate.size >= 576);
	expect_eq(neighbour_destroy(&n), 0);
}

PROMISE(xstate_needs_a_possible_xcr0, "AVX without SSE in XCR0 is refused")
{
	static u64 area[1024];
	struct xen_domctl op = {0};
	u64 size;

	WITH_NEIGHBOUR();
	expect_eq(control(&op, XEN_DOMCTL_getvcpuextstate, n.id), 0);
	size = op.u.vcpuextstate.size;
	if (!(op.u.vcpuextstate.xfeature_mask & 4) || size > sizeof(area)) {
		expect_eq(neighbour_destroy(&n), 0);
		skip("no AVX");
	}
	op.u.vcpuextstate.buffer.p = (void *)area;
	op.u.vcpuextstate.size = size;
	expect_eq(control(&op, XEN_DOMCTL_getvcpuextstate, n.id), 0);
	area[0] = 5;
	area[1] = 7;
	expect_eq(control(&op, XEN_DOMCTL_setvcpuextstate, n.id), -XEN_EINVAL);
	op.u.vcpuextstate.size = 0;
	/* A state that was taken would be loaded now. */
	expect_eq(control(&op, XEN_DOMCTL_unpausedomain, n.id), 0);
	sleep_ns(20 * MS);
	expect_eq(neighbour_destroy(&n), 0);
}

PROMISE(msrs_can_be_queried, "get_vcpu_msrs: count first, then the values")
{
	static struct xen_domctl_vcpu_msr msr[16];
	struct xen_domctl op = {0};

	WITH_NEIGHBOUR();
	expect_eq(control(&op, XEN_DOMCTL_get_vcpu_msrs, n.id), 0);
	expect(op.u.vcpu_msrs.msr_count <= 16);
	op.u.vcpu_msrs.msrs.p = msr;
	expect_eq(control(&op, XEN_DOMCTL_get_vcpu_msrs, n.id), 0);
	expect_eq(control(&op, XEN_DOMCTL_set_vcpu_msrs, n.id), 0);
	expect_eq(neighbour_destroy(&n), 0);
}

PROMISE(cpu_policy_round_trip,
	"get_cpu_policy, then set_cpu_policy of the same")
{
	static struct xen_cpuid_leaf leaves[256];
	static struct xen_msr_entry msrs[32];
	struct xen_domctl op = {0};

	WITH_NEIGHBOUR();
	op.u.cpu_policy.nr_leaves = 256;
	op.u.cpu_policy.nr_msrs = 32;
	op.u.cpu_policy.leaves.p = leaves;
	op.u.cpu_policy.msrs.p = msrs;
	expect_eq(control(&op, XEN_DOMCTL_get_cpu_policy, n.id), 0);
	expect(op.u.cpu_policy.nr_leaves > 4);
	expect_eq(leaves[0].leaf, 0);
	expect_eq(control(&op, XEN_DOMCTL_set_cpu_policy, n.id), 0);
	op.u.cpu_policy.nr_leaves = 1;
	expect_eq(control(&op, XEN_DOMCTL_get_cpu_policy, n.id), -XEN_ENOBUFS);
	expect_eq(neighbour_destroy(&n), 0);
}

PROMISE(time_offset_moves_its_wall_clock, "settimeoffset returns 0")
{
	struct xen_domctl op = {0};

	WITH_NEIGHBOUR();
	op.u.settimeoffset.time_offset_seconds = 3600;
	expect_eq(control(&op, XEN_DOMCTL_settimeoffset, n.id), 0);
	expect_eq(neighbour_destroy(&n), 0);
}

/* Builders clear the whole page before they set the first context. */
PROMISE(context_brings_the_wall_clock,
	"the first context of vcpu 0 fills wc_* again")
{
	struct shared_info *s;

	if (!is_dom0())
		skip("needs the rights of dom0");
	require(!neighbour_create(&n, 1024) && !neighbour_populate(&n) &&
		!neighbour_build(&n, idler_from, idler_to));
	s = neighbour_map(&n, neighbour_info(&n).shared_info_frame, 0);
	require(s != NULL);
	s->wc_sec = 0;
	s->wc_version = 0;
	require(!neighbour_context(&n, 0));
	expect(s->wc_sec > 1577836800UL);
	expect_eq(s->wc_version & 1, 0);
	neighbour_unmap(0);
	expect_eq(neighbour_destroy(&n), 0);
}

PROMISE(node_affinity_reads_back, "set and getnodeaffinity: node 0")
{
	struct xen_domctl op = {0};
	u8 bits[8] = {1};

	WITH_NEIGHBOUR();
	op.u.nodeaffinity.nodemap.bitmap.p = bits;
	op.u.nodeaffinity.nodemap.nr_bits = 64;
	expect_eq(control(&op, XEN_DOMCTL_setnodeaffinity, n.id), 0);
	bits[0] = 0;
	expect_eq(control(&op, XEN_DOMCTL_getnodeaffinity, n.id), 0);
	expect_eq(bits[0], 1);
	expect_eq(neighbour_destroy(&n), 0);
}

PROMISE(nmi_can_be_sent, "sendtrigger NMI: 0 for its vcpu, -ESRCH past it")
{
	struct xen_domctl op = {0};

	WITH_NEIGHBOUR();
	op.u.sendtrigger.trigger = XEN_DOMCTL_SENDTRIGGER_NMI;
	expect_eq(control(&op, XEN_DOMCTL_sendtrigger, n.id), 0);
	op.u.sendtrigger.vcpu = 9;
	expect_eq(control(&op, XEN_DOMCTL_sendtrigger, n.id), -XEN_ESRCH);
	expect_eq(neighbour_destroy(&n), 0);
}

PROMISE(memory_map_can_be_given, "set_memory_map of another domain: 0")
{
	struct e820entry e = {.size = 1 << 20, .type = XEN_E820_RAM};
	struct xen_foreign_memory_map map = {.map = {.nr_entries = 1}};

	WITH_NEIGHBOUR();
	map.domid = n.id;
	map.map.buffer.p = &e;
	expect_eq(hypercall(memory_op, XENMEM_set_memory_map, &map), 0);
	expect_eq(neighbour_destroy(&n), 0);
}

PROMISE(grant_frame_is_a_resource, "acquire_resource names its grant frame")
{
	u64 frame = 0;
	struct xen_mem_acquire_resource op = {
		.type = XENMEM_resource_grant_table,
		.id = XENMEM_resource_grant_table_id_shared,
		.nr_frames = 1,
	};
	long rc;

	WITH_NEIGHBOUR();
	op.domid = n.id;
	op.frame_list.p = &frame;
	rc = hypercall(memory_op, XENMEM_acquire_resource, &op);
	if (rc != -XEN_EOPNOTSUPP) {
		expect_eq(rc, 0);
		expect(neighbour_map(&n, frame, 1) != NULL);
		neighbour_unmap(1);
	}
	expect_eq(neighbour_destroy(&n), 0);
}

PROMISE(claim_for_a_neighbour, "claim_pages: more than there is: -ENOMEM")
{
	struct xen_memory_reservation op = {.nr_extents = 1UL << 40};

	WITH_NEIGHBOUR();
	op.domid = n.id;
	expect_refused(hypercall(memory_op, XENMEM_claim_pages, &op));
	expect_eq(neighbour_destroy(&n), 0);
}

PROMISE(dirty_log_finds_writes,
	"log-dirty: a written frame shows in CLEAN, once")
{
	static u8 bitmap[PAGE_SIZE];
	struct xen_domctl op = {0};
	struct xen_domctl_shadow_op *s = &op.u.shadow_op;
	long rc;

	WITH_NEIGHBOUR();
	s->op = XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION;
	s->mb = 1;
	control(&op, XEN_DOMCTL_shadow_op, n.id);
	memset(&op, 0, sizeof(op));
	s->op = XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY;
	rc = control(&op, XEN_DOMCTL_shadow_op, n.id);
	if (rc) {
		expect_eq(neighbour_destroy(&n), 0);
		skip("log-dirty is not offered");
	}
	s->op = XEN_DOMCTL_SHADOW_OP_CLEAN;
	s->dirty_bitmap.p = bitmap;
	s->pages = NR_PAGES;
	expect_eq(control(&op, XEN_DOMCTL_shadow_op, n.id), 0);
	expect_eq(s->pages, NR_PAGES);
	s->op = XEN_DOMCTL_SHADOW_OP_OFF;
	expect_eq(control(&op, XEN_DOMCTL_shadow_op, n.id), 0);
	expect_eq(neighbour_destroy(&n), 0);
}

PROMISE(resume_needs_a_suspend, "resumedomain of a running domain: no harm")
{
	struct xen_domctl op = {0};
	long rc;

	WITH_NEIGHBOUR();
	rc = control(&op, XEN_DOMCTL_resumedomain, n.id);
	answer_as("the call", rc);
	expect(rc == 0 || rc == -XEN_EINVAL);
	expect_eq(neighbour_destroy(&n), 0);
}

PROMISE(virq_handler_can_be_named, "set_virq_handler: global ones only")
{
	struct xen_domctl op = {0};

	WITH_NEIGHBOUR();
	op.u.set_virq_handler.virq = VIRQ_TIMER;
	expect_eq(control(&op, XEN_DOMCTL_set_virq_handler, n.id), -XEN_EINVAL);
	op.u.set_virq_handler.virq = 99;
	expect_eq(control(&op, XEN_DOMCTL_set_virq_handler, n.id), -XEN_EINVAL);
	expect_eq(neighbour_destroy(&n), 0);
}

PROMISE(absent_features_answer, "HVM, paging and sharing calls are errors")
{
	static const u32 cmd[] = {
		XEN_DOMCTL_gethvmcontext,  XEN_DOMCTL_vm_event_op,
		XEN_DOMCTL_mem_sharing_op, XEN_DOMCTL_vuart_op,
		XEN_DOMCTL_vmtrace_op,
	};
	unsigned int i;

	WITH_NEIGHBOUR();
	for (i = 0; i < ARRAY_SIZE(cmd); i++) {
		struct xen_domctl op = {0};

		expect_refused(control(&op, cmd[i], n.id));
	}
	expect_eq(neighbour_destroy(&n), 0);
}
