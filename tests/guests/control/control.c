/*
 * guests/control: making, running and ending a second domain
 *
 * ABI: domctl and sysctl, foreign mappings, events and grants between domains.
 */
#include "servant.h"
#include <xen/grant_table.h>
#include <xen/sched.h>

/* Counts in its data page, giving way after each step. */
KERNEL(counter, "1: incq (%rsi); pushq %rsi; movl $29, %eax; xorl %edi, %edi;"
		" xorl %esi, %esi; syscall; popq %rsi; jmp 1b");

/* Sends the port in rdi once, then sleeps for good. */
KERNEL(sender, "movl %edi, (%rsi); movl $32, %eax; movl $4, %edi; syscall;"
	       " movq %rax, 8(%rsi);"
	       "1: movl $29, %eax; movl $1, %edi; xorl %esi, %esi; syscall;"
	       " jmp 1b");

/* Ends itself with the reason in rdi. */
KERNEL(ender, "movl %edi, (%rsi); movl $29, %eax; movl $2, %edi; syscall; ud2");

/* Faults with no handler. */
KERNEL(faulter, "movq 0, %rax; ud2");

static struct neighbour n;
static bool alive;

static bool make(const u8 *from, const u8 *to, u64 argument)
{
	if (alive)
		guest_broken("a neighbour is still there");
	alive = neighbour_make(&n, from, to, argument);
	return alive;
}

static void unmake(void)
{
	alive = false;
	expect_eq(neighbour_destroy(&n), 0);
}

PROMISE(create_gives_a_paused_domain,
	"createdomain: a new domid, paused, handle kept")
{
	struct xen_domctl_getdomaininfo i;

	DOM0_ONLY();
	expect_eq(neighbour_create(&n, 1024), 0);
	expect(n.id > 0 && n.id < DOMID_FIRST_RESERVED);
	i = neighbour_info(&n);
	expect(i.flags & XEN_DOMINF_paused);
	expect_eq(i.flags & (XEN_DOMINF_dying | XEN_DOMINF_shutdown), 0);
	expect_eq(i.handle[0], 0x5e);
	expect_eq(i.handle[15], 0x5e);
	expect_eq(i.tot_pages, 0);
	expect_eq(i.max_pages, 256);
	expect_eq(i.max_vcpu_id, 0);
	expect_eq(neighbour_destroy(&n), 0);
}

PROMISE(destroyed_domain_is_gone, "after destroydomain the domid is -ESRCH")
{
	struct xen_domctl op = {0};
	unsigned int i;
	long rc = 0;

	DOM0_ONLY();
	expect_eq(neighbour_create(&n, 1024), 0);
	expect_eq(neighbour_destroy(&n), 0);
	for (i = 0; i < 1000; i++) {
		rc = control(&op, XEN_DOMCTL_pausedomain, n.id);
		if (rc == -XEN_ESRCH)
			break;
		sleep_ns(5 * MS);
	}
	expect_eq(rc, -XEN_ESRCH);
}

PROMISE(create_refusals, "createdomain refuses unknown flags and no vcpus")
{
	struct xen_domctl op = {0};

	DOM0_ONLY();
	op.u.createdomain.flags = 0x80000000;
	op.u.createdomain.max_vcpus = 1;
	op.u.createdomain.grant_opts = 1;
	expect_eq(control(&op, XEN_DOMCTL_createdomain, 0), -XEN_EINVAL);
	memset(&op, 0, sizeof(op));
	op.u.createdomain.max_vcpus = 1000000;
	op.u.createdomain.grant_opts = 1;
	expect_refused(control(&op, XEN_DOMCTL_createdomain, 0));
}

PROMISE(max_mem_limits, "populate stops at max_mem")
{
	static u64 list[32];
	struct xen_memory_reservation op = {.nr_extents = 32};
	unsigned int i;

	DOM0_ONLY();
	require(!neighbour_create(&n, 64));
	for (i = 0; i < 32; i++)
		list[i] = i;
	op.extent_start.p = list;
	op.domid = n.id;
	expect_eq(hypercall(memory_op, XENMEM_populate_physmap, &op), 16);
	expect_eq(neighbour_info(&n).tot_pages, 16);
	expect_eq(neighbour_destroy(&n), 0);
}

PROMISE(foreign_frames_can_be_mapped, "mmu_update with its domid maps a frame")
{
	u64 *page;

	DOM0_ONLY();
	require(!neighbour_create(&n, 1024) && !neighbour_populate(&n));
	page = neighbour_map(&n, n.mfn[DATA], 0);
	expect(page != NULL);
	if (page) {
		expect(probe_write(page, 5));
		expect_eq(page[1], 0);
	}
	neighbour_unmap(0);
	expect_eq(neighbour_destroy(&n), 0);
}

