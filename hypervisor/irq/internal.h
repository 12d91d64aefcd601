/*
 * irq/internal.h: lines and messages, and who gets them
 */
#ifndef IRQ_INTERNAL_H
#define IRQ_INTERNAL_H

#include <hv/irq.h>
#include <hv/lock.h>

struct msi;

#define MAX_IRQS    512 /* lines, then messages */
#define MAX_SHARERS 8	/* guests on one line */

enum irq_kind {
	IRQ_FREE,
	IRQ_LINE, /* an IOAPIC pin; irq number == GSI */
	IRQ_MSI,  /* a PCI message */
};

/*
 * One interrupt source. A level line given to guests is masked at the IOAPIC
 * when it fires and unmasked when all of them (in_flight) said EOI.
 *
 * What is here changes under irq_lock and .lock, so either is enough to read;
 * but guest_masked, in_flight, count and pirq.need_eoi need .lock alone: an
 * interrupt and its EOI take no other. Once a desc, always a desc: only what it
 * is for changes, from .kind on.
 */
struct irq_desc {
	spinlock_t lock; /* IRQLINE */
	enum irq_kind kind;
	unsigned int irq;
	u8 vector;		/* 0: none allocated */
	bool level, active_low; /* IRQ_LINE */
	bool configured;	/* trigger was chosen by setup_gsi or MADT */
	bool guest_masked;	/* masked until EOI */
	u32 in_flight;		/* guests yet to say EOI */
	u64 count;		/* interrupts so far */
	void (*fn)(void *arg);	/* the hypervisor's own handler */
	void *arg;
	struct msi *msi; /* IRQ_MSI */
	unsigned int nr_guests;
	struct pirq *guest[MAX_SHARERS]; /* bound ones */
};

/* A domain's name for an irq. */
struct pirq {
	struct domain *d;
	unsigned int pirq;
	struct irq_desc *desc; /* NULL: not mapped; may be read without lock */
	u32 port;	       /* 0: not bound */
	bool share;
	bool need_eoi; /* fired, EOI not yet said */
};

#define PIRQ_BUCKET 32 /* entries; each bucket made when one is mapped */

struct pirq_table {
	u64 *eoi_map;	  /* a frame of the guest's: pirqs that need EOI */
	bool auto_unmask; /* EOI unmasks the port as well */
	struct pirq *bucket[MAX_IRQS / PIRQ_BUCKET];
};

extern spinlock_t irq_lock; /* rank IRQ */

/* ---- irq.c ---- */
/** irq_descs_init() - their locks; first of all */
void irq_descs_init(void);
/** irq_desc_line() - the desc of a GSI; NULL past the last pin */
struct irq_desc *irq_desc_line(unsigned int gsi);
/** irq_desc_new_msi() - a free desc with a vector; NULL when out of either */
struct irq_desc *irq_desc_new_msi(void);
void irq_desc_free_msi(struct irq_desc *desc);
/** irq_assign_vector() - at first use of a line; -ENOSPC */
int irq_assign_vector(struct irq_desc *desc);
/** irq_mask()/irq_unmask() - at the controller or in the message */
void irq_mask(struct irq_desc *desc);
void irq_unmask(struct irq_desc *desc);

/* ---- ioapic.c ---- */
/** ioapic_program() - write the line's entry, masked or not */
void ioapic_program(const struct irq_desc *desc, bool masked);
/** ioapic_set_mask() - only the mask bit */
void ioapic_set_mask(unsigned int gsi, bool masked);
/** ioapic_read_reg() - for dom0's apic_read; false: no IOAPIC there */
bool ioapic_read_reg(u64 maddr, u32 reg, u32 *val);
/** ioapic_line_defaults() - trigger and polarity of a line nobody set up */
void ioapic_line_defaults(unsigned int gsi, bool *level, bool *active_low);

/* ---- i8259.c ---- */
void i8259_disable(void);

/* ---- msi.c ---- */
struct msi_where {
	u16 seg;
	u8 bus, devfn;
	unsigned int entry; /* MSI-X entry */
	u64 table;	    /* maddr of the BAR of the MSI-X table; 0: MSI */
};
/** msi_enable() - program @desc's message, masked where that is possible;
 * -ENODEV no such capability, -EINVAL, -ENOMEM, -EBUSY */
int msi_enable(struct irq_desc *desc, const struct msi_where *w);
void msi_disable(struct irq_desc *desc);
void msi_set_mask(struct irq_desc *desc, bool masked);
/** msi_restore() - write the messages of a device again (after its reset) */
int msi_restore(u16 seg, u8 bus, u8 devfn);

/* ---- pirq.c ---- */
struct physdev_map_pirq;
int pirq_map(struct domain *d, struct physdev_map_pirq *map);
int pirq_unmap(struct domain *d, unsigned int pirq);
/** pirq_eoi() - the guest is done with a level interrupt */
int pirq_eoi(struct domain *d, unsigned int pirq);
int pirq_status(struct domain *d, unsigned int pirq, u32 *flags);
/**
 * pirq_set_eoi_map() - show the domain in frame @gmfn which of its pirqs need
 * EOI, from their next binding on
 * @auto_unmask: its EOIs shall unmask the port as well
 *
 * Returns:  0, -EINVAL not a writable frame of its, -EBUSY it has one
 */
int pirq_set_eoi_map(struct domain *d, u64 gmfn, bool auto_unmask);
int pirq_find_free(struct domain *d);
/** pirq_trigger_chosen() - a line with guests is level or edge from now on;
 * irq_lock and its own held */
void pirq_trigger_chosen(struct irq_desc *desc);
/** pirq_deliver() - @desc, locked, fired: send events */
void pirq_deliver(struct irq_desc *desc);

/* ---- lapic.c ---- */
void lapic_error(void);

#endif
