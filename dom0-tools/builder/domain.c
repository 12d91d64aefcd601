#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include <xen/domctl.h>
#include <xen/grant_table.h>
#include <xen/memory.h>

#include "builder/domain.h"
#include "builder/guestmem.h"
#include "builder/pgtable.h"
#include "builder/startinfo.h"
#include "lib/domctl.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/memory.h"

/* Grant references every guest finds seeded. */
#define GREF_CONSOLE 0
#define GREF_STORE   1

static int failed(int rc, const char *what)
{
	return err_set(rc, "the hypervisor refused to %s: %s", what,
		       err_str(rc));
}

static int load_kernel(const struct guestmem *gm, const struct kernel *k)
{
	const struct elf_segment *s;
	unsigned int i;
	uint64_t at;
	int rc = 0;

	for (i = 0; !rc && i < k->elf.nr_segments; i++) {
		s = &k->elf.segment[i];
		at = s->paddr - k->notes.paddr_offset;
		rc = guestmem_write(gm, at / HV_PAGE_SIZE, at % HV_PAGE_SIZE,
				    s->data, s->filesz, s->memsz);
	}
	return rc;
}

/* Whole pages: a list that ends inside one is padded with invalid frames. */
static int write_p2m(const struct guestmem *gm, const struct layout *l)
{
	uint64_t bytes = l->nr_pages * sizeof(*gm->p2m);
	uint8_t *list = guestmem_map(gm, l->p2m.pfn, l->p2m.pages);

	if (!list)
		return -EFAULT;
	memcpy(list, gm->p2m, bytes);
	memset(list + bytes, 0xff, l->p2m.pages * HV_PAGE_SIZE - bytes);
	hv_unmap(list, l->p2m.pages);
	return 0;
}

static int write_pgtables(const struct guestmem *gm, const struct layout *l)
{
	uint64_t n = l->pgtables.pages, m = l->p2m_pgtables.pages;
	void *main = guestmem_map(gm, l->pgtables.pfn, n), *p2mt = NULL;
	int rc = -EFAULT;

	if (!main)
		return rc;
	if (m) {
		p2mt = guestmem_map(gm, l->p2m_pgtables.pfn, m);
		if (!p2mt)
			goto out;
		memset(p2mt, 0, m * HV_PAGE_SIZE);
	}
	memset(main, 0, n * HV_PAGE_SIZE);
	pgtable_fill(l, gm->p2m, main, p2mt);
	rc = 0;
out:
	hv_unmap(p2mt, m);
	hv_unmap(main, n);
	return rc;
}

/* Store, console and stack start out as zeroes. */
static int clear_pages(const struct guestmem *gm, const struct layout *l)
{
	int rc = guestmem_write(gm, l->store.pfn, 0, NULL, 0, HV_PAGE_SIZE);

	if (!rc)
		rc = guestmem_write(gm, l->console.pfn, 0, NULL, 0,
				    HV_PAGE_SIZE);
	if (!rc)
		rc = guestmem_write(gm, l->stack.pfn, 0, NULL, 0, HV_PAGE_SIZE);
	return rc;
}

static int write_start_info(const struct guestmem *gm,
			    const struct domain_in *in, uint64_t shared_info)
{
	struct startinfo_in si = {
		.layout = in->layout,
		.p2m = gm->p2m,
		.shared_info_mfn = shared_info,
		.initrd_len = in->initrd->len,
		.store_port = in->store_port,
		.console_port = in->console_port,
		.cmdline = in->cmdline,
	};
	void *page = guestmem_map(gm, in->layout->start_info.pfn, 1);

	if (!page)
		return -EFAULT;
	memset(page, 0, HV_PAGE_SIZE);
	startinfo_fill(&si, page);
	hv_unmap(page, 1);
	return 0;
}

/* Every vcpu starts with events masked. */
static int write_shared_info(const struct guestmem *gm, uint64_t mfn)
{
	struct shared_info *sh;
	size_t i;

	sh = hv_map_foreign(gm->hv, gm->domid, &mfn, 1, PROT_READ | PROT_WRITE);
	if (!sh)
		return -EFAULT;
	memset(sh, 0, sizeof(*sh));
	for (i = 0; i < sizeof(sh->vcpu_info) / sizeof(sh->vcpu_info[0]); i++)
		sh->vcpu_info[i].evtchn_upcall_mask = 1;
	hv_unmap(sh, 1);
	return 0;
}

