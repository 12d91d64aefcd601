/*
 * guests/regress: class: races of two vcpus over the type of a frame
 *
 * Published defects of this class let a frame be writable and a table at
 * once, or lost a count, when two vcpus changed its type at the same time.
 */
#include <second.h>
#include <xen/sched.h>
#include "regress.h"

/*
 * Turns of the first vcpu, and how long it goes on if the second one, whose
 * processor may have to wait, has not done its part by then.
 */
#define TURNS	 500
#define PATIENCE (30000 * MS)

static u64 *frame, *mine, *its, *l2;
/* What each vcpu has the frame as, while it surely has it; 0: nothing. */
static volatile u32 held[2];
static u64 got[2][8]; /* times, by type */
static volatile u32 violations;

enum { T_L1 = 1, T_L2, T_L3, T_L4, T_DESC, T_RW = 7 };

static u64 roll(u64 *seed, u64 below)
{
	return random_next(seed) % below;
}

/* Has the other one it as something else at the same time? */
static void hold(u32 vcpu, u32 type)
{
	u32 other;

	WRITE_ONCE(held[vcpu], type);
	__sync_synchronize();
	other = READ_ONCE(held[!vcpu]);
	if (other && other != type)
		violations++;
	got[vcpu][type]++;
	if (type == T_RW) { /* never an entry, and gone when it is let go */
		u64 *p = vcpu ? its : mine;

		WRITE_ONCE(p[7], 0xbad0);
		barrier();
		WRITE_ONCE(p[7], 0);
	} else if (READ_ONCE(frame[7])) {
		violations++;
	}
	__sync_synchronize();
	WRITE_ONCE(held[vcpu], 0);
}

/* Pins are the first vcpu's, so only it takes them back. */
static void turn_0(u64 *seed)
{
	u32 type = 1 + (u32)roll(seed, 5);

	if (type == 5) {
		if (!va_map(mine, map_rw(frame))) {
			hold(0, T_RW);
			va_map(mine, 0);
		}
		return;
	}
	if (mmuext(MMUEXT_PIN_L1_TABLE + type - 1, va_to_mfn(frame), 0)) {
		/* Perhaps because of what an L4 leaves in its slots. */
		mmuext(MMUEXT_CLEAR_PAGE, va_to_mfn(frame), 0);
		return;
	}
	hold(0, type);
	mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(frame), 0);
}

static void turn_1(u64 *seed)
{
	u64 mfn = va_to_mfn(frame);

	switch (roll(seed, 4)) {
	case 0:
		if (!hypercall(set_gdt, &mfn, 512)) {
			hold(1, T_DESC);
			hypercall(set_gdt, 0, 0);
		}
		break;
	case 1:
		if (!va_map(its, map_rw(frame))) {
			hold(1, T_RW);
			va_map(its, 0);
		}
		break;
	case 2:
		if (!mmuext(MMUEXT_NEW_USER_BASEPTR, mfn, 0)) {
			hold(1, T_L4);
			mmuext(MMUEXT_NEW_USER_BASEPTR, 0, 0);
		}
		break;
	default:
		if (pte_write(va_to_maddr(l2), link_rw(frame))) {
			mmuext(MMUEXT_CLEAR_PAGE, mfn, 0);
			break;
		}
		hold(1, T_L1);
		pte_write(va_to_maddr(l2), 0);
	}
}

/* Has everything been tried often enough? */
static bool enough(void)
{
	u32 t;

	for (t = T_L1; t <= T_L4; t++)
		if (got[0][t] < 3)
			return false;
	return got[0][T_RW] > 3 && got[1][T_RW] > 3 && got[1][T_L1] > 3 &&
	       got[1][T_L4] > 3 && got[1][T_DESC] > 3;
}

static void rival(void)
{
	u64 seed = 77;

	while (!second_stop)
		turn_1(&seed);
}

