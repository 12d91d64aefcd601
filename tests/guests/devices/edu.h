/*
 * devices/edu.h: QEMU's teaching device, as a source of interrupts
 *
 * A write to RAISE sets bits of STATUS and asserts the interrupt, by INTx or
 * by MSI once that is enabled; a write to ACK clears them and deasserts it.
 */
#ifndef GUEST_DEVICES_EDU_H
#define GUEST_DEVICES_EDU_H

#include <guest.h>

#define EDU_ID	   0x11e81234
#define EDU_MAGIC  0x010000ed /* register 0 */
#define EDU_STATUS (0x24 / 4)
#define EDU_RAISE  (0x60 / 4)
#define EDU_ACK	   (0x64 / 4)

struct edu {
	u32 address; /* for port 0xcf8 */
	u8 bus, devfn;
	u8 gsi;		   /* interrupt line as firmware set it */
	volatile u32 *reg; /* mapped registers */
};

u32 pci_read(u32 address, u8 offset);
void pci_write(u32 address, u8 offset, u32 value);
/* Finds the device and maps its registers; NULL where there is none. */
const struct edu *edu_get(void);

#endif
