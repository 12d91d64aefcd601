/*
 * guests/havoc: two vcpus and a million bad ideas about memory
 *
 * ABI: whatever a guest asks of the MMU and of memory_op, right, nearly right
 * or nonsense, from two vcpus on the same frames: it is done or refused, the
 * counts of all frames stay right, and nobody else's memory changes. As
 * initial domain under Paravane it has the hypervisor check its counts every
 * thousand requests. Options: seed=N count=N every=N.
 */
#include <guest.h>
#include <counts.h>
#include <victim.h>
#include <paravane/extensions.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/vcpu.h>

#define PAGES	    48
#define CHECK_EVERY 1000
#define NO_MFN	    (~0UL)

/* Frames to play with; both vcpus take and replace them at any time. */
static u64 frame[PAGES];
/* Where they are mapped, or something else is. */
static u8 *window[PAGES];
/* Ours and not to be touched, by mfn. */
#define MFNS (1UL << 20)
static u8 precious[MFNS / 8];

static u64 count, every, requests, refused, kinds;
static u64 seed[2];

static u64 roll(u64 below)
{
	return random_next(&seed[vcpu_self() & 1]) % below;
}

static u64 any_bits(void)
{
	return random_next(&seed[vcpu_self() & 1]);
}

/* A frame that is not ours, or none at all. */
static u64 strange_frame(void)
{
	u64 mfn = roll(4) ? roll(0x12000) : any_bits() >> roll(50);

	if (mfn < MFNS && precious[mfn / 8] >> mfn % 8 & 1)
		return NO_MFN >> 12;
	return mfn;
}

static u64 any_frame(void)
{
	return roll(16) ? READ_ONCE(frame[roll(PAGES)]) : strange_frame();
}

static u64 any_index(void)
{
	static const u16 odd[] = {255, 256, 257, 260, 271, 272, 510, 511};

	return roll(8) ? roll(6) : odd[roll(ARRAY_SIZE(odd))];
}

static u64 any_entry(void)
{
	static const u64 flags[] = {PTE_TABLE, PTE_TABLE, PTE_DATA,
				    PTE_RO,    PTE_RO,	  PTE_RO | PTE_NX};
	static const u64 wrong[] = {PTE_PSE, PTE_G,	PTE_PCD,
				    PTE_PWT, 1UL << 52, 1UL << 51};
	u64 e;

	if (!roll(4))
		return 0;
	e = any_frame() << 12 | flags[roll(ARRAY_SIZE(flags))];
	if (!roll(12))
		e ^= wrong[roll(ARRAY_SIZE(wrong))];
	return roll(40) ? e : any_bits() & ~PTE_P;
}

static u8 *any_window(void)
{
	return window[roll(PAGES)];
}

static u16 any_owner(void)
{
	static const u16 id[] = {DOMID_IO, DOMID_XEN, 0, 1, 2, 0x7ff3};

	return roll(10) ? DOMID_SELF : id[roll(ARRAY_SIZE(id))];
}

/* ---- requests ---- */

static long do_mmu_update(void)
{
	struct mmu_update u[8];
	u64 n = 1 + roll(8), i;
	u32 done;

	for (i = 0; i < n; i++) {
		u[i].ptr = any_frame() << 12 | any_index() * 8;
		if (!roll(6))
			u[i].ptr |= roll(8);
		u[i].val = any_entry();
	}
	return hypercall(mmu_update, roll(60) ? u : BAD_UNMAPPED,
			 roll(60) ? n : any_bits() & 0x8000000f,
			 roll(3) ? 0 : (u64)&done, any_owner());
}

static long do_va_mapping(void)
{
	static const u64 where[] = {UVMF_LOCAL, UVMF_ALL};
	u64 va = (u64)any_window();

	if (!roll(30))
		va = roll(2) ? (u64)BAD_NONCANONICAL : (u64)BAD_HYPERVISOR;
	return hypercall(update_va_mapping, va, any_entry(),
			 roll(4) | where[roll(2)]);
}

