/*
 * time/scale.c: ticks and dates to nanoseconds and seconds
 *
 * Exact over years: products are 128 bits wide.
 */
#include "internal.h"

struct tsc_scale tsc_scale_make(u64 hz)
{
	struct tsc_scale s = {0, 0};
	u64 num = NS_PER_SEC;

	/* wanted: num / hz in [1/2, 1), times 2^shift */
	while (num >= hz) {
		hz <<= 1;
		s.shift++;
	}
	while (num < DIV_UP(hz, 2)) {
		num <<= 1;
		s.shift--;
	}
	s.mul = (u32)mul_div(num, 1ull << 32, hz);
	return s;
}

u64 tsc_scale_apply(struct tsc_scale s, u64 ticks)
{
	unsigned __int128 t = ticks;

	if (s.shift >= 0)
		t <<= s.shift;
	else
		t >>= -s.shift;
	/* t is below 2^96: hz is at least 1, so shift is at most 30 */
	return (u64)(((t >> 32) * s.mul) + (((t & 0xffffffffu) * s.mul) >> 32));
}

u64 mul_div(u64 a, u64 b, u64 c)
{
	unsigned __int128 p = (unsigned __int128)a * b;
	u64 q, r, hi = (u64)(p >> 64);

	if (c == 0 || hi >= c)
		return ~0ull;
	__asm__("divq %4"
		: "=a"(q), "=d"(r)
		: "a"((u64)p), "d"(hi), "r"(c)
		: "cc");
	return q;
}

u64 civil_to_seconds(unsigned int year, unsigned int month, unsigned int day,
		     unsigned int hour, unsigned int min, unsigned int sec)
{
	u64 era_days, days;

	/* years that begin in March put the leap day last */
	if (month <= 2) {
		month += 12;
		year--;
	}
	era_days = 365ull * year + year / 4 - year / 100 + year / 400;
	/* days of the months from March on, then 0000-03-01 to 1970-01-01 */
	days = era_days + (153 * (month - 3) + 2) / 5 + day - 1 - 719468;
	return ((days * 24 + hour) * 60 + min) * 60 + sec;
}
