/*
 * domain/cpu_policy.c: CPUID as lists of leaves, and what tools take away
 *
 * A domain sees what cpuid_guest() allows less the feature bits a toolstack
 * cleared in the policy it set. Nothing can be added.
 */
#include <xen/cpuid.h>
#include "internal.h"

#define LEAVES_MAX    64 /* what tools must have room for */
#define MSRS_MAX      2
#define LAST_BASIC    0xdu
#define LAST_EXTENDED 0x80000008u
#define VANE_LEAF     0x40000100u

/* Feature words, in the order of struct domain.cpuid_hidden. */
static const struct word {
	u32 leaf, sub;
	unsigned int reg; /* 0 eax .. 3 edx */
	u32 dynamic;	  /* bits that follow the machine, not a policy */
} words[CPUID_WORDS] = {
	{1, 0, 3, 1u << 9 /* APIC */},
	{1, 0, 2, 1u << 27 | 1u << 31 /* OSXSAVE, HYPERVISOR */},
	{0x80000001, 0, 3, 1u << 9},
	{0x80000001, 0, 2, 0},
	{0xd, 1, 0, 0},
	{7, 0, 1, 0},
	{7, 0, 2, 0},
	{0x80000007, 0, 3, 0},
	{0x80000008, 0, 1, 0},
	{7, 0, 3, 0},
	{7, 1, 0, 0},
};

static bool has_subleaves(u32 leaf)
{
	return leaf == 4 || leaf == 7 || leaf == 0xb || leaf == 0xd;
}

static bool word_of(const struct word *w, u32 leaf, u32 sub)
{
	return w->leaf == leaf && (!has_subleaves(leaf) || w->sub == sub);
}

void domain_hide_features(const struct domain *d, u32 leaf, u32 sub, u32 r[4])
{
	unsigned int i;

	for (i = 0; i < CPUID_WORDS; i++)
		if (word_of(&words[i], leaf, sub))
			r[words[i].reg] &= ~d->cpuid_hidden[i];
}

/* ---- whose view is asked for ---- */
struct view {
	bool machine;	  /* the processor itself */
	struct domain *d; /* NULL: any PV guest's */
};

static void look(const struct view *view, u32 leaf, u32 sub, u32 r[4])
{
	if (view->machine) {
		cpuid(leaf, sub, r);
		return;
	}
	cpuid_guest(current, leaf, sub, r);
	if (view->d)
		domain_hide_features(view->d, leaf, sub, r);
}

/* ---- writing lists ---- */
struct list_out {
	const struct view *view;
	gptr_t to;
	u32 room, n;
	int rc;
};

static void put(struct list_out *o, u32 leaf, u32 sub)
{
	struct xen_cpuid_leaf l = {.leaf = leaf, .subleaf = sub};
	u32 r[4];

	if (o->rc)
		return;
	look(o->view, leaf, sub == XEN_CPUID_NO_SUBLEAF ? 0 : sub, r);
	l.a = r[0];
	l.b = r[1];
	l.c = r[2];
	l.d = r[3];
	if (o->n >= o->room)
		o->rc = -ENOBUFS;
	else
		o->rc = copy_out_at(o->to, o->n, &l);
	o->n++;
}

static void put_subleaves(struct list_out *o, u32 leaf)
{
	u32 r[4], sub;

	switch (leaf) {
	case 4:
		for (sub = 0; sub < 8; sub++) {
			put(o, leaf, sub);
			look(o->view, leaf, sub, r);
			if (!(r[0] & 0x1f))
				break;
		}
		break;
	case 7:
	case 0xb:
		put(o, leaf, 0);
		put(o, leaf, 1);
		break;
	case 0xd:
		put(o, leaf, 0);
		put(o, leaf, 1);
		for (sub = 2; sub < 63; sub++)
			if (xcr0_guest_mask >> sub & 1)
				put(o, leaf, sub);
		break;
	}
}

static void put_range(struct list_out *o, u32 first, u32 last)
{
	u32 top[4], leaf;

	look(o->view, first, 0, top);
	for (leaf = first; leaf <= min(top[0], last); leaf++)
		if (has_subleaves(leaf))
			put_subleaves(o, leaf);
		else
			put(o, leaf, XEN_CPUID_NO_SUBLEAF);
}

static int put_leaves(const struct view *view, gptr_t to, u32 *nr)
{
	struct list_out o = {view, to, *nr, 0, 0};

	if (gptr_null(to)) {
		*nr = LEAVES_MAX;
		return 0;
	}
	put_range(&o, 0, LAST_BASIC);
	if (!view->machine) {
		put(&o, XEN_CPUID_FIRST_LEAF, XEN_CPUID_NO_SUBLEAF);
		put(&o, VANE_LEAF, XEN_CPUID_NO_SUBLEAF);
	}
	put_range(&o, 0x80000000u, LAST_EXTENDED);
	*nr = o.n;
	return o.rc;
}

/* The two MSRs that policies carry; both read as 0 here. */
static const u32 policy_msrs[MSRS_MAX] = {0xce, 0x10a};

static int put_msrs(gptr_t to, u32 *nr)
{
	unsigned int i;

	if (gptr_null(to)) {
		*nr = MSRS_MAX;
		return 0;
	}
	if (*nr < MSRS_MAX)
		return -ENOBUFS;
	for (i = 0; i < MSRS_MAX; i++) {
		struct xen_msr_entry e = {.idx = policy_msrs[i]};

		if (copy_out_at(to, i, &e))
			return -EFAULT;
	}
	*nr = MSRS_MAX;
	return 0;
}