PROMISE(new_frames_are_zero, "frames given to a new domain hold nobody's data")
{
	unsigned int i, j;

	DOM0_ONLY();
	require(!neighbour_create(&n, 1024) && !neighbour_populate(&n));
	for (i = 0; i < NR_PAGES; i++) {
		u64 *page = neighbour_map(&n, n.mfn[i], 0);

		require(page != NULL);
		for (j = 1; j < 512; j++)
			if (page[j] != page[0])
				break;
		expect_eq(j, 512);
	}
	neighbour_unmap(0);
	expect_eq(neighbour_destroy(&n), 0);
}

PROMISE(own_name_for_foreign_frames,
	"a foreign frame under DOMID_SELF is refused")
{
	u8 *page = page_alloc();

	DOM0_ONLY();
	require(!neighbour_create(&n, 1024) && !neighbour_populate(&n));
	/* dom0 is privileged, so 4.17 accepts what it would refuse a domU. */
	expect_refused(mmuext(MMUEXT_PIN_L1_TABLE, n.mfn[SPARE], 0));
	expect_refused(mmuext(MMUEXT_NEW_BASEPTR, n.mfn[SPARE], 0));
	expect_eq(neighbour_destroy(&n), 0);
	page_free(page);
}

PROMISE(frame_types_are_told, "getpageframeinfo3: tables, pin, plain frames")
{
	struct xen_domctl op = {0};
	u64 list[4];

	DOM0_ONLY();
	require(make(counter_from, counter_to, 0));
	list[0] = n.mfn[L4];
	list[1] = n.mfn[L1];
	list[2] = n.mfn[DATA];
	list[3] = ~0UL >> 16;
	op.u.getpageframeinfo3.num = 4;
	op.u.getpageframeinfo3.array.p = list;
	expect_eq(control(&op, XEN_DOMCTL_getpageframeinfo3, n.id), 0);
	expect_eq((u32)list[0],
		  XEN_DOMCTL_PFINFO_L4TAB | XEN_DOMCTL_PFINFO_LPINTAB);
	expect_eq((u32)list[1], XEN_DOMCTL_PFINFO_L1TAB);
	expect_eq((u32)list[2], XEN_DOMCTL_PFINFO_NOTAB);
	expect_eq((u32)list[3], XEN_DOMCTL_PFINFO_XTAB);
	unmake();
}

PROMISE(hypercall_page_is_written, "hypercall_init fills a frame with stubs")
{
	struct xen_domctl op = {0};
	u8 *page;

	DOM0_ONLY();
	require(!neighbour_create(&n, 1024) && !neighbour_populate(&n));
	op.u.hypercall_init.gmfn = n.mfn[SPARE];
	expect_eq(control(&op, XEN_DOMCTL_hypercall_init, n.id), 0);
	page = neighbour_map(&n, n.mfn[SPARE], 0);
	require(page != NULL);
	expect(memcmp(page + 17 * 32, hypercall_page + 17 * 32, 32) == 0);
	neighbour_unmap(0);
	expect_eq(neighbour_destroy(&n), 0);
}

PROMISE(context_reads_back, "getvcpucontext returns what was set")
{
	static struct vcpu_guest_context c;
	struct xen_domctl op = {0};

	DOM0_ONLY();
	require(make(counter_from, counter_to, 0x4321));
	op.u.vcpucontext.ctxt.p = &c;
	expect_eq(control(&op, XEN_DOMCTL_getvcpucontext, n.id), 0);
	expect_eq(c.user_regs.rip, VIRT_BASE);
	expect_eq(c.user_regs.rdi, 0x4321);
	expect_eq(c.user_regs.rsi, DATA_VA);
	expect_eq(c.ctrlreg[3], xen_pfn_to_cr3(n.mfn[L4]));
	expect_eq(c.kernel_sp, VIRT_BASE + (STACK + 1) * PAGE_SIZE);
	expect(c.flags & VGCF_in_kernel);
	unmake();
}

PROMISE(it_runs_and_pauses, "unpause lets it run, pause stops it")
{
	struct xen_domctl op = {0};
	volatile u64 *count;
	u64 seen, i;

	DOM0_ONLY();
	require(make(counter_from, counter_to, 0));
	count = neighbour_map(&n, n.mfn[DATA], 0);
	require(count != NULL);
	expect_eq(*count, 0);
	expect_eq(control(&op, XEN_DOMCTL_unpausedomain, n.id), 0);
	for (i = 0; i < 100000 && *count < 10; i++)
		give_time(1);
	expect(*count >= 10);
	expect(neighbour_info(&n).cpu_time > 0);
	expect_eq(control(&op, XEN_DOMCTL_pausedomain, n.id), 0);
	seen = *count;
	give_time(2000);
	expect_eq(*count, seen);
	expect(neighbour_info(&n).flags & XEN_DOMINF_paused);
	expect_eq(control(&op, XEN_DOMCTL_unpausedomain, n.id), 0);
	for (i = 0; i < 100000 && *count == seen; i++)
		give_time(1);
	expect(*count > seen);
	neighbour_unmap(0);
	unmake();
}