PROMISE(race_for_the_type, "two vcpus never have one frame as two types")
{
	u64 seed = 5, end;
	unsigned int i, t;

	if (!second_start())
		skip("one vcpu");
	frame = table_new();
	l2 = table_new();
	mine = page_alloc();
	its = page_alloc();
	require(!va_map(mine, 0) && !va_map(its, 0));
	require(!mmuext(MMUEXT_PIN_L2_TABLE, va_to_mfn(l2), 0));
	second_begin(rival);
	end = system_time() + PATIENCE;
	for (i = 0; i < TURNS || (system_time() < end && !enough()); i++) {
		turn_0(&seed);
		if (i % 16 == 0)
			hypercall(sched_op, SCHEDOP_yield, 0);
	}
	expect(second_finish());
	for (t = 1; t <= 7; t++)
		printf("race: type %u: %lu and %lu times\n", t, got[0][t],
		       got[1][t]);
	expect_eq(violations, 0);
	expect(enough());
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(l2), 0), 0);
	require(!page_make_rw(mine) && !page_make_rw(its));
	table_free(l2);
	table_free(frame);
	page_free(mine);
	page_free(its);
}

/* ---- one entry, changed by two vcpus in every way there is ---- */

static u64 *table, *slot, *data[2];

static void change(u64 *seed)
{
	u64 e = roll(seed, 3) ? va_to_mfn(data[roll(seed, 2)]) << 12 |
					(roll(seed, 2) ? PTE_DATA : PTE_RO)
			      : 0;
	u64 seen = READ_ONCE(*slot);

	switch (roll(seed, 5)) {
	case 0:
		pte_write(va_to_maddr(table), e);
		break;
	case 1:
		pte_write(va_to_maddr(table) | MMU_PT_UPDATE_PRESERVE_AD, e);
		break;
	case 2:
		WRITE_ONCE(*slot, e);
		break;
	case 3:
		__atomic_exchange_n(slot, e, __ATOMIC_SEQ_CST);
		break;
	default:
		__atomic_compare_exchange_n(slot, &seen, e, false,
					    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
	}
}

static void rival_changes(void)
{
	u64 seed = 1234;

	while (!second_stop)
		change(&seed);
}

PROMISE(race_for_an_entry,
	"an entry changed from two sides: all counts end right")
{
	u64 seed = 99;
	unsigned int i;

	if (!second_start())
		skip("one vcpu");
	if (hypercall(vm_assist, VMASST_CMD_enable,
		      VMASST_TYPE_writable_pagetables))
		skip("no emulated stores");
	table = slot = table_new();
	require(!mmuext(MMUEXT_PIN_L1_TABLE, va_to_mfn(table), 0));
	for (i = 0; i < 2; i++)
		data[i] = table_new(); /* no writable use but the entry's */
	second_begin(rival_changes);
	for (i = 0; i < TURNS; i++)
		change(&seed);
	expect(second_finish());
	expect_eq(pte_write(va_to_maddr(table), 0), 0);
	/* A count too many, and they could not become tables. */
	for (i = 0; i < 2; i++) {
		expect_eq(mmuext(MMUEXT_PIN_L4_TABLE, va_to_mfn(data[i]), 0),
			  0);
		expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(data[i]), 0), 0);
		table_free(data[i]);
	}
	expect_eq(mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(table), 0), 0);
	table_free(table);
}

/* ---- pins of one frame from two sides ---- */

static volatile u64 pins[2];

static void pin_and_unpin(u32 vcpu)
{
	if (!mmuext(MMUEXT_PIN_L1_TABLE, va_to_mfn(table), 0))
		pins[vcpu]++;
	if (!mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(table), 0))
		pins[vcpu]--;
}

static void rival_pins(void)
{
	while (!second_stop)
		pin_and_unpin(1);
}

PROMISE(race_for_the_pin, "pins taken and given back by two vcpus: as many")
{
	unsigned int i;

	if (!second_start())
		skip("one vcpu");
	table = table_new();
	second_begin(rival_pins);
	for (i = 0; i < TURNS; i++)
		pin_and_unpin(0);
	expect(second_finish());
	expect_eq(pins[0] + pins[1],
		  !mmuext(MMUEXT_UNPIN_TABLE, va_to_mfn(table), 0));
	table_free(table);
}