long sysctl_cpu_policy(struct xen_sysctl_cpu_policy *p)
{
	struct view view = {0};
	int rc;

	switch (p->index) {
	case XEN_SYSCTL_cpu_policy_raw:
	case XEN_SYSCTL_cpu_policy_host:
		view.machine = true;
		break;
	case XEN_SYSCTL_cpu_policy_pv_max:
	case XEN_SYSCTL_cpu_policy_pv_default:
		break;
	case XEN_SYSCTL_cpu_policy_hvm_max:
	case XEN_SYSCTL_cpu_policy_hvm_default:
		return -EOPNOTSUPP;
	default:
		return -EINVAL;
	}
	if (p->_rsvd)
		return -EINVAL;
	rc = put_leaves(&view, GPTR_OF(p->leaves), &p->nr_leaves);
	return rc ? rc : put_msrs(GPTR_OF(p->msrs), &p->nr_msrs);
}

static void features(const struct view *view, u32 f[CPUID_WORDS])
{
	unsigned int i;

	for (i = 0; i < CPUID_WORDS; i++) {
		u32 r[4];

		look(view, words[i].leaf, words[i].sub, r);
		f[i] = r[words[i].reg];
	}
}

long sysctl_featureset(struct xen_sysctl_cpu_featureset *p)
{
	struct view view = {0};
	u32 f[CPUID_WORDS] = {0};
	u32 room = p->nr_features;
	gptr_t to = GPTR_OF(p->features);

	if (p->index > XEN_SYSCTL_cpu_featureset_hvm_max)
		return -EINVAL;
	p->nr_features = CPUID_WORDS;
	if (gptr_null(to))
		return 0;
	view.machine = p->index <= XEN_SYSCTL_cpu_featureset_host;
	if (p->index != XEN_SYSCTL_cpu_featureset_hvm &&
	    p->index != XEN_SYSCTL_cpu_featureset_hvm_max)
		features(&view, f);
	if (copy_out(to, f, min(room, (u32)CPUID_WORDS) * sizeof(f[0])))
		return -EFAULT;
	return room < CPUID_WORDS ? -ENOBUFS : 0;
}

/* ---- domctl ---- */
long domctl_get_policy(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_cpu_policy *p = &op->u.cpu_policy;
	struct view view = {.d = d};
	int rc = put_leaves(&view, GPTR_OF(p->leaves), &p->nr_leaves);

	return rc ? rc : put_msrs(GPTR_OF(p->msrs), &p->nr_msrs);
}

static bool leaf_known(const struct xen_cpuid_leaf *l)
{
	return l->leaf <= LAST_BASIC || l->leaf == XEN_CPUID_FIRST_LEAF ||
	       l->leaf == VANE_LEAF ||
	       (l->leaf >= 0x80000000u && l->leaf <= LAST_EXTENDED + 0x20);
}

static void take_leaf(u32 hidden[CPUID_WORDS], const u32 all[CPUID_WORDS],
		      const struct xen_cpuid_leaf *l)
{
	const u32 r[4] = {l->a, l->b, l->c, l->d};
	unsigned int i;

	for (i = 0; i < CPUID_WORDS; i++)
		if (word_of(&words[i], l->leaf, l->subleaf))
			hidden[i] =
				all[i] & ~r[words[i].reg] & ~words[i].dynamic;
}

static int take_leaves(struct xen_domctl_cpu_policy *p, u32 hidden[CPUID_WORDS])
{
	const struct view any = {0};
	u32 all[CPUID_WORDS], i;
	struct xen_cpuid_leaf l;

	if (p->nr_leaves > LEAVES_MAX)
		return -E2BIG;
	features(&any, all);
	for (i = 0; i < p->nr_leaves; i++) {
		if (copy_in_at(&l, GPTR_OF(p->leaves), i))
			return -EFAULT;
		if (!leaf_known(&l)) {
			p->err_leaf = l.leaf;
			p->err_subleaf = l.subleaf;
			return -ERANGE;
		}
		take_leaf(hidden, all, &l);
	}
	return 0;
}

static int check_msrs(struct xen_domctl_cpu_policy *p)
{
	struct xen_msr_entry e;
	u32 i;

	if (p->nr_msrs > MSRS_MAX)
		return -E2BIG;
	for (i = 0; i < p->nr_msrs; i++) {
		if (copy_in_at(&e, GPTR_OF(p->msrs), i))
			return -EFAULT;
		p->err_msr = e.idx;
		if (e.idx != policy_msrs[0] && e.idx != policy_msrs[1])
			return -ERANGE;
		if (e.flags || e.val)
			return -EINVAL;
	}
	p->err_msr = ~0u;
	return 0;
}

long domctl_set_policy(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_cpu_policy *p = &op->u.cpu_policy;
	u32 hidden[CPUID_WORDS];
	int rc;

	p->err_leaf = p->err_subleaf = p->err_msr = ~0u;
	if (d == current->d)
		return -EINVAL;
	/* Nothing may change under a running kernel. */
	if (d->started)
		return -EEXIST;
	memcpy(hidden, d->cpuid_hidden, sizeof(hidden));
	rc = take_leaves(p, hidden);
	if (!rc)
		rc = check_msrs(p);
	if (!rc)
		memcpy(d->cpuid_hidden, hidden, sizeof(hidden));
	return rc;
}
