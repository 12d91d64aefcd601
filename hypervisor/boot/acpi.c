/*
 * acpi.c: the static tables: MADT, FADT, HPET, MCFG
 *
 * Firmware is not trusted to be right: every length is checked against what
 * holds it, and a table that fails is skipped with a warning.
 */
#include <hv/boot.h>

#define SIG(a, b, c, d) \
	((u32)(a) | (u32)(b) << 8 | (u32)(c) << 16 | (u32)(d) << 24)
#define MAX_TABLE (1u << 20) /* bytes; larger ones are damaged */
#define MAX_ROOT  256	     /* tables in a root table */

struct rsdp {
	char sig[8];
	u8 sum;
	char oem[6];
	u8 revision;
	u32 rsdt;
	u32 length; /* from here on: revision 2 */
	u64 xsdt;
	u8 sum_all;
	u8 res[3];
} __packed;

struct header {
	u32 sig;
	u32 length;
	u8 revision;
	u8 sum;
	char oem[6], oem_table[8];
	u32 oem_revision;
	char creator[4];
	u32 creator_revision;
} __packed;

struct madt {
	struct header h;
	u32 lapic;
	u32 flags;
} __packed;

struct gas {
	u8 space, bits, offset, access;
	u64 addr;
} __packed;

struct fadt {
	struct header h;
	u32 facs, dsdt;
	u8 res1, profile;
	u16 sci_irq;
	u32 smi_cmd;
	u8 acpi_enable, acpi_disable, s4bios, pstate;
	u32 pm1a_evt, pm1b_evt, pm1a_cnt, pm1b_cnt, pm2_cnt, pm_tmr;
	u32 gpe0, gpe1;
	u8 lengths[8];
	u16 res2[4];
	u8 res3[5];
	u16 boot_flags;
	u8 res4;
	u32 flags;
	struct gas reset_reg;
	u8 reset_value;
} __packed;

#define FADT_TMR_32BIT (1u << 8)
#define FADT_RESET     (1u << 10)

struct hpet {
	struct header h;
	u32 id;
	struct gas base;
} __packed;

struct mcfg_entry {
	u64 base;
	u16 segment;
	u8 bus_first, bus_last;
	u32 res;
} __packed;

static u8 sum_of(const void *p, size_t n)
{
	const u8 *b = p;
	u8 s = 0;

	while (n--)
		s = (u8)(s + *b++);
	return s;
}

static unsigned int rsdp_usable(const u8 *p)
{
	const struct rsdp *r = (const void *)p;

	if (memcmp(r->sig, "RSD PTR ", 8) || sum_of(p, 20))
		return 0;
	if (r->revision >= 2 && r->length >= 36 && r->length <= 64 &&
	    !sum_of(p, r->length))
		return 36;
	return 20;
}

unsigned int acpi_find_rsdp(const u8 *low, u8 rsdp[36])
{
	u32 ebda = (u32)(low[0x40e] | low[0x40f] << 8) << 4;
	struct {
		u32 first, end;
	} where[2] = {{ebda, ebda + 1024}, {0xe0000, 0xfffc0}};

	for (unsigned int i = 0; i < 2; i++) {
		if (where[i].first < 0x400 || where[i].end > 0xfffff)
			continue;
		for (u32 a = where[i].first; a < where[i].end; a += 16) {
			unsigned int n = rsdp_usable(low + a);

			if (n) {
				memcpy(rsdp, low + a, n);
				return n;
			}
		}
	}
	return 0;
}

/* ---- MADT ---- */
static void madt_cpu(struct acpi_facts *f, u32 apic_id, u32 acpi_id, u32 flags)
{
	if (f->nr_cpus == ARRAY_SIZE(f->cpu) || !(flags & 3))
		return;
	f->cpu[f->nr_cpus].apic_id = apic_id;
	f->cpu[f->nr_cpus].acpi_id = acpi_id;
	f->cpu[f->nr_cpus++].enabled = flags & 1;
}

static u16 get16(const u8 *p)
{
	return (u16)(p[0] | p[1] << 8);
}

static u32 get32(const u8 *p)
{
	return get16(p) | (u32)get16(p + 2) << 16;
}

static u64 get64(const u8 *p)
{
	return get32(p) | (u64)get32(p + 4) << 32;
}

/* One entry: @e[0] type, @e[1] its length, already within the table */
static void madt_entry(struct acpi_facts *f, const u8 *e)
{
	switch (e[0]) {
	case 0:
		if (e[1] >= 8)
			madt_cpu(f, e[3], e[2], get32(e + 4));
		break;
	case 1:
		if (e[1] < 12 || f->nr_ioapics == ARRAY_SIZE(f->ioapic))
			break;
		f->ioapic[f->nr_ioapics].id = e[2];
		f->ioapic[f->nr_ioapics].maddr = get32(e + 4);
		f->ioapic[f->nr_ioapics++].gsi_base = get32(e + 8);
		break;
	case 2:
		if (e[1] < 10 || f->nr_overrides == ARRAY_SIZE(f->override))
			break;
		f->override[f->nr_overrides].source = e[3];
		f->override[f->nr_overrides].gsi = get32(e + 4);
		f->override[f->nr_overrides++].flags = get16(e + 8);
		break;
	case 5:
		if (e[1] >= 12)
			f->lapic_maddr = get64(e + 4);
		break;
	case 9:
		if (e[1] >= 16)
			madt_cpu(f, get32(e + 4), get32(e + 12), get32(e + 8));
		break;
	}
}

