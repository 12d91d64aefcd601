/*
 * boot/smp.h: shared by smp.c and trampoline.S
 */
#ifndef BOOT_SMP_H
#define BOOT_SMP_H

/* Below 1 MiB and page-aligned; the frame is never a domain's. */
#define TRAMPOLINE_PA 0x8000

#ifndef __ASSEMBLY__
#include <hv/cpu.h>

extern u8 trampoline[], trampoline_end[], trampoline_words[];
void ap_main(struct pcpu *p) __noreturn;
#endif
#endif
