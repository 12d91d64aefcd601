/*
 * dev/internal.h: shared by the files of dev/
 */
#ifndef DEV_INTERNAL_H
#define DEV_INTERNAL_H

#include <hv/dev.h>
#include <hv/lock.h>

/* ---- uart.c: one 16550 ---- */
/** uart_init() - set line parameters; false: nothing answers at @port */
bool uart_init(u16 port, unsigned int baud, u8 lcr);
/** uart_close() - leave the line alone from now on */
void uart_close(void);
/** uart_write() - "\n" becomes "\r\n"; waits for the line */
void uart_write(const char *s, size_t n);
/** uart_read() - next received byte, -1 none; reads until then */
int uart_read(void);
/** uart_enable_irq() - interrupt on reception */
void uart_enable_irq(void);
u16 uart_port(void);

/* ---- vga.c: the text screen ---- */
/** vga_probe_low() - is it in text mode? low memory is mapped at 0 */
bool vga_probe_low(void);
/** vga_attach() - draw into @screen from now on; NULL: stop */
void vga_attach(void *screen);
bool vga_attached(void);
void vga_write(const char *s, size_t n);
void vga_cursor(unsigned int *x, unsigned int *y);
#define VGA_MEMORY 0xb8000
#define VGA_COLS   80
#define VGA_ROWS   25

/* ---- ring.c: the last RING_BYTES of messages ---- */
#define RING_BYTES (32u << 10)
struct msg_ring {
	char *buf;	/* RING_BYTES of it */
	u32 prod, cons; /* bytes ever written; first not cleared */
};
void ring_put(struct msg_ring *r, const char *s, size_t n);
/** ring_read() - see console_ring_read() */
size_t ring_read(struct msg_ring *r, char *buf, size_t n, bool clear,
		 bool incremental, u32 *index);

/* ---- line.c: text of guests, made into lines ---- */
/**
 * line_add() - add printable bytes of @s to @line until a newline or full
 * @len:  in/out, bytes in @line; @room its size, the NUL included
 * @used: bytes of @s consumed
 *
 * Returns:  true when @line is complete (NUL-terminated, without newline)
 */
bool line_add(char *line, unsigned int *len, unsigned int room, const char *s,
	      size_t n, size_t *used);

/* ---- log.c ---- */
/** log_lock(), log_unlock() - CONSOLE, unless the machine is going down */
void log_lock(void);
void log_unlock(void);
/** log_guest_line() - one line of @domid's output, to lines and ring */
void log_guest_line(u16 domid, const char *line);
/** log_raw_locked() - to lines only */
void log_raw_locked(const char *s, size_t n);

/* ---- input.c ---- */
/** input_poll() - take what the UART received; raises the softirq */
void input_poll(void *unused);
/** input_to_dom0() - does dom0 have the keyboard? */
bool input_to_dom0(void);
/** input_announce() - say who has the keyboard */
void input_announce(void);
/** input_char() - one byte of input: to dom0, or a debug key */
void input_char(char c);

#endif
