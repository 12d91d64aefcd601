/*
 * hv/irq.h: interrupt controllers, vectors, lines lent to guests
 *
 * Owns:       local APIC, IOAPICs, 8259s, MSI messages, struct irq_desc,
 *             pirqs of domains
 * Invariants: a vector belongs to one irq; a line bound to guests stays
 *             masked at the controller until each has issued EOI (level)
 * Lock:       IRQ; IRQLINE of each irq
 * ABI:        pvabi/xen/physdev.h, ABI-NOTES 2.3
 */
#ifndef HV_IRQ_H
#define HV_IRQ_H

#include <hv/lib.h>
#include <hv/types.h>

struct domain;
struct vcpu;
struct pcpu;
struct cpu_user_regs;

/* Vectors: 0..31 exceptions, 0x80 guests' int 0x80 */
#define VEC_FIRST_DYNAMIC 0x30
#define VEC_LAST_DYNAMIC  0xef
#define VEC_LEGACY	  0x20 /* 8259 spurious: 0x20..0x2f */
#define VEC_TIMER	  0xf0
#define VEC_EVENT_CHECK	  0xf1
#define VEC_CALL_FUNCTION 0xf2
#define VEC_TLB_FLUSH	  0xf3
#define VEC_ERROR	  0xfe
#define VEC_SPURIOUS	  0xff

/** irq_dispatch() - any vector >= 32; called by the gate */
void irq_dispatch(struct cpu_user_regs *regs);

/* ---- local APIC ---- */
void lapic_init(void);	  /* boot CPU */
void lapic_init_ap(void); /* a further pcpu, by itself */
/** lapic_send_init(), lapic_send_startup() - start a pcpu in real mode, at
 * page @page */
void lapic_send_init(u32 apic_id);
void lapic_send_startup(u32 apic_id, u8 page);
void lapic_eoi(void);
u32 lapic_id(void);
void lapic_send_ipi(u32 apic_id, u8 vector);
void lapic_send_nmi(u32 apic_id);
/** lapic_timer_set() - one shot, @ticks of lapic_timer_hz; 0 stops */
void lapic_timer_set(u32 ticks);
u32 lapic_timer_read(void);
extern u64 lapic_timer_hz; /* set by time_init() */

/* ---- lines ---- */
void ioapic_init(void); /* after ACPI; masks all, 8259s off */
unsigned int irq_nr_gsis(void);

/** irq_request_hv() - a line for the hypervisor itself (UART) */
int irq_request_hv(unsigned int gsi, void (*fn)(void *), void *arg);

/* ---- guests ---- */
int pirq_domain_init(struct domain *d);
/** pirq_domain_destroy() - unbind and unmap all of a dying domain's */
void pirq_domain_destroy(struct domain *d);
void pirq_domain_free(struct domain *d);
/** pirq_count() - @d's pirqs have numbers below this */
unsigned int pirq_count(const struct domain *d);
/** pirq_bytes() - hypervisor memory that @d's pirqs take */
size_t pirq_bytes(const struct domain *d);
/** pirq_count_frames() - tell pt_check() which frame @d gave for its pirqs: one
 * reference and one writable type reference */
void pirq_count_frames(struct domain *d, void (*held)(u64 mfn, bool writable));
void irq_dump(void);

/* ---- PCI (dev/pci.c) ---- */
u32 pci_read(u16 seg, u8 bus, u8 devfn, unsigned int reg, unsigned int bytes);
void pci_write(u16 seg, u8 bus, u8 devfn, unsigned int reg, unsigned int bytes,
	       u32 val);

#endif
