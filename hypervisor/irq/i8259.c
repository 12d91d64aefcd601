/*
 * irq/i8259.c: the old pair of interrupt controllers, switched off
 *
 * Every line goes through an IOAPIC. The 8259s are moved away from the
 * exception vectors, since even masked ones may raise a spurious interrupt.
 */
#include <hv/cpu.h>
#include "internal.h"

#define PIC1	       0x20
#define PIC2	       0xa0

#define ICW1_INIT_ICW4 0x11
#define ICW4_8086      0x01

void i8259_disable(void)
{
	outb(PIC1 + 1, 0xff);
	outb(PIC2 + 1, 0xff);
	outb(PIC1, ICW1_INIT_ICW4);
	outb(PIC2, ICW1_INIT_ICW4);
	outb(PIC1 + 1, VEC_LEGACY);
	outb(PIC2 + 1, VEC_LEGACY + 8);
	outb(PIC1 + 1, 1 << 2); /* the second hangs on line 2 */
	outb(PIC2 + 1, 2);
	outb(PIC1 + 1, ICW4_8086);
	outb(PIC2 + 1, ICW4_8086);
	outb(PIC1 + 1, 0xff);
	outb(PIC2 + 1, 0xff);
}