static struct grant_entry_v1 *map_grants(const struct guestmem *gm)
{
	struct grant_entry_v1 *table;
	uint64_t mfn;
	int rc;

	table = hv_map_resource(gm->hv, gm->domid, XENMEM_resource_grant_table,
				XENMEM_resource_grant_table_id_shared, 0, 1,
				PROT_READ | PROT_WRITE);
	if (table || errno != EOPNOTSUPP)
		return table;
	rc = mem_grant_frame(gm->hv, gm->domid, &mfn);
	if (rc) {
		failed(rc, "set up the grant table");
		return NULL;
	}
	return hv_map_foreign(gm->hv, gm->domid, &mfn, 1,
			      PROT_READ | PROT_WRITE);
}

static void seed(struct grant_entry_v1 *e, domid_t to, uint64_t mfn)
{
	e->domid = to;
	e->frame = mfn;
	/* Flags make the entry valid, so they come last. */
	__atomic_store_n(&e->flags, GTF_permit_access, __ATOMIC_RELEASE);
}

static int seed_grants(const struct guestmem *gm, const struct domain_in *in)
{
	const struct layout *l = in->layout;
	struct grant_entry_v1 *table = map_grants(gm);

	if (!table)
		return err_prefix(-EFAULT, "grant table");
	seed(&table[GREF_CONSOLE], in->console_domid, gm->p2m[l->console.pfn]);
	seed(&table[GREF_STORE], in->store_domid, gm->p2m[l->store.pfn]);
	hv_unmap(table, 1);
	return 0;
}

static int write_images(const struct guestmem *gm, const struct domain_in *in)
{
	const struct layout *l = in->layout;
	int rc = load_kernel(gm, in->kernel);

	log_debug("kernel written");
	if (!rc && in->initrd->len)
		rc = guestmem_write(gm, l->initrd.pfn, 0, in->initrd->data,
				    in->initrd->len,
				    l->initrd.pages * HV_PAGE_SIZE);
	if (!rc)
		rc = write_p2m(gm, l);
	if (!rc)
		rc = clear_pages(gm, l);
	if (!rc)
		rc = write_pgtables(gm, l);
	return rc;
}

/* From here on the hypervisor watches over the page tables. */
static int hand_over(const struct guestmem *gm, const struct domain_in *in)
{
	const struct notes *n = &in->kernel->notes;
	const struct layout *l = in->layout;
	uint64_t l4 = gm->p2m[l->pgtables.pfn], pfn;
	struct vcpu_guest_context ctx;
	int rc;

	if (n->hypercall_page != NOTE_UNSET) {
		pfn = (n->hypercall_page - n->virt_base) / HV_PAGE_SIZE;
		rc = dom_hypercall_init(gm->hv, gm->domid, gm->p2m[pfn]);
		if (rc)
			return failed(rc, "fill the hypercall page");
	}
	rc = mem_pin_l4(gm->hv, gm->domid, l4);
	if (rc)
		return failed(rc, "accept the initial page tables");
	startinfo_context(l, n->entry, l4, &ctx);
	rc = dom_set_context(gm->hv, gm->domid, 0, &ctx);
	return rc ? failed(rc, "accept the initial registers") : 0;
}

int domain_build(struct hv *hv, const struct domain_in *in,
		 struct domain_out *out)
{
	struct guestmem gm = {hv, in->domid, in->layout->nr_pages, NULL};
	struct xen_domctl_getdomaininfo info;
	int rc = guestmem_populate(&gm);

	if (rc)
		goto out;
	log_debug("memory populated");
	rc = write_images(&gm, in);
	if (rc)
		goto out;
	log_debug("initrd and page tables written");
	rc = dom_info(hv, in->domid, &info);
	if (rc) {
		failed(rc, "describe the new domain");
		goto out;
	}
	rc = write_start_info(&gm, in, info.shared_info_frame);
	if (!rc)
		rc = write_shared_info(&gm, info.shared_info_frame);
	if (!rc)
		rc = hand_over(&gm, in);
	log_debug("page tables pinned");
	if (!rc)
		rc = seed_grants(&gm, in);
	if (rc)
		goto out;
	out->store_mfn = gm.p2m[in->layout->store.pfn];
	out->console_mfn = gm.p2m[in->layout->console.pfn];
out:
	guestmem_free(&gm);
	return rc;
}
