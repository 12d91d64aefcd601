/*
 * pt/root.c: the roots a vcpu runs on
 */
#include "internal.h"

maddr_t pt_vcpu_cr3(const struct vcpu *v)
{
	mfn_t root = v->gate.kernel ? v->pt.kernel_root : v->pt.user_root;

	return mfn_none(root) ? MADDR(hv_root_maddr) : mfn_to_maddr(root);
}

/* Only after CR3 left the old root may its references go. */
static void load_if_here(struct vcpu *v)
{
	if (this_pcpu()->loaded == v)
		cpu_write_cr3(pt_vcpu_cr3(v).v);
}

/* A dying domain's roots are gone for good. */
static int root_get(struct domain *d, mfn_t root)
{
	return READ_ONCE(d->dying) == DOM_ALIVE ? pt_get_both(root, d, PGT_l4)
						: -EINVAL;
}

static int drop_root(struct vcpu *v, mfn_t old)
{
	if (mfn_none(old) || !pt_put_both(mfn_to_page(old), v->d))
		return 0;
	pt_remember(mfn_to_page(old));
	return -ERESTART;
}

/*
 * The M2P is for kernels only. The other hypervisor slots were filled when the
 * table was validated, and never change.
 */
static void show_m2p(mfn_t root, bool shown)
{
	u64 *l4 = mfn_to_virt(root);

	WRITE_ONCE(l4[M2P_SLOT], shown ? hv_l4()[M2P_SLOT] : 0);
}

int pt_set_kernel_root(struct vcpu *v, mfn_t root)
{
	struct domain *d = v->d;
	mfn_t old;
	int rc = 0;

	if (mfn_none(root))
		return -EINVAL;
	spin_lock(&d->pt_lock);
	old = v->pt.kernel_root;
	if (!mfn_eq(root, old)) {
		rc = root_get(d, root);
		if (rc)
			goto out;
		v->pt.kernel_root = root;
	}
	show_m2p(root, true);
	load_if_here(v);
	if (!mfn_eq(root, old))
		rc = drop_root(v, old);
out:
	spin_unlock(&d->pt_lock);
	return rc;
}

int pt_set_user_root(struct vcpu *v, mfn_t root)
{
	struct domain *d = v->d;
	mfn_t old;
	int rc = 0;

	spin_lock(&d->pt_lock);
	old = v->pt.user_root;
	if (mfn_eq(root, old))
		goto out;
	if (!mfn_none(root)) {
		rc = root_get(d, root);
		if (rc)
			goto out;
		if (!mfn_eq(root, v->pt.kernel_root))
			show_m2p(root, false);
	}
	v->pt.user_root = root;
	if (!v->gate.kernel)
		load_if_here(v);
	rc = drop_root(v, old);
out:
	spin_unlock(&d->pt_lock);
	return rc;
}

int pt_vcpu_init(struct vcpu *v)
{
	unsigned int i;

	v->pt.kernel_root = v->pt.user_root = INVALID_MFN;
	for (i = 0; i < PT_MAX_LEFT; i++)
		v->pt.left[i] = INVALID_MFN;
	v->pt.win = vwin_alloc();
	if (!v->pt.win)
		return -ENOMEM;
	for (i = 0; i < VWIN_PAGES / 2; i++)
		vwin_set_zero(v->pt.win, i);
	return 0;
}

int pt_vcpu_drop(struct vcpu *v)
{
	struct domain *d = v->d;
	mfn_t kernel, user;
	int rc;

	spin_lock(&d->pt_lock);
	pt_ldt_unmap(v);
	v->pt.ldt_ents = 0;
	pt_gdt_drop(v);
	kernel = v->pt.kernel_root;
	user = v->pt.user_root;
	v->pt.kernel_root = v->pt.user_root = INVALID_MFN;
	load_if_here(v);
	rc = drop_root(v, kernel);
	if (drop_root(v, user))
		rc = -ERESTART;
	spin_unlock(&d->pt_lock);
	return rc;
}

void pt_vcpu_free(struct vcpu *v)
{
	if (v->pt.win)
		vwin_free(v->pt.win);
	v->pt.win = 0;
}