/* The roots we run on are not among the frames, so no root may be loaded. */
static long do_mmuext(void)
{
	static const u8 cmds[] = {
		MMUEXT_PIN_L1_TABLE,	MMUEXT_PIN_L2_TABLE,
		MMUEXT_PIN_L3_TABLE,	MMUEXT_PIN_L4_TABLE,
		MMUEXT_UNPIN_TABLE,	MMUEXT_UNPIN_TABLE,
		MMUEXT_UNPIN_TABLE,	MMUEXT_UNPIN_TABLE,
		MMUEXT_TLB_FLUSH_LOCAL, MMUEXT_TLB_FLUSH_ALL,
		MMUEXT_INVLPG_ALL,	MMUEXT_CLEAR_PAGE,
		MMUEXT_COPY_PAGE,	MMUEXT_NEW_USER_BASEPTR,
		MMUEXT_SET_LDT,		MMUEXT_MARK_SUPER,
		MMUEXT_UNMARK_SUPER,
	};
	struct mmuext_op op[3];
	u64 n = 1 + roll(3), i;

	memset(op, 0, sizeof(op));
	for (i = 0; i < n; i++) {
		op[i].cmd = roll(50) ? cmds[roll(ARRAY_SIZE(cmds))]
				     : 20 + (u32)roll(50);
		op[i].arg1.mfn = any_frame();
		op[i].arg2.src_mfn = any_frame();
		if (op[i].cmd == MMUEXT_NEW_USER_BASEPTR && !roll(3))
			op[i].arg1.mfn = 0;
		if (!roll(12)) {
			op[i].cmd = PARAVANE_MMUEXT_PTE_FLAGS;
			op[i].arg1.mfn = op[i].arg1.mfn << 12 | any_index() * 8;
			op[i].arg2.src_mfn = roll(20) | roll(16) << 16;
		}
		if (op[i].cmd == MMUEXT_SET_LDT) {
			op[i].arg1.linear_addr = (u64)any_window();
			op[i].arg2.nr_ents = (u32)roll(600);
		}
	}
	return hypercall(mmuext_op, op, n, 0, any_owner());
}

static long do_descriptors(void)
{
	u64 f[2] = {any_frame(), any_frame()};

	if (roll(2))
		return hypercall(update_descriptor,
				 any_frame() << 12 | roll(8) * 8,
				 roll(2) ? 0x00affb000000ffffUL : any_bits());
	return hypercall(set_gdt, f, roll(3) * 512);
}

/* Frames given back while something still held them: they live on. */
#define GHOSTS 1024
static u64 ghost[GHOSTS];
static u64 ghosts;

static bool still_ours(u64 mfn)
{
	return !pte_write(mfn << 12 | MMU_MACHPHYS_UPDATE, ~0UL);
}

static void let_go(u64 mfn)
{
	static const u16 odd[] = {255, 256, 257, 260, 271, 272, 510, 511};
	unsigned int k;

	mmuext(MMUEXT_UNPIN_TABLE, mfn, 0);
	for (k = 0; k < 6; k++)
		pte_write(mfn << 12 | k * 8, 0);
	for (k = 0; k < ARRAY_SIZE(odd); k++)
		pte_write(mfn << 12 | odd[k] * 8, 0);
}

/* Else they would eat up our memory. */
static long do_let_go(void)
{
	u64 i = roll(GHOSTS), n;

	for (n = 0; n < GHOSTS && !READ_ONCE(ghost[i]); n++)
		i = (i + 1) % GHOSTS;
	if (n == GHOSTS)
		return -1;
	let_go(ghost[i]);
	if (still_ours(ghost[i]))
		return -1;
	WRITE_ONCE(ghost[i], 0);
	return 0;
}

static long do_decrease(void)
{
	u64 i = roll(PAGES), mfn = READ_ONCE(frame[i]);
	struct xen_memory_reservation op = {.nr_extents = 1,
					    .domid = any_owner()};
	long rc;

	op.extent_start.p = &mfn;
	if (!roll(20))
		mfn = strange_frame();
	rc = hypercall(memory_op, XENMEM_decrease_reservation, &op);
	if (rc != 1)
		return -1;
	mmuext(MMUEXT_UNPIN_TABLE, mfn, 0);
	if (still_ours(mfn))
		ghost[__sync_fetch_and_add(&ghosts, 1) % GHOSTS] = mfn;
	mfn = i; /* and a new one in its place */
	op.domid = DOMID_SELF;
	if (hypercall(memory_op, XENMEM_populate_physmap, &op) == 1)
		WRITE_ONCE(frame[i], mfn);
	return 0;
}

