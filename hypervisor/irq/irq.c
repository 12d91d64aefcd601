/*
 * irq/irq.c: vectors, and what happens when one arrives
 */
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/time.h>
#include "internal.h"

spinlock_t irq_lock = SPINLOCK_INIT(IRQ);

static struct irq_desc descs[MAX_IRQS];
static struct irq_desc *by_vector[256]; /* read without lock */

void irq_descs_init(void)
{
	unsigned int i;

	for (i = 0; i < MAX_IRQS; i++)
		spin_lock_init(&descs[i].lock, LOCK_IRQLINE);
}

struct irq_desc *irq_desc_line(unsigned int gsi)
{
	struct irq_desc *desc;

	if (gsi >= irq_nr_gsis())
		return NULL;
	desc = &descs[index_nospec(gsi, MAX_IRQS)];
	if (desc->kind == IRQ_FREE) {
		desc->kind = IRQ_LINE;
		desc->irq = gsi;
		ioapic_line_defaults(gsi, &desc->level, &desc->active_low);
	}
	return desc;
}

int irq_assign_vector(struct irq_desc *desc)
{
	unsigned int v;

	if (desc->vector)
		return 0;
	for (v = VEC_FIRST_DYNAMIC; v <= VEC_LAST_DYNAMIC; v++)
		if (v != 0x80 && !by_vector[v]) {
			desc->vector = (u8)v;
			STORE_REL(by_vector[v], desc);
			return 0;
		}
	return -ENOSPC;
}

static struct irq_desc *free_desc(void)
{
	unsigned int i;

	for (i = irq_nr_gsis(); i < MAX_IRQS; i++)
		if (descs[i].kind == IRQ_FREE)
			return &descs[i];
	return NULL;
}

struct irq_desc *irq_desc_new_msi(void)
{
	struct irq_desc *desc = free_desc();
	bool ok;

	if (!desc)
		return NULL;
	spin_lock(&desc->lock);
	desc->irq = (unsigned int)(desc - descs);
	ok = !irq_assign_vector(desc);
	if (ok)
		desc->kind = IRQ_MSI;
	spin_unlock(&desc->lock);
	return ok ? desc : NULL;
}

/* Its vector may be on its way still: device_irq() then finds another there. */
void irq_desc_free_msi(struct irq_desc *desc)
{
	spin_lock(&desc->lock);
	STORE_REL(by_vector[desc->vector], NULL);
	memset(&desc->kind, 0, sizeof(*desc) - offsetof(struct irq_desc, kind));
	spin_unlock(&desc->lock);
}

void irq_mask(struct irq_desc *desc)
{
	if (desc->kind == IRQ_LINE)
		ioapic_set_mask(desc->irq, true);
	else if (desc->kind == IRQ_MSI)
		msi_set_mask(desc, true);
}

void irq_unmask(struct irq_desc *desc)
{
	if (desc->kind == IRQ_LINE)
		ioapic_set_mask(desc->irq, false);
	else if (desc->kind == IRQ_MSI)
		msi_set_mask(desc, false);
}

static int take_for_hv(struct irq_desc *desc, void (*fn)(void *), void *arg)
{
	int rc = desc->fn || desc->nr_guests ? -EBUSY : irq_assign_vector(desc);

	if (rc)
		return rc;
	desc->fn = fn;
	desc->arg = arg;
	ioapic_program(desc, false);
	return 0;
}

int irq_request_hv(unsigned int gsi, void (*fn)(void *), void *arg)
{
	struct irq_desc *desc;
	int rc = -EINVAL;

	spin_lock(&irq_lock);
	desc = irq_desc_line(gsi);
	if (desc) {
		spin_lock(&desc->lock);
		rc = take_for_hv(desc, fn, arg);
		spin_unlock(&desc->lock);
	}
	spin_unlock(&irq_lock);
	return rc;
}

/* A device line or message. EOI first: a level line is masked by then. */
static void device_irq(u8 vec)
{
	struct irq_desc *desc = LOAD_ACQ(by_vector[vec]);
	void (*fn)(void *) = NULL;
	void *arg = NULL;

	if (desc) {
		spin_lock(&desc->lock);
		if (desc->vector == vec) {
			desc->count++;
			fn = desc->fn;
			arg = desc->arg;
			if (!fn)
				pirq_deliver(desc);
		}
		spin_unlock(&desc->lock);
	}
	if (fn)
		fn(arg);
	lapic_eoi();
}

void irq_dispatch(struct cpu_user_regs *regs)
{
	unsigned int vec = regs->entry_vector;

	perf_inc(IRQ);
	switch (vec) {
	case VEC_TIMER:
		lapic_eoi();
		timer_interrupt();
		break;
	case VEC_EVENT_CHECK: /* exit work will look */
		lapic_eoi();
		break;
	case VEC_CALL_FUNCTION:
		lapic_eoi();
		vcpu_unload_idle();
		cpu_hold_point();
		break;
	case VEC_TLB_FLUSH:
		lapic_eoi();
		cpu_serve_flush();
		break;
	case VEC_ERROR:
		lapic_error();
		lapic_eoi();
		break;
	case VEC_SPURIOUS:
		break;
	case VEC_LEGACY ... VEC_LEGACY + 15:
		break; /* spurious, from a masked 8259: no EOI */
	default:
		device_irq((u8)vec);
		break;
	}
}

void irq_dump(void)
{
	unsigned int i, g;

	for (i = 0; i < MAX_IRQS; i++) {
		const struct irq_desc *desc = &descs[i];

		if (!desc->vector)
			continue;
		printk(LOG_ERR, "irq %3u vec %02x %s%s count %lu in-flight %u",
		       i, desc->vector,
		       desc->kind == IRQ_MSI ? "msi "
		       : desc->level	     ? "level"
					     : "edge",
		       desc->fn ? " hypervisor" : "",
		       (unsigned long)desc->count, desc->in_flight);
		for (g = 0; g < desc->nr_guests; g++)
			printk(LOG_ERR, " d%u:pirq%u:port%u%s",
			       desc->guest[g]->d->id, desc->guest[g]->pirq,
			       desc->guest[g]->port,
			       desc->guest[g]->need_eoi ? "(eoi)" : "");
		printk(LOG_ERR, "\n");
	}
}
