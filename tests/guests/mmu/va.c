/*
 * guests/mmu: update_va_mapping, its addresses and its flush flags
 *
 * ABI: flags are TLB_FLUSH or INVLPG or none, and LOCAL, ALL or a pointer to
 * a bitmap of vcpus; an address without an L1 table is -EINVAL.
 */
#include <guest.h>

static u8 *page, *other;

static u64 plain(void)
{
	return va_to_mfn(page) << 12 | PTE_DATA;
}

static bool setup(void)
{
	if (!page) {
		page = page_alloc();
		other = page_alloc();
		*(u64 *)page = 1;
		*(u64 *)other = 2;
	}
	return !va_map(page, plain());
}

static const struct {
	u64 type;
	const char *name;
} type[] = {
	{UVMF_NONE, "none"},
	{UVMF_TLB_FLUSH, "TLB_FLUSH"},
	{UVMF_INVLPG, "INVLPG"},
	{3, "3"},
};

PROMISE(every_kind_of_flush, "types none, flush, page; here, all, a bitmap")
{
	static u64 mask = 1;
	const u64 where[] = {UVMF_LOCAL, UVMF_ALL, (u64)&mask};
	static const char *const place[] = {"local", "all", "bitmap"};
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(type); i++)
		for (k = 0; k < 3; k++) {
			u64 v;

			require(setup());
			require(probe_read(page, &v) && v == 1);
			printf("ANSWER %s %s = %ld\n", type[i].name, place[k],
			       hypercall(update_va_mapping, page,
					 va_to_mfn(other) << 12 | PTE_RO,
					 type[i].type | where[k]));
			if (type[i].type == UVMF_NONE || type[i].type == 3)
				continue;
			require(probe_read(page, &v));
			expect_eq(v, 2); /* no stale translation */
		}
	require(setup());
}

PROMISE(bitmaps_that_are_not_there,
	"a bad pointer is refused with a flush only")
{
	u64 bad = (u64)BAD_UNMAPPED;

	require(setup());
	expect_eq(hypercall(update_va_mapping, page, plain(), UVMF_NONE | bad),
		  0);
	expect_refused(hypercall(update_va_mapping, page, plain(),
				 UVMF_TLB_FLUSH | bad));
	expect_refused(
		hypercall(update_va_mapping, page, plain(), UVMF_INVLPG | bad));
	bad = (u64)BAD_HYPERVISOR;
	expect_refused(
		hypercall(update_va_mapping, page, plain(), UVMF_INVLPG | bad));
	bad = (u64)BAD_NONCANONICAL;
	expect_refused(
		hypercall(update_va_mapping, page, plain(), UVMF_INVLPG | bad));
}

PROMISE(bitmaps_of_absent_vcpus, "vcpus that do not exist are passed over")
{
	static u64 mask = ~0UL;

	require(setup());
	expect_eq(hypercall(update_va_mapping, page, plain(),
			    UVMF_INVLPG | (u64)&mask),
		  0);
	mask = 0;
	expect_eq(hypercall(update_va_mapping, page, plain(),
			    UVMF_TLB_FLUSH | (u64)&mask),
		  0);
}

PROMISE(addresses_nobody_maps, "non-canonical, the hypervisor's, the M2P's")
{
	static const u64 bad[] = {
		0x0000800000000000UL, 0x0000900000000000UL,
		0xffff7fffffffffffUL, 0xffff800000000000UL,
		0xffff830000001000UL, 0xffff87ffffffffffUL,
	};
	unsigned int i;

	require(setup());
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		printf("ANSWER set %lx = %ld\n", bad[i],
		       hypercall(update_va_mapping, bad[i], plain(), 0));
		expect_refused_as("set", hypercall(update_va_mapping, bad[i],
						   plain(), UVMF_INVLPG));
		expect_refused_as("clear", hypercall(update_va_mapping, bad[i],
						     0, UVMF_INVLPG));
	}
	/* Slot 272 is the guest's, with nothing in it so far. */
	expect_eq(
		hypercall(update_va_mapping, 0xffff880000000000UL, plain(), 0),
		-XEN_EINVAL);
}

PROMISE(low_bits_of_an_address, "bits 0-11 of the address do not matter")
{
	require(setup());
	expect_eq(hypercall(update_va_mapping, page + 0xabc, plain() & ~PTE_RW,
			    UVMF_INVLPG),
		  0);
	expect(!probe_write(page, 1));
	require(setup());
}

PROMISE(invlpg_of_any_address, "flushing addresses that nobody has: 0")
{
	static const u64 odd[] = {0, 0x0000900000000000UL, ~0UL,
				  0xffff830000001000UL};
	static u64 mask = 1;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(odd); i++) {
		expect_eq(answer_as("local",
				    mmuext(MMUEXT_INVLPG_LOCAL, odd[i], 0)),
			  0);
		expect_eq(answer_as("multi", mmuext(MMUEXT_INVLPG_MULTI, odd[i],
						    (u64)&mask)),
			  0);
		expect_eq(
			answer_as("all", mmuext(MMUEXT_INVLPG_ALL, odd[i], 0)),
			0);
	}
}

PROMISE(multi_flush_pointers, "bad vcpu bitmaps of MULTI operations: refused")
{
	static u64 none;

	expect_refused(mmuext(MMUEXT_TLB_FLUSH_MULTI, 0, (u64)BAD_UNMAPPED));
	expect_refused(mmuext(MMUEXT_TLB_FLUSH_MULTI, 0, (u64)BAD_HYPERVISOR));
	expect_refused(
		mmuext(MMUEXT_INVLPG_MULTI, (u64)page, (u64)BAD_NONCANONICAL));
	expect_eq(mmuext(MMUEXT_TLB_FLUSH_MULTI, 0, (u64)&none), 0);
}

PROMISE(stale_until_flushed,
	"without a flush the old page may be seen, not later")
{
	u64 v;

	require(setup());
	require(probe_read(page, &v) && v == 1);
	require(!pte_write(pte_maddr(page, 1),
			   va_to_mfn(other) << 12 | PTE_RO));
	require(probe_read(page, &v));
	expect(v == 1 || v == 2);
	expect_eq(mmuext(MMUEXT_INVLPG_LOCAL, (u64)page, 0), 0);
	require(probe_read(page, &v));
	expect_eq(v, 2);
	require(setup());
}

PROMISE(va_mapping_in_a_new_root, "it works on the root that is loaded now")
{
	u64 *root = page_alloc(), old = root_mfn();

	require(setup());
	memcpy(root, mfn_to_va(old), PAGE_SIZE);
	require(!page_make_ro(root));
	require(!mmuext(MMUEXT_PIN_L4_TABLE, va_to_mfn(root), 0));
	require(!mmuext(MMUEXT_NEW_BASEPTR, va_to_mfn(root), 0));
	expect_eq(pte_write(va_to_maddr(root + (VIRT_BASE >> 39 & 511) - 1), 0),
		  0);
	expect_eq(va_map(page, plain() & ~PTE_RW), 0);
	expect(!probe_write(page, 1));
	expect_eq(va_map(page, plain()), 0);
	require(!mmuext(MMUEXT_NEW_BASEPTR, old, 0));
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(root), 0), 0);
	expect_eq(page_make_rw(root), 0);
	page_free(root);
}
