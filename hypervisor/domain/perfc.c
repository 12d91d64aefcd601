/*
 * domain/perfc.c: counters and stocks for tools (sysctl perfc_op)
 *
 * Three kinds of rows: what pcpus count (hv/perf.def, one value a pcpu),
 * hypercalls by name (likewise), and stocks as they are now (one value). A
 * reset clears the first two; a stock cannot be reset.
 */
#include <hv/event.h>
#include <hv/grant.h>
#include <hv/mm.h>
#include "internal.h"

struct stock {
	const char *name;
	u64 (*of)(struct domain *d);
};

static u64 one(struct domain *d)
{
	return 1;
}

static u64 frames(struct domain *d)
{
	return d->tot_pages;
}

static u64 table_frames(struct domain *d)
{
	return d->nr_pt_pages;
}

static u64 ports(struct domain *d)
{
	return event_nr_ports(d);
}

static u64 grant_frames(struct domain *d)
{
	return grant_nr_frames(d);
}

static u64 grant_maps(struct domain *d)
{
	return grant_nr_maps(d);
}

static const struct stock stocks[] = {
	{"domains", one},
	{"frames of domains", frames},
	{"frames that are page tables", table_frames},
	{"event channels in use", ports},
	{"grant table frames", grant_frames},
	{"grant mappings", grant_maps},
};

static const char *const perf_names[NR_PERF] = {
#define PERF(name, what) [PERF_##name] = what,
#include <hv/perf.def>
#undef PERF
};

static const char *const call_names[NR_HYPERCALLS] = {
#define HYPERCALL(nr, name, nargs, who, what) [nr] = "hypercall " #name,
#include <calls/hypercalls.def>
#undef HYPERCALL
};

static u64 stock_value(const struct stock *s)
{
	struct domain *d;
	unsigned int next = 0;
	u64 sum = 0;

	while ((d = domain_next(next)) != NULL) {
		next = d->id + 1u;
		sum += s->of(d);
		domain_put(d);
	}
	return sum;
}

/* Where the rows go, and how far they got. */
struct out {
	gptr_t desc, val;
	u32 rows, values;
	int rc;
};

static void put_row(struct out *o, const char *name, u32 nr_vals)
{
	struct xen_sysctl_perfc_desc desc = {.nr_vals = nr_vals};

	hv_strlcpy(desc.name, name, sizeof(desc.name));
	if (!o->rc && !gptr_null(o->desc))
		o->rc = copy_out_at(o->desc, o->rows, &desc);
	o->rows++;
}

static void put_value(struct out *o, u64 value)
{
	xen_sysctl_perfc_val_t v = (xen_sysctl_perfc_val_t)value;

	if (!o->rc && !gptr_null(o->val))
		o->rc = copy_out_at(o->val, o->values, &v);
	o->values++;
}

static void put_all(struct out *o)
{
	unsigned int i, p;

	for (i = 0; i < ARRAY_SIZE(stocks); i++) {
		put_row(o, stocks[i].name, 1);
		put_value(o, gptr_null(o->val) ? 0 : stock_value(&stocks[i]));
	}
	for (i = 0; i < NR_PERF; i++) {
		put_row(o, perf_names[i], nr_pcpus);
		for (p = 0; p < nr_pcpus; p++)
			put_value(o, pcpus[p]->perf[i]);
	}
	for (i = 0; i < NR_HYPERCALLS; i++) {
		if (!call_names[i])
			continue;
		put_row(o, call_names[i], nr_pcpus);
		for (p = 0; p < nr_pcpus; p++)
			put_value(o, pcpus[p]->hypercalls[i]);
	}
}

static void reset(void)
{
	unsigned int p;

	for (p = 0; p < nr_pcpus; p++) {
		memset(pcpus[p]->perf, 0, sizeof(pcpus[p]->perf));
		memset(pcpus[p]->hypercalls, 0, sizeof(pcpus[p]->hypercalls));
	}
}

/* Both commands tell the sizes, as 4.17 does. */
long sysctl_perfc(struct xen_sysctl_perfc_op *op)
{
	struct out o = {.desc = GPTR_OF(op->desc), .val = GPTR_OF(op->val)};

	if (op->cmd == XEN_SYSCTL_PERFCOP_reset)
		reset();
	else if (op->cmd != XEN_SYSCTL_PERFCOP_query)
		return -EINVAL;
	put_all(&o);
	op->nr_counters = o.rows;
	op->nr_vals = o.values;
	return o.rc;
}