static bool parse_madt(struct acpi_facts *f, const struct header *h)
{
	const struct madt *m = (const void *)h;
	const u8 *p = (const u8 *)(m + 1), *end = (const u8 *)h + h->length;

	if (h->length < sizeof(*m))
		return false;
	f->lapic_maddr = m->lapic;
	while (end - p >= 2 && p[1] >= 2 && p[1] <= end - p) {
		madt_entry(f, p);
		p += p[1];
	}
	return p == end;
}

/* ---- FADT, HPET, MCFG ---- */
static bool parse_fadt(struct acpi_facts *f, const struct header *h)
{
	const struct fadt *t = (const void *)h;

	if (h->length < 116) /* revision 1 */
		return false;
	f->sci_irq = t->sci_irq;
	f->pm_timer_port = (u16)t->pm_tmr;
	f->pm_timer_bits = t->flags & FADT_TMR_32BIT ? 32 : 24;
	f->pm1a_cnt = (u16)t->pm1a_cnt;
	f->pm1b_cnt = (u16)t->pm1b_cnt;
	f->pm1a_evt = (u16)t->pm1a_evt;
	f->pm1b_evt = (u16)t->pm1b_evt;
	if (h->length >= sizeof(*t) && (t->flags & FADT_RESET)) {
		f->reset_ok = true;
		f->reset_reg = t->reset_reg.addr;
		f->reset_space = t->reset_reg.space;
		f->reset_value = t->reset_value;
	}
	return true;
}

static bool parse_hpet(struct acpi_facts *f, const struct header *h)
{
	const struct hpet *t = (const void *)h;

	if (h->length < sizeof(*t) || t->base.space != 0)
		return false;
	f->hpet_maddr = t->base.addr;
	return true;
}

static bool parse_mcfg(struct acpi_facts *f, const struct header *h)
{
	const u8 *p = (const u8 *)h + sizeof(*h) + 8;
	const u8 *end = (const u8 *)h + h->length;
	const struct mcfg_entry *e;

	for (; end - p >= (ptrdiff_t)sizeof(*e); p += sizeof(*e)) {
		e = (const void *)p;
		if (e->bus_first > e->bus_last ||
		    f->nr_mmcfg == ARRAY_SIZE(f->mmcfg))
			return false;
		f->mmcfg[f->nr_mmcfg].maddr = e->base;
		f->mmcfg[f->nr_mmcfg].segment = e->segment;
		f->mmcfg[f->nr_mmcfg].bus_first = e->bus_first;
		f->mmcfg[f->nr_mmcfg++].bus_last = e->bus_last;
	}
	return true;
}

/* ---- the tree ---- */
/* Maps a whole table with a good checksum, or returns NULL. */
static const struct header *map_table(const struct acpi_mapper *m, u64 maddr)
{
	const struct header *h = m->map(maddr, sizeof(*h));
	u32 len;

	if (!h)
		return NULL;
	len = h->length;
	m->unmap(h, sizeof(*h));
	if (len < sizeof(*h) || len > MAX_TABLE)
		goto bad;
	h = m->map(maddr, len);
	if (!h)
		return NULL;
	if (h->length == len && !sum_of(h, len))
		return h;
	m->unmap(h, len);
bad:
	printk(LOG_WARN, "ACPI: table at %#llx is damaged, ignored\n",
	       (unsigned long long)maddr);
	return NULL;
}

static void parse_table(struct acpi_facts *f, const struct acpi_mapper *m,
			u64 maddr)
{
	const struct header *h = map_table(m, maddr);
	bool ok = true;

	if (!h)
		return;
	switch (h->sig) {
	case SIG('A', 'P', 'I', 'C'):
		ok = parse_madt(f, h);
		break;
	case SIG('F', 'A', 'C', 'P'):
		ok = parse_fadt(f, h);
		break;
	case SIG('H', 'P', 'E', 'T'):
		ok = parse_hpet(f, h);
		break;
	case SIG('M', 'C', 'F', 'G'):
		ok = parse_mcfg(f, h);
		break;
	}
	if (!ok)
		printk(LOG_WARN, "ACPI: %.4s has wrong lengths\n",
		       (const char *)h);
	m->unmap(h, h->length);
}

static int parse_root(struct acpi_facts *f, const struct acpi_mapper *m,
		      u64 maddr, u32 sig, unsigned int width)
{
	const struct header *root = map_table(m, maddr);
	const u8 *p;
	unsigned int nr;

	if (!root)
		return -ENOENT;
	if (root->sig != sig) {
		m->unmap(root, root->length);
		return -ENOENT;
	}
	nr = (unsigned int)(root->length - sizeof(*root)) / width;
	p = (const u8 *)(root + 1);
	for (unsigned int i = 0; i < nr && i < MAX_ROOT; i++, p += width) {
		u64 a = width == 8 ? get64(p) : get32(p);

		if (a)
			parse_table(f, m, a);
	}
	m->unmap(root, root->length);
	return 0;
}

int acpi_parse(struct acpi_facts *f, const u8 *rsdp, unsigned int len,
	       const struct acpi_mapper *m)
{
	const struct rsdp *r = (const void *)rsdp;
	int rc = -ENOENT;

	memset(f, 0, sizeof(*f));
	if (len >= 36 && r->revision >= 2 && r->xsdt)
		rc = parse_root(f, m, r->xsdt, SIG('X', 'S', 'D', 'T'), 8);
	if (rc && len >= 20 && r->rsdt)
		rc = parse_root(f, m, r->rsdt, SIG('R', 'S', 'D', 'T'), 4);
	f->present = !rc;
	return rc;
}