static long do_exchange(void)
{
	struct xen_memory_exchange x = {0};
	u64 in[4], out[4], at[4], n = roll(3) ? 1 : 4, i;
	long rc;

	for (i = 0; i < 4; i++) {
		at[i] = roll(PAGES);
		in[i] = roll(30) ? READ_ONCE(frame[at[i]]) : strange_frame();
		out[i] = at[i];
	}
	x.in.nr_extents = n;
	x.out.nr_extents = n == 4 && roll(2) ? 1 : n;
	x.out.extent_order = n == 4 && x.out.nr_extents == 1 ? 2 : 0;
	x.in.extent_start.p = roll(60) ? in : BAD_HYPERVISOR;
	x.out.extent_start.p = roll(60) ? out : BAD_HYPERVISOR;
	x.in.domid = x.out.domid = any_owner();
	if (!roll(6))
		x.out.mem_flags = XENMEMF_address_bits(roll(40));
	if (!roll(30))
		x.nr_exchanged = roll(5);
	rc = hypercall(memory_op, XENMEM_exchange, &x);
	if (x.in.domid != DOMID_SELF || x.out.extent_start.p != out)
		return rc;
	for (i = 0; !rc && i < n; i++)
		WRITE_ONCE(frame[at[i]],
			   x.out.extent_order ? out[0] + i : out[i]);
	return rc;
}

/* Both resume where r15 says. */
static bool skip_fault(struct frame *f)
{
	if (f->vector != VEC_PF && f->vector != VEC_GP && f->vector != VEC_NP)
		return false;
	f->rip = f->r15;
	return true;
}

/* Through a window that may be anything by now: a page, a table, nothing. */
static long do_store(void)
{
	u64 *p = (u64 *)any_window() + any_index(), e = any_entry();
	u64 old = roll(2) ? any_entry() : 0, ok = 0;

	switch (roll(4)) {
	case 0:
		__asm__ volatile("leaq 1f(%%rip), %%r15\n\t"
				 "movq %2, (%1)\n\tmovl $1, %k0\n1:"
				 : "+r"(ok)
				 : "r"(p), "r"(e)
				 : "r15", "memory");
		break;
	case 1:
		__asm__ volatile("leaq 1f(%%rip), %%r15\n\t"
				 "xchgq %2, (%1)\n\tmovl $1, %k0\n1:"
				 : "+r"(ok)
				 : "r"(p), "r"(e)
				 : "r15", "memory");
		break;
	case 2:
		__asm__ volatile("leaq 1f(%%rip), %%r15\n\t"
				 "lock cmpxchgq %2, (%1)\n\tmovl $1, %k0\n1:"
				 : "+r"(ok), "+a"(old)
				 : "r"(p), "r"(e)
				 : "r15", "memory");
		break;
	default:
		__asm__ volatile("leaq 1f(%%rip), %%r15\n\t"
				 "lock andb $0xfd, (%1)\n\tmovl $1, %k0\n1:"
				 : "+r"(ok)
				 : "r"(p)
				 : "r15", "memory");
	}
	return ok ? 0 : -1;
}

/* A selector of the LDT: its page is validated when the processor wants it. */
static long do_load_selector(void)
{
	u64 ok = 0, sel = roll(600) << 3 | 7;

	__asm__ volatile("leaq 1f(%%rip), %%r15\n\t"
			 "movl %k1, %%fs\n\tmovl $1, %k0\n1:\n\t"
			 "xorl %k1, %k1\n\tmovl %k1, %%fs"
			 : "+r"(ok), "+r"(sel)
			 :
			 : "r15", "memory");
	return ok ? 0 : -1;
}

/* Some of them long enough to be continued later. */
static long do_multicall(void)
{
	static struct mmu_update u[2][64];
	struct mmu_update *mine = u[vcpu_self() & 1];
	struct multicall_entry list[4];
	u64 n = 1 + roll(4), i;

	memset(list, 0, sizeof(list));
	for (i = 0; i < 64; i++) {
		mine[i].ptr = any_frame() << 12 | any_index() * 8;
		mine[i].val = any_entry();
	}
	for (i = 0; i < n; i++) {
		list[i].op = roll(20) ? HYPERCALL_mmu_update : roll(50);
		if (list[i].op != HYPERCALL_mmu_update &&
		    list[i].op != HYPERCALL_multicall &&
		    list[i].op != HYPERCALL_xen_version)
			list[i].op = 11; /* there is none */
		list[i].args[0] = (u64)mine;
		list[i].args[1] = 1 + roll(64);
		list[i].args[3] = DOMID_SELF;
	}
	return hypercall(multicall, roll(60) ? list : BAD_HYPERVISOR, n);
}

static const struct {
	long (*run)(void);
	u8 weight;
} request[] = {
	{do_mmu_update, 30}, {do_mmuext, 30},	    {do_va_mapping, 20},
	{do_store, 25},	     {do_decrease, 4},	    {do_exchange, 5},
	{do_descriptors, 3}, {do_load_selector, 3}, {do_let_go, 4},
	{do_multicall, 3},
};
#define WEIGHTS 127