PROMISE(pauses_nest,
	"two pauses by tools need two unpauses, one too many fails")
{
	struct xen_domctl op = {0};

	DOM0_ONLY();
	require(make(counter_from, counter_to, 0));
	expect_eq(control(&op, XEN_DOMCTL_unpausedomain, n.id), 0);
	expect_eq(control(&op, XEN_DOMCTL_unpausedomain, n.id), -XEN_EINVAL);
	expect_eq(control(&op, XEN_DOMCTL_pausedomain, n.id), 0);
	expect_eq(control(&op, XEN_DOMCTL_pausedomain, n.id), 0);
	expect_eq(control(&op, XEN_DOMCTL_unpausedomain, n.id), 0);
	expect(neighbour_info(&n).flags & XEN_DOMINF_paused);
	expect_eq(control(&op, XEN_DOMCTL_unpausedomain, n.id), 0);
	unmake();
}

PROMISE(events_cross_domains, "its event arrives at the port we bound")
{
	struct evtchn_alloc_unbound there = {.remote_dom = 0};
	struct xen_domctl op = {0};
	volatile u64 *data;
	long here;
	u64 i;

	DOM0_ONLY();
	require(make(sender_from, sender_to, 0));
	there.dom = n.id;
	expect_eq(hypercall(event_channel_op, EVTCHNOP_alloc_unbound, &there),
		  0);
	here = event_connect(n.id, there.port);
	require(here > 0);
	event_mask_port((u32)here, true);
	event_clear((u32)here);
	expect_eq(neighbour_context(&n, there.port), 0);
	expect_eq(control(&op, XEN_DOMCTL_unpausedomain, n.id), 0);
	for (i = 0; i < 100000 && !event_pending((u32)here); i++)
		give_time(1);
	expect(event_pending((u32)here));
	event_clear((u32)here);
	give_time(100);
	data = neighbour_map(&n, n.mfn[DATA], 0);
	require(data != NULL);
	expect_eq(data[1], 0);
	expect(neighbour_info(&n).flags & XEN_DOMINF_blocked);
	neighbour_unmap(0);
	unmake();
	event_close((u32)here);
}

static u32 exc_port;
static u32 exc_seen;

static void on_exc(u32 port)
{
	if (port == exc_port)
		exc_seen++;
}

PROMISE(shutdown_is_reported,
	"a shutdown shows in getdomaininfo, raises DOM_EXC")
{
	struct xen_domctl op = {0};
	long port = event_bind_virq(VIRQ_DOM_EXC, 0);
	u32 flags = 0;
	u64 i;

	DOM0_ONLY();
	require(port > 0);
	exc_port = (u32)port;
	exc_seen = 0;
	event_handler = on_exc;
	event_mask_port(exc_port, false);
	require(make(ender_from, ender_to, SHUTDOWN_reboot));
	events_on();
	expect_eq(control(&op, XEN_DOMCTL_unpausedomain, n.id), 0);
	for (i = 0; i < 100000 && !(flags & XEN_DOMINF_shutdown); i++) {
		give_time(1);
		flags = neighbour_info(&n).flags;
	}
	give_time(100);
	events_off();
	expect(flags & XEN_DOMINF_shutdown);
	expect_eq(flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask,
		  SHUTDOWN_reboot);
	expect(exc_seen > 0);
	unmake();
	event_close(exc_port);
}

PROMISE(fault_without_handler_crashes,
	"an exception without handler: crash, ours lives")
{
	struct xen_domctl op = {0};
	u32 flags = 0;
	u64 i;

	DOM0_ONLY();
	require(make(faulter_from, faulter_to, 0));
	expect_eq(control(&op, XEN_DOMCTL_unpausedomain, n.id), 0);
	for (i = 0; i < 100000 && !(flags & XEN_DOMINF_shutdown); i++) {
		give_time(1);
		flags = neighbour_info(&n).flags;
	}
	expect_eq(flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask,
		  SHUTDOWN_crash);
	unmake();
}

/*
 * Spins for rdi ticks, so that others get interrupted, then enters by SYSENTER
 * with NT set and no stack: a crash.
 */
