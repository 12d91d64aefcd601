/*
 * preempt/hold.c: see hold.h
 */
#include "hold.h"
#include <xen/sysctl.h>

#define ROWS   128
#define VALUES 256

static struct xen_sysctl_perfc_desc desc[ROWS];
static xen_sysctl_perfc_val_t val[VALUES];

static bool perfc(u32 cmd)
{
	struct xen_sysctl op = {
		.cmd = XEN_SYSCTL_perfc_op,
		.interface_version = XEN_SYSCTL_INTERFACE_VERSION,
	};

	op.u.perfc_op.cmd = cmd;
	op.u.perfc_op.desc.p = desc;
	op.u.perfc_op.val.p = val;
	return !hypercall(sysctl, &op) && op.u.perfc_op.nr_counters <= ROWS &&
	       op.u.perfc_op.nr_vals <= VALUES;
}

u64 hold_longest(void)
{
	u64 longest = 0;
	unsigned int i, j, at = 0;

	memset(desc, 0, sizeof(desc));
	if (!perfc(XEN_SYSCTL_PERFCOP_query))
		return 0;
	for (i = 0; i < ROWS && desc[i].nr_vals; i++)
		for (j = 0; j < desc[i].nr_vals; j++, at++)
			if (!strncmp(desc[i].name, "longest hold", 12) &&
			    val[at] > longest)
				longest = val[at];
	return longest;
}

/* Under -icount the same work takes the same ticks, twice in a row. */
static bool ticks_are_instructions(void)
{
	u64 took[4], start;
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(took); i++) {
		start = rdtsc();
		for (n = 0; n < 1000; n++)
			barrier();
		took[i] = rdtsc() - start;
	}
	return took[1] == took[2] && took[2] == took[3];
}

bool hold_counted(void)
{
	static bool known, counted;

	if (!known) {
		known = true;
		counted = hold_longest() && ticks_are_instructions();
	}
	return counted;
}

void hold_reset(void)
{
	if (hold_counted() && !perfc(XEN_SYSCTL_PERFCOP_reset))
		guest_broken("counters cannot be reset");
}

bool hold_short(const char *what)
{
	u64 longest;

	if (!hold_counted())
		return true;
	longest = hold_longest();
	printf("HELD %s %lu\n", what, longest);
	return longest && longest <= LONGEST;
}

PROMISE(holds_are_counted, "a debug build counts the longest hold")
{
	if (!is_dom0())
		skip("needs the rights of dom0");
	if (!perfc(XEN_SYSCTL_PERFCOP_query))
		skip("no performance counters");
	if (!hold_longest())
		skip("not a debug build of Paravane");
	expect(hold_counted());
}
