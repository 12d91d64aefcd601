/*
 * check_test.c: pt_check() names the invariant that was broken, each of them
 */
#include <stdlib.h>
#include "../../tests/host/fake_machine.h"
#include "internal.h"

#define P_RW (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
#define P_RO (PTE_P | PTE_US | PTE_A)

static struct domain *d0, *d1;
static char lines[FAKE_LINES]; /* what pt_check() says */
static u64 l4, l3, l2, l1, data, gdt, theirs;

static u64 frame(struct domain *d)
{
	return page_to_mfn(domain_alloc_pages(d, 0, 0)).v;
}

static u64 *table(u64 mfn)
{
	return mfn_to_virt(MFN(mfn));
}

static struct page *page(u64 mfn)
{
	return &frametable[mfn];
}

static u64 entry(u64 mfn, u64 flags)
{
	return mfn << PAGE_SHIFT | flags;
}

static void setup(void)
{
	u64 *f[] = {&l4, &l3, &l2, &l1, &data, &gdt}, list[1];
	unsigned int i;
	struct vcpu *v;

	fake_machine_init();
	d0 = fake_pv_domain(0, 1, true, 100);
	d1 = fake_pv_domain(1, 1, false, 100);
	for (i = 0; i < ARRAY_SIZE(f); i++)
		*f[i] = frame(d0);
	theirs = frame(d1);
	table(l4)[0] = entry(l3, P_RW);
	table(l3)[0] = entry(l2, P_RW);
	table(l2)[0] = entry(l1, P_RW);
	table(l1)[0] = entry(data, P_RW);
	table(l1)[1] = entry(l1, P_RO);
	v = d0->vcpu[0];
	fake_become(v);
	fake_pcpu.loaded = v;
	ck_assert_int_eq(pt_set_kernel_root(v, MFN(l4)), 0);
	list[0] = gdt;
	ck_assert_int_eq(pt_set_gdt(v, list, 1, 512), 0);
	fake_lines = lines;
}

static void teardown(void)
{
	fake_lines = NULL;
	ck_assert_uint_eq(pt_check(), 0);
	fake_pv_domain_end(d0);
	fake_pv_domain_end(d1);
	fake_machine_done();
}

/* ---- ways to break it; each leaves *@undo to be put back ---- */

static u64 *undo, old;

static void spoil(u64 *where, u64 value)
{
	undo = where;
	old = *where;
	*where = value;
}

static void lost_reference(void)
{
	spoil(&page(data)->ref, page(data)->ref - 1);
}

static void reference_too_many(void)
{
	spoil(&page(data)->ref, page(data)->ref + 1);
}

static void owner_has_none(void)
{
	spoil(&page(theirs)->ref, PGF_allocated);
}

static void nobodys_frame_is_held(void)
{
	u64 m = FAKE_MFNS - 1;

	ck_assert(page(m)->ref & PGF_free);
	spoil(&page(m)->ref, PGF_free | 1);
}

static void entry_of_a_free_frame(void)
{
	spoil(&table(l1)[5], entry(FAKE_MFNS - 1, P_RO));
}

static void uncounted_table(void)
{
	spoil(&d0->nr_pt_pages, 3);
}

static void not_flushed(void)
{
	u64 *word = (u64 *)(void *)&page(l1)->owner; /* owner .. tlbstamp */

	spoil(word, *word);
	tlb_stamp(page(l1));
}

static void writable_table(void)
{
	spoil(&table(l1)[1], entry(l1, P_RW));
}

static void use_too_many(void)
{
	spoil(&page(data)->type, page(data)->type + 1);
}

static void lost_use(void)
{
	spoil(&page(l1)->type, page(l1)->type - 1);
}

static void not_validated(void)
{
	spoil(&page(l2)->type, page(l2)->type & ~PGT_validated);
}

/* An L1 table is done in one go. */
static void half_validated(void)
{
	spoil(&page(l1)->type, page(l1)->type ^ (PGT_validated | PGT_partial));
}

static void leads_to_another(void)
{
	struct page *pg = page(theirs);

	ck_assert(page_get(pg, d1));
	ck_assert_int_eq(page_get_type(pg, PGT_l1), 0);
	spoil(&table(l2)[9], entry(theirs, P_RW));
}

static void writable_linear_entry(void)
{
	spoil(&table(l4)[9], entry(l4, P_RW));
}

static void uncounted_linear_entry(void)
{
	struct page *pg = page(l3);
	u64 *word = (u64 *)(void *)&pg->owner, was = *word;

	pg->nr_linear = 1;
	spoil(word, *word);
	old = was;
}

static void pin_of_data(void)
{
	spoil(&page(data)->type, page(data)->type | PGT_pinned);
}

static void supervisor_entry(void)
{
	spoil(&table(l1)[0], entry(data, P_RW & ~PTE_US));
}

static void global_entry(void)
{
	spoil(&table(l1)[0], entry(data, P_RW | PTE_G));
}

static void large_page(void)
{
	spoil(&table(l2)[0], entry(l1, P_RW | PTE_PSE));
}

static void local_apic(void)
{
	spoil(&table(l1)[7], entry(0xfee00, P_RO));
}

static void our_slot(void)
{
	spoil(&table(l4)[260], 0);
}

static void map_slot_of_a_guest(void)
{
	spoil(&table(l4)[256], entry(l3, P_RW));
}

static void gate_to_us(void)
{
	spoil(&table(gdt)[3], 0x0000ec00e0080000ull);
}

static void ring_0_code(void)
{
	spoil(&table(gdt)[3], 0x00af9b000000ffffull);
}

static const struct {
	const char *name;
	void (*spoil)(void);
} broken[] = {
	{"P1", lost_reference},
	{"P1", reference_too_many},
	{"P1", owner_has_none},
	{"P1", nobodys_frame_is_held},
	{"P1", entry_of_a_free_frame},
	{"P1", uncounted_table},
	{"P2", not_flushed},
	{"P3", writable_table},
	{"P3", use_too_many},
	{"P3", lost_use},
	{"P4", not_validated},
	{"P10", half_validated},
	{"P5", leads_to_another},
	{"P6", pin_of_data},
	{"P7", supervisor_entry},
	{"P7", global_entry},
	{"P7", large_page},
	{"P7", local_apic},
	{"P8", our_slot},
	{"P8", map_slot_of_a_guest},
	{"P11", writable_linear_entry},
	{"P11", uncounted_linear_entry},
	{"P9", gate_to_us},
	{"P9", ring_0_code},
};

START_TEST(each_invariant_is_code)
{
	ck_assert_uint_eq(pt_check(), 0);
	broken[_i].spoil();
	ck_assert_uint_gt(pt_check(), 0);
	ck_assert_msg(strstr(lines, broken[_i].name), "%s not in: %s",
		      broken[_i].name, lines);
	*undo = old;
	if (broken[_i].spoil == leads_to_another)
		page_put_and_type(page(theirs));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pt_check");
	TCase *c = tcase_create("pt_check");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_loop_test(c, each_invariant_is_code, 0, ARRAY_SIZE(broken));
	suite_add_tcase(s, c);
	return fake_main(s);
}
