/*
 * cpu/tsc.c: a further pcpu's time stamp counter is made that of the boot CPU
 *
 * System time is one function of the TSC on all pcpus, so the counters must
 * agree. One that does not is moved through TSC_ADJUST, as often as it takes
 * for no difference to show; where that is not possible the pcpu is not used.
 */
#include <hv/boot.h>
#include "internal.h"
#include "warp.h"

#define MSR_TSC_ADJUST 0x3b
#define ROUNDS	       5

static struct warp rounds[ROUNDS];

/*
 * tsc_skew=<ticks>[,msr]: in debug builds, a newcomer's counter is taken for
 * one that is so far ahead, and with msr as if TSC_ADJUST could mend that. No
 * emulated processor's is ever wrong.
 */
static struct {
	bool on, msr;
	u64 ticks;
} opt_skew;

static int parse_skew(const char *s)
{
	const char *end;

	opt_skew.ticks = hv_strtoul(s, &end, 0);
	opt_skew.msr = !strcmp(end, ",msr");
	if (!CONFIG_DEBUG || end == s || (*end && !opt_skew.msr))
		return -EINVAL;
	opt_skew.on = true;
	return 0;
}
OPTION_FN("tsc_skew", parse_skew);

static u64 skew; /* of the newcomer, now */

static u64 counter(void)
{
	return rdtsc();
}

static u64 skewed_counter(void)
{
	return rdtsc() + skew;
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

static void adjust(u64 ticks)
{
	wrmsr(MSR_TSC_ADJUST, rdmsr(MSR_TSC_ADJUST) + ticks);
}

static void adjust_skew(u64 ticks)
{
	skew += ticks;
}

void tsc_sync_prepare(void)
{
	memset(rounds, 0, sizeof(rounds));
	skew = opt_skew.ticks;
}

bool tsc_sync_boot(u64 *differs)
{
	return warp_sync(rounds, ROUNDS, 0, counter, NULL, differs);
}

bool tsc_sync_ap(void)
{
	u64 differs;

	if (opt_skew.on)
		return warp_sync(rounds, ROUNDS, 1, skewed_counter,
				 opt_skew.msr ? adjust_skew : NULL, &differs);
	return warp_sync(rounds, ROUNDS, 1, counter,
			 has_tsc_adjust() ? adjust : NULL, &differs);
}
