/*
 * uart.c: the 16550 of COM1
 */
#include <hv/cpu.h>
#include "internal.h"

#define THR		 0 /* transmit; also receive, divisor low */
#define IER		 1 /* interrupt enable; divisor high */
#define FCR		 2 /* FIFO control */
#define LCR		 3
#define MCR		 4
#define LSR		 5
#define IER_RX		 0x01
#define FCR_ON_CLEAR_8	 0x87 /* FIFOs on, emptied, interrupt at 8 bytes */
#define LCR_DLAB	 0x80
#define MCR_DTR_RTS_OUT2 0x0b
#define LSR_DATA	 0x01
#define LSR_THRE	 0x20
#define BASE_BAUD	 115200u
#define FIFO_BYTES	 16u
#define MAX_SPINS	 200000u /* about 0.2 s: nobody reads this line */

static u16 port; /* 0: none */

bool uart_init(u16 at, unsigned int baud, u8 lcr)
{
	unsigned int div = baud ? BASE_BAUD / baud : 0;

	port = 0;
	if (inb((u16)(at + LSR)) == 0xff)
		return false;
	outb((u16)(at + IER), 0);
	if (div) { /* else: leave what the firmware set */
		outb((u16)(at + LCR), lcr | LCR_DLAB);
		outb((u16)(at + THR), (u8)div);
		outb((u16)(at + IER), (u8)(div >> 8));
	}
	outb((u16)(at + LCR), lcr);
	outb((u16)(at + FCR), FCR_ON_CLEAR_8);
	outb((u16)(at + MCR), MCR_DTR_RTS_OUT2);
	port = at;
	return true;
}

void uart_close(void)
{
	port = 0;
}

u16 uart_port(void)
{
	return port;
}

static bool wait_empty(void)
{
	for (unsigned int i = 0; i < MAX_SPINS; i++)
		if (inb((u16)(port + LSR)) & LSR_THRE)
			return true;
	return false;
}

/* One status read fills a whole FIFO. */
void uart_write(const char *s, size_t n)
{
	unsigned int room = 0;

	if (!port)
		return;
	while (n) {
		if (room < 2) {
			if (!wait_empty())
				return;
			room = FIFO_BYTES;
		}
		if (*s == '\n') {
			outb(port, '\r');
			room--;
		}
		outb(port, (u8)*s++);
		room--;
		n--;
	}
}

int uart_read(void)
{
	if (!port || !(inb((u16)(port + LSR)) & LSR_DATA))
		return -1;
	return inb(port);
}

void uart_enable_irq(void)
{
	if (port)
		outb((u16)(port + IER), IER_RX);
}
