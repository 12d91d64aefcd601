/*
 * cpu/tsc.c: a further pcpu's time stamp counter is made that of the boot CPU
 *
 * System time is one function of the TSC on all pcpus, so the counters must
 * agree. One that does not is moved through TSC_ADJUST, as often as it takes
 * for no difference to show; where that is not possible the pcpu is not used.
 */
#include "internal.h"
#include "warp.h"

#define MSR_TSC_ADJUST 0x3b
#define ROUNDS	       5

static struct warp rounds[ROUNDS];

static u64 counter(void)
{
	return rdtsc();
}

static bool has_tsc_adjust(void)
{
	u32 r[4];

	cpuid(0, 0, r);
	if (r[0] < 7)
		return false;
	cpuid(7, 0, r);
	return r[1] & 1u << 1;
}

static bool agree(const struct warp *w)
{
	return !w->behind[0] && !w->behind[1];
}

void tsc_sync_prepare(void)
{
	memset(rounds, 0, sizeof(rounds));
}

bool tsc_sync_boot(u64 *differs)
{
	unsigned int i;

	*differs = 0;
	for (i = 0; i < ROUNDS; i++) {
		warp_measure(&rounds[i], 0, counter);
		if (agree(&rounds[i]))
			return true;
		*differs = max(*differs,
			       max(rounds[i].behind[0], rounds[i].behind[1]));
	}
	return false;
}

bool tsc_sync_ap(void)
{
	bool can = has_tsc_adjust();
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		warp_measure(&rounds[i], 1, counter);
		if (agree(&rounds[i]))
			return true;
		if (can)
			wrmsr(MSR_TSC_ADJUST, rdmsr(MSR_TSC_ADJUST) +
						      rounds[i].behind[1] -
						      rounds[i].behind[0]);
	}
	return false;
}
