/*
 * hv/dev.h: console and I/O ports
 *
 * Owns:       the serial line, VGA text, the message ring, debug keys,
 *             configuration port latch
 * Lock:       CONSOLE, DEV
 * ABI:        console_io, sysctl readconsole, debug_keys; ABI-NOTES 3.4
 */
#ifndef HV_DEV_H
#define HV_DEV_H

#include <hv/lib.h>
#include <hv/types.h>

struct domain;
struct vcpu;

/** console_init_early() - VGA and default COM1, before options are known */
void console_init_early(void);
/** console_init() - as the options console=, com1=, vga= ask */
void console_init(void);
/** console_detach_low() - mm_init() is about to unmap low memory: no VGA
 * until console_attach_vga() maps it again */
void console_detach_low(void);
void console_attach_vga(void);
/** console_init_irq() - receive by interrupt; once irq/ works */
void console_init_irq(void);
/** console_write_raw() - bytes as they are, to lines (not the ring) */
void console_write_raw(const char *s, size_t n);
/** console_guest_write() - CONSOLEIO_write: dom0 raw when it has the input,
 * others line by line with a prefix and a rate limit */
void console_guest_write(struct domain *d, const char *s, size_t n);
/** console_guest_read() - input for dom0; bytes read */
size_t console_guest_read(char *buf, size_t n);
/** console_ring_read() - sysctl readconsole on the message ring
 * @index: in/out position when @incremental */
size_t console_ring_read(char *buf, size_t n, bool clear, bool incremental,
			 u32 *index);
/** console_start_sync() - from now on write synchronously; panic */
void console_start_sync(void);
/** console_run_key() - SOFTIRQ_DEBUGKEY */
void console_run_key(void);
/** console_handle_key() - run the debug key @c now (sysctl debug_keys) */
void console_handle_key(char c);
/** console_vga_info() - fills dom0_vga_console_info; false: no VGA */
struct dom0_vga_console_info;
bool console_vga_info(struct dom0_vga_console_info *info);
/** console_hand_over() - dom0 is about to run: the screen is its own (but
 * vga=keep), and input goes where conswitch= says */
void console_hand_over(void);

/** ioport_guest_read(), ioport_guest_write() - guest access after rights were
 * checked for platform ports that are emulated or forwarded: PIT
 * 0x42,0x43,0x61, RTC, 0xcf8 latch, 0xcfc..; @bytes 1, 2, 4 */
u32 ioport_guest_read(struct vcpu *v, u16 port, unsigned int bytes);
void ioport_guest_write(struct vcpu *v, u16 port, unsigned int bytes, u32 val);
/** ioport_dom0_rights() - add to / remove from dom0's rights at build */
int ioport_dom0_rights(struct domain *d);

#endif