KERNEL(nester, "rdtsc; shlq $32, %rdx; orq %rax, %rdx; addq %rdx, %rdi;"
	       "1: rdtsc; shlq $32, %rdx; orq %rdx, %rax; cmpq %rdi, %rax;"
	       " jb 1b; pushfq; orq $0x4000, (%rsp); popfq; sysenter; ud2");

static unsigned int faults;

static bool count_gp(struct frame *f)
{
	faults += f->vector == VEC_GP;
	return f->vector == VEC_GP;
}

static long stay_on_pcpu0(domid_t d)
{
	struct xen_domctl op = {0};
	u8 bits[16] = {1};

	op.u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD;
	op.u.vcpuaffinity.cpumap_hard.bitmap.p = bits;
	op.u.vcpuaffinity.cpumap_hard.nr_bits = 128;
	return control(&op, XEN_DOMCTL_setvcpuaffinity, d);
}

PROMISE(flags_do_not_leak, "NT left by a neighbour's SYSENTER is not ours")
{
	struct xen_domctl op = {0};
	u64 start, spin = 200000000;

	DOM0_ONLY();
	require(make(nester_from, nester_to, spin));
	require(!stay_on_pcpu0(n.id) && !stay_on_pcpu0(0));
	faults = 0;
	hook = count_gp;
	expect_eq(control(&op, XEN_DOMCTL_unpausedomain, n.id), 0);
	/* No hypercall: each switch back to us interrupted this loop. */
	for (start = rdtsc(); rdtsc() - start < 20 * spin;)
		barrier();
	expect(neighbour_info(&n).flags & XEN_DOMINF_shutdown);
	expect_eq(faults, 0);
	unmake();
}

PROMISE(grants_cross_domains, "its grant can be mapped, and outlives a destroy")
{
	struct gnttab_setup_table setup = {.nr_frames = 1};
	struct gnttab_map_grant_ref map = {.flags = GNTMAP_host_map, .ref = 9};
	struct gnttab_unmap_grant_ref unmap = {0};
	struct grant_entry_v1 *entry;
	u8 *window = page_alloc();
	u64 frame = 0, *data;

	DOM0_ONLY();
	require(make(counter_from, counter_to, 0));
	setup.dom = n.id;
	setup.frame_list.p = &frame;
	expect_eq(hypercall(grant_table_op, GNTTABOP_setup_table, &setup, 1),
		  0);
	require(setup.status == GNTST_okay);
	entry = neighbour_map(&n, frame, 1);
	require(entry != NULL);
	entry[9].domid = 0;
	entry[9].frame = (u32)n.mfn[DATA];
	barrier();
	entry[9].flags = GTF_permit_access;
	data = neighbour_map(&n, n.mfn[DATA], 0);
	require(data != NULL);
	data[3] = 0x33;
	neighbour_unmap(0);
	require(!va_map(window, 0));
	map.dom = n.id;
	map.host_addr = (u64)window;
	expect_eq(hypercall(grant_table_op, GNTTABOP_map_grant_ref, &map, 1),
		  0);
	expect_eq(map.status, GNTST_okay);
	expect_eq(((u64 *)window)[3], 0x33);
	neighbour_unmap(1);
	unmake();
	/* The frame stays ours to read until the handle goes. */
	expect_eq(((u64 *)window)[3], 0x33);
	unmap.host_addr = (u64)window;
	unmap.handle = map.handle;
	expect_eq(
		hypercall(grant_table_op, GNTTABOP_unmap_grant_ref, &unmap, 1),
		0);
	expect_eq(unmap.status, GNTST_okay);
	require(!page_make_rw(window));
	page_free(window);
}

PROMISE(everything_comes_back,
	"20 domains made and ended leave no frame behind")
{
	struct xen_domctl op = {0};
	u64 before;
	unsigned int i;

	DOM0_ONLY();
	/* One round first, for what is allocated once. */
	require(make(counter_from, counter_to, 0));
	unmake();
	before = settled_free_pages();
	for (i = 0; i < 20; i++) {
		require(make(counter_from, counter_to, 0));
		expect_eq(control(&op, XEN_DOMCTL_unpausedomain, n.id), 0);
		give_time(20);
		unmake();
	}
	expect(settled_free_pages() >= before);
}

PROMISE(mapped_frame_outlives_its_domain, "a frame we map stays until we unmap")
{
	volatile u64 *count;
	u64 before;

	DOM0_ONLY();
	before = settled_free_pages();
	require(make(counter_from, counter_to, 0));
	count = neighbour_map(&n, n.mfn[DATA], 0);
	require(count != NULL);
	*count = 0x77;
	unmake();
	give_time(500);
	expect_eq(*count, 0x77);
	neighbour_unmap(0);
	expect(settled_free_pages() >= before);
}
