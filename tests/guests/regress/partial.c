/*
 * guests/regress: class: partly validated tables
 *
 * Published defects of this class lost track of how far a preempted
 * validation had come, dropped a reference too many or too few when it was
 * taken up again, refused or undone, or let somebody use the table meanwhile.
 */
#include <second.h>
#include "regress.h"

#define LEAVES	96
#define TICK_NS 60000
#define TRIES	30

static u64 *leaf[LEAVES], *l2, *l3, *l4, *window;
static u32 wrong; /* answers that no state of the tree allows */

/* A tree of 49,152 entries; the last one is @last. */
static bool build(u64 last)
{
	unsigned int i, j;

	if (!l4) {
		for (i = 0; i < LEAVES; i++)
			leaf[i] = page_alloc();
		l2 = page_alloc();
		l3 = page_alloc();
		l4 = page_alloc();
		window = page_alloc();
		if (va_map(window, 0))
			return false;
		for (i = 0; i < LEAVES; i++) {
			for (j = 0; j < 512; j++)
				leaf[i][j] = map_ro(window);
			l2[i * 5] = link_rw(leaf[i]);
		}
		l3[500] = link_rw(l2);
		l4[3] = link_rw(l3);
	} else if (page_make_rw(leaf[LEAVES - 1])) {
		return false;
	}
	leaf[LEAVES - 1][511] = last;
	for (i = 0; i < LEAVES; i++)
		if (page_make_ro(leaf[i]))
			return false;
	return !page_make_ro(l2) && !page_make_ro(l3) && !page_make_ro(l4);
}

static bool all_ordinary(void)
{
	unsigned int i;

	for (i = 0; i < LEAVES; i++)
		if (page_make_rw(leaf[i]) || page_make_ro(leaf[i]))
			return false;
	return !page_make_rw(l2) && !page_make_rw(l3) && !page_make_rw(l4) &&
	       !page_make_ro(l2) && !page_make_ro(l3) && !page_make_ro(l4) &&
	       !mmuext(MMUEXT_CLEAR_PAGE, va_to_mfn(l4), 0) &&
	       !page_make_rw(l4) && (l4[3] = link_rw(l3)) && !page_make_ro(l4);
}

/* While the tree is half a tree. */
static void look(void)
{
	/* It is not pinned yet, or not any more. */
	mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(l3), 0);
	/* The levels above what is being validated are tables already, or
	 * still: never writable while a link to them counts. */
	if (!va_map(window, map_rw(l4))) {
		WRITE_ONCE(window[4], 0);
		va_map(window, 0);
	}
	/* As another level it is refused, whatever state it is in... */
	if (!mmuext(MMUEXT_PIN_L1_TABLE, va_to_mfn(l4), 0)) {
		/* ...unless it has none; but an L1 may not map RW tables. */
		wrong++;
		mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(l4), 0);
	}
	/* The first leaf, done long ago: a table or an ordinary page. */
	if (!va_map(window, map_rw(leaf[0])))
		va_map(window, 0);
}

PROMISE(pin_is_interrupted, "a pin that events interrupt is a whole pin")
{
	unsigned int i;
	u32 seen = 0;

	require(build(0));
	for (i = 0; i < TRIES && seen < 5; i++) {
		ticking_on(TICK_NS, NULL);
		expect_eq(mmuext(MMUEXT_PIN_L4_TABLE, va_to_mfn(l4), 0), 0);
		ticking_off();
		seen += preempted;
		expect_eq(va_map(window, map_rw(leaf[0])), -XEN_EBUSY);
		expect_eq(va_map(window, map_rw(leaf[LEAVES - 1])), -XEN_EBUSY);
		ticking_on(TICK_NS, NULL);
		expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(l4), 0), 0);
		ticking_off();
		seen += preempted;
		expect(all_ordinary());
	}
	printf("partial: interrupted %u times in %u rounds\n", seen, i);
	expect(seen > 0);
}

PROMISE(pin_is_interrupted_and_refused, "the last entry is bad: all is let go")
{
	unsigned int i;
	u32 seen = 0;

	require(l4 && build(map_rw(l4)));
	for (i = 0; i < TRIES && seen < 5; i++) {
		ticking_on(TICK_NS, NULL);
		expect(mmuext(MMUEXT_PIN_L4_TABLE, va_to_mfn(l4), 0) < 0);
		ticking_off();
		seen += preempted;
		expect(all_ordinary());
	}
	printf("partial: interrupted %u times in %u rounds\n", seen, i);
	expect(seen > 0);
	require(build(0));
}

PROMISE(half_a_tree_is_not_used, "between two pieces nobody gets at the tables")
{
	unsigned int i;

	require(l4 != NULL);
	for (i = 0; i < TRIES / 3; i++) {
		wrong = 0;
		ticking_on(TICK_NS, look);
		mmuext(MMUEXT_PIN_L4_TABLE, va_to_mfn(l4), 0);
		ticking_off();
		ticking_on(TICK_NS, look);
		mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(l4), 0);
		ticking_off();
		expect_eq(wrong, 0);
		expect(all_ordinary());
	}
}

/* ---- two vcpus on one tree ---- */

static void rival(void)
{
	while (!second_stop) {
		mmuext(MMUEXT_PIN_L4_TABLE, va_to_mfn(l4), 0);
		mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(l4), 0);
	}
}

PROMISE(one_tree_two_vcpus, "both pin and unpin a tree at once: all is let go")
{
	unsigned int i;

	require(l4 != NULL);
	if (!second_start())
		skip("one vcpu");
	ticking_on(TICK_NS, NULL);
	second_begin(rival);
	for (i = 0; i < 10; i++) {
		mmuext(MMUEXT_PIN_L4_TABLE, va_to_mfn(l4), 0);
		mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(l4), 0);
	}
	expect(second_finish());
	ticking_off();
	mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(l4), 0);
	expect(all_ordinary());
}

/* The other vcpu makes the middle of the tree another table's. */
static void rival_links(void)
{
	while (!second_stop) {
		mmuext(MMUEXT_PIN_L2_TABLE, va_to_mfn(l2), 0);
		mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(l2), 0);
	}
}

PROMISE(middle_of_a_tree, "its L2 pinned by itself meanwhile: all is let go")
{
	unsigned int i;

	require(l4 != NULL);
	if (!second_start())
		skip("one vcpu");
	ticking_on(TICK_NS, NULL);
	second_begin(rival_links);
	for (i = 0; i < 10; i++) {
		expect_eq(mmuext(MMUEXT_PIN_L4_TABLE, va_to_mfn(l4), 0), 0);
		expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(l4), 0), 0);
	}
	expect(second_finish());
	ticking_off();
	expect(all_ordinary());
	require(!page_make_rw(window));
}