static void one_request(void)
{
	u64 pick = roll(WEIGHTS), i = 0;

	while (pick >= request[i].weight)
		pick -= request[i++].weight;
	if (request[i].run() < 0)
		__sync_fetch_and_add(&refused, 1);
	__sync_fetch_and_or(&kinds, 1UL << i);
}

/* ---- two vcpus ---- */

static volatile bool stop, stopped;

static void helper(u32 id)
{
	while (!READ_ONCE(stop)) {
		one_request();
		__sync_fetch_and_add(&requests, 1);
	}
	hypercall(set_gdt, NULL, 0);
	mmuext(MMUEXT_SET_LDT, 0, 0);
	mmuext(MMUEXT_NEW_USER_BASEPTR, 0, 0);
	__sync_synchronize();
	stopped = true;
}

static void begin(void)
{
	u64 i, mfn;

	if (hypercall(vm_assist, VMASST_CMD_enable,
		      VMASST_TYPE_writable_pagetables))
		guest_broken("no writable_pagetables");
	for (i = 0; i < start_info->nr_pages; i++) {
		mfn = pfn_to_mfn(i);
		if (mfn < MFNS)
			precious[mfn / 8] |= (u8)(1 << mfn % 8);
	}
	for (i = 0; i < PAGES; i++) {
		window[i] = page_alloc();
		frame[i] = va_to_mfn(window[i]);
		precious[frame[i] / 8] &= (u8) ~(1 << frame[i] % 8);
	}
	seed[0] = option_number("seed", 1) * 2 + 1;
	seed[1] = seed[0] * 0x9e3779b97f4a7c15UL;
	count = option_number("count", 20000);
	every = option_number("every", CHECK_EVERY);
	hook = skip_fault;
}

static u64 rampage(bool alone)
{
	u64 checks = 0, mine = 0, step;

	while (READ_ONCE(requests) + mine < count) {
		one_request();
		mine++;
		step = (READ_ONCE(requests) + mine) / every;
		if (step <= checks)
			continue;
		checks = step;
		if (!counts_right()) {
			printf("%s", counts_said);
			expect(!"the counts of frames are right");
			break;
		}
		if (step % 100 == 0)
			printf("havoc: %lu requests\n", step * every);
	}
	stop = true;
	while (!alone && !READ_ONCE(stopped))
		hypercall(sched_op, SCHEDOP_yield, 0);
	requests += mine;
	return mine;
}

/* A frame of ours that may be read, but not written. Some went by accident. */
static bool still_special(u64 mfn)
{
	return !va_map(window[0], mfn << 12 | PTE_RO) &&
	       va_map(window[0], mfn << 12 | PTE_DATA);
}

/* Every link, pin and mapping goes; which of them are left is not known. */
static unsigned int take_back(void)
{
	unsigned int round, i, left = PAGES;

	hypercall(set_gdt, NULL, 0);
	mmuext(MMUEXT_SET_LDT, 0, 0);
	mmuext(MMUEXT_NEW_USER_BASEPTR, 0, 0);
	for (i = 0; i < PAGES; i++)
		va_map(window[i], 0);
	for (round = 0; round < 8 && left; round++) {
		for (i = 0; i < PAGES; i++)
			let_go(frame[i]);
		for (i = 0; i < GHOSTS; i++)
			if (ghost[i])
				let_go(ghost[i]);
		for (left = 0, i = 0; i < PAGES; i++)
			left += still_special(frame[i]);
	}
	va_map(window[0], 0);
	return left;
}

PROMISE(nobody_is_harmed, "random requests of two vcpus leave all counts right")
{
	bool two = vcpu_op(VCPUOP_is_up, 1, NULL) == 0;
	bool victim = is_dom0() && victim_make();
	u64 mine;

	begin();
	require(!is_dom0() || victim);
	if (two && (vcpu_prepare(1, helper) || vcpu_op(VCPUOP_up, 1, NULL)))
		guest_broken("vcpu 1 does not start");
	counts_forget();
	mine = rampage(!two);
	printf("havoc: %lu requests, %lu of them by vcpu 0, %lu refused, "
	       "%lu frames given back in use\n",
	       requests, mine, refused, ghosts);
	expect_eq(kinds, (1UL << ARRAY_SIZE(request)) - 1);
	expect(refused > 0 && refused < requests);
	if (victim) {
		expect_eq(victim_damage(), 0);
		victim_end();
	}
}

PROMISE(frames_can_be_used_again, "afterwards every frame is an ordinary one")
{
	require(window[0] != NULL);
	expect_eq(take_back(), 0);
	hook = NULL;
	expect(counts_right());
}
