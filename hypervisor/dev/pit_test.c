#include <hv/lib.h>
#include "pit.h"
#include "../../tests/host/suite.h"

#define MS  1000000ull
#define OUT 0x20

static struct pit2 p;

static u32 read_both(u64 t)
{
	u32 v = pit2_read(&p, t);

	return v | (u32)pit2_read(&p, t) << 8;
}

/* The way kernels measure a processor's clock: mode 0, 50 ms, wait for OUT */
START_TEST(one_shot_raises_its_output_in_time)
{
	u16 count = 59659; /* 50 ms */

	pit2_reset(&p);
	pit2_port61_write(&p, 0x01, 0);
	pit2_control(&p, 0xb0, 0);
	pit2_write(&p, (u8)count, 7);
	pit2_write(&p, (u8)(count >> 8), 7);
	ck_assert(!(pit2_port61_read(&p, 7) & OUT));
	ck_assert(!(pit2_port61_read(&p, 49 * MS) & OUT));
	ck_assert(pit2_port61_read(&p, 51 * MS) & OUT);
}
END_TEST

START_TEST(counts_down_while_the_gate_is_open)
{
	pit2_reset(&p);
	pit2_control(&p, 0xb4, 0); /* mode 2 */
	pit2_write(&p, 0xe8, 0);
	pit2_write(&p, 0x03, 0); /* 1000 */
	ck_assert_uint_eq(read_both(5 * MS), 1000);
	pit2_port61_write(&p, 0x01, 10 * MS);
	ck_assert_uint_eq(read_both(10 * MS + 83810), 1000 - 100);
}
END_TEST

START_TEST(latch_freezes_one_reading)
{
	pit2_reset(&p);
	pit2_port61_write(&p, 0x01, 0);
	pit2_control(&p, 0xb4, 0);
	pit2_write(&p, 0, 0);
	pit2_write(&p, 0, 0);
	pit2_control(&p, 0x80, MS);
	ck_assert_uint_eq(read_both(40 * MS), 65536 - 1193);
	ck_assert_uint_ne(read_both(40 * MS), 65536 - 1193);
}
END_TEST

START_TEST(other_channels_change_nothing)
{
	struct pit2 before;

	pit2_reset(&p);
	before = p;
	pit2_control(&p, 0x34, 0);
	pit2_control(&p, 0x70, 0);
	pit2_control(&p, 0xc4, 0); /* read-back without channel 2 */
	ck_assert_uint_eq(p.mode, before.mode);
	ck_assert_uint_eq(p.latched, before.latched);
}
END_TEST

START_TEST(every_mode_and_time_is_defined)
{
	for (unsigned int c = 0; c < 256; c++) {
		pit2_reset(&p);
		pit2_port61_write(&p, 0x03, 0);
		pit2_control(&p, (u8)(0x80 | c), 0);
		pit2_write(&p, 1, 0);
		pit2_write(&p, 0, 0);
		for (u64 t = 1; t; t <<= 1) {
			pit2_read(&p, t);
			ck_assert_uint_eq(pit2_port61_read(&p, t) & 3, 3);
		}
	}
}
END_TEST

SUITE("pit", one_shot_raises_its_output_in_time,
      counts_down_while_the_gate_is_open, latch_freezes_one_reading,
      other_channels_change_nothing, every_mode_and_time_is_defined)
