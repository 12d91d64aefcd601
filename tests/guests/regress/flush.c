/*
 * guests/regress: class: missing flushes
 *
 * Published defects of this class let a processor go on writing through a
 * stale translation to a frame that had become a table, or go on walking a
 * table whose frame had become something else.
 */
#include <second.h>
#include "regress.h"

#define ROUNDS 60

static u64 *frame, *window;
static volatile u64 writes;

/* A translation of the window, made now and left in this processor. */
static bool touch(void)
{
	return !va_map(window, map_rw(frame)) && probe_write(window, 0);
}

static bool setup(void)
{
	frame = table_new();
	window = page_alloc();
	return true;
}

static void restore(void)
{
	require(!page_make_rw(window));
	table_free(frame);
	page_free(window);
}

PROMISE(table_is_flushed_here, "a stale RW translation does not reach a table")
{
	u32 level;

	require(setup());
	for (level = 1; level <= 4; level++) {
		require(touch());
		/* No flush: the processor may still know the old entry. */
		require(!pte_write(pte_maddr(window, 1), 0));
		expect_eq(mmuext(MMUEXT_PIN_L1_TABLE + level - 1,
				 va_to_mfn(frame), 0),
			  0);
		expect(!probe_write(window + 7, 0xbad0));
		expect_eq(frame[7], 0);
		expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(frame), 0), 0);
		require(!mmuext(MMUEXT_CLEAR_PAGE, va_to_mfn(frame), 0));
	}
	restore();
}

PROMISE(gdt_is_flushed_here, "the same for a descriptor page")
{
	u64 mfn;

	require(setup());
	require(touch());
	require(!pte_write(pte_maddr(window, 1), map_ro(frame)));
	mfn = va_to_mfn(frame);
	expect_eq(hypercall(set_gdt, &mfn, 512), 0);
	expect(!probe_write(window + 7, 0x0000890000000000UL));
	expect_eq(frame[7], 0);
	expect_eq(hypercall(set_gdt, 0, 0), 0);
	restore();
}

PROMISE(link_is_flushed_here, "the same when a link makes it a table")
{
	u64 *l2 = table_new();

	require(setup());
	require(!mmuext(MMUEXT_PIN_L2_TABLE, va_to_mfn(l2), 0));
	require(touch());
	require(!pte_write(pte_maddr(window, 1), map_ro(frame)));
	expect_eq(pte_write(va_to_maddr(l2), link_rw(frame)), 0);
	/* What no emulated store would put there either. */
	expect(!probe_write(window + 7, map_rw(frame)));
	expect_eq(frame[7], 0);
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(l2), 0), 0);
	table_free(l2);
	restore();
}

/* ---- the other processor has the stale translation ---- */

static volatile bool gone;

static bool skip_write(struct frame *f)
{
	if (f->vector != VEC_PF || vcpu_self() != 1)
		return false;
	gone = true;
	f->rip = f->r15;
	return true;
}

/* Writes numbers that are no present entry. */
static void write_on(void)
{
	u64 n = 0;

	while (!second_stop) {
		n += 2;
		__asm__ volatile("leaq 1f(%%rip), %%r15\n\t"
				 "movq %1, (%0)\n"
				 "1:"
				 :
				 : "r"(window + 7), "r"(n & 0xffff)
				 : "r15", "memory");
		writes++;
	}
}

static u64 from;

static bool wrote(void)
{
	return writes > from + 2;
}

PROMISE(table_is_flushed_there, "no other processor writes to what is a table")
{
	unsigned int i;
	u64 v;

	if (!second_start())
		skip("one vcpu");
	require(setup());
	require(!va_map(window, map_rw(frame)));
	hook = skip_write;
	second_begin(write_on);
	for (i = 0; i < ROUNDS; i++) {
		from = writes;
		require(wait_until(wrote)); /* it has the translation */
		require(!pte_write(pte_maddr(window, 1), 0));
		if (!expect_eq(mmuext(MMUEXT_PIN_L1_TABLE, va_to_mfn(frame), 0),
			       0))
			break;
		v = READ_ONCE(frame[7]);
		from = writes;
		expect(wait_until(wrote));
		expect_eq(READ_ONCE(frame[7]), v);
		expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(frame), 0), 0);
		if (!expect_eq(va_map(window, map_rw(frame)), 0))
			break;
	}
	expect(second_finish());
	expect(gone);
	require(!page_make_rw(frame));
	frame[7] = 0;
	require(!page_make_ro(frame));
	restore();
}

/* ---- a stale walk ---- */

#define AREA 0x0000500000000000UL

static u64 *l1, *good, *bad;
static volatile u64 seen, reads;

static bool skip_read(struct frame *f)
{
	if (f->vector != VEC_PF || vcpu_self() != 1)
		return false;
	f->rip = f->r15;
	return true;
}

/* Reads many pages below the L1 in turn, so that it walks again and again. */
static void read_on(void)
{
	u64 i = 0, v;

	while (!second_stop) {
		v = 1;
		__asm__ volatile("leaq 1f(%%rip), %%r15\n\t"
				 "movq (%1), %0\n"
				 "1:"
				 : "+r"(v)
				 : "r"(AREA + (i++ & 511) * PAGE_SIZE)
				 : "r15", "memory");
		if (v == 3)
			seen++;
		reads++;
	}
}

static bool has_read(void)
{
	return reads > from + 1024;
}

PROMISE(walks_are_flushed, "no processor walks a table that is a page by now")
{
	u64 *link;
	unsigned int i, k;

	if (!second_start())
		skip("one vcpu");
	good = page_alloc();
	bad = page_alloc();
	*good = 1;
	*bad = 3;
	require(!map_at(0, AREA, 0));
	link = pte_walk((void *)AREA, 2);
	l1 = table_new();
	hook = skip_read;
	second_begin(read_on);
	for (i = 0; i < ROUNDS; i++) {
		require(!page_make_rw(l1));
		for (k = 0; k < 512; k++)
			l1[k] = map_ro(good);
		require(!page_make_ro(l1));
		require(!pte_write(va_to_maddr(link), link_rw(l1)));
		from = reads;
		require(wait_until(has_read));
		/* Unlinked without a flush, then a page to be written. */
		require(!pte_write(va_to_maddr(link), 0));
		if (!expect_eq(page_make_rw(l1), 0))
			break;
		for (k = 0; k < 512; k++)
			l1[k] = map_ro(bad); /* what a stale walk would use */
		from = reads;
		expect(wait_until(has_read));
		require(!page_make_ro(l1));
		if (!expect_eq(seen, 0))
			break;
	}
	expect(second_finish());
	mmuext(MMUEXT_TLB_FLUSH_ALL, 0, 0);
	table_free(l1);
	page_free(good);
	page_free(bad);
}
