/*
 * vga.c: the 80x25 text screen, for people without a serial line
 */
#include <hv/cpu.h>
#include "internal.h"

#define ATTR	       0x0700u /* grey on black */
#define BDA_MODE       0x449   /* BIOS data area: current video mode */
#define MODE_TEXT      3
#define CRTC_INDEX     0x3d4
#define CRTC_DATA      0x3d5
#define CRTC_CURSOR_HI 0x0e
#define CRTC_CURSOR_LO 0x0f

static u16 *screen;
static unsigned int col, row;

bool vga_probe_low(void)
{
	u8 mode;

	/* As an instruction: the compiler may not reason about address 0. */
	__asm__ volatile("movb (%1), %0" : "=q"(mode) : "r"((u64)BDA_MODE));
	return mode == MODE_TEXT;
}

static void clear_row(unsigned int r)
{
	for (unsigned int c = 0; c < VGA_COLS; c++)
		screen[r * VGA_COLS + c] = ATTR | ' ';
}

void vga_attach(void *at)
{
	bool first = at && !row && !col;

	screen = at;
	if (first)
		for (unsigned int r = 0; r < VGA_ROWS; r++)
			clear_row(r);
}

bool vga_attached(void)
{
	return screen != NULL;
}

void vga_cursor(unsigned int *x, unsigned int *y)
{
	*x = col;
	*y = row;
}

static void newline(void)
{
	col = 0;
	if (row + 1 < VGA_ROWS) {
		row++;
		return;
	}
	memmove(screen, screen + VGA_COLS,
		sizeof(*screen) * VGA_COLS * (VGA_ROWS - 1));
	clear_row(VGA_ROWS - 1);
}

static void put(char c)
{
	switch (c) {
	case '\n':
		newline();
		return;
	case '\r':
		col = 0;
		return;
	case '\t':
		col = (unsigned int)ROUND_UP(col + 1, 8);
		if (col >= VGA_COLS)
			newline();
		return;
	}
	if (col == VGA_COLS)
		newline();
	screen[row * VGA_COLS + col++] = (u16)(ATTR | (u8)c);
}

static void move_cursor(void)
{
	unsigned int at = row * VGA_COLS + min(col, VGA_COLS - 1u);

	outb(CRTC_INDEX, CRTC_CURSOR_HI);
	outb(CRTC_DATA, (u8)(at >> 8));
	outb(CRTC_INDEX, CRTC_CURSOR_LO);
	outb(CRTC_DATA, (u8)at);
}

void vga_write(const char *s, size_t n)
{
	if (!screen || !n)
		return;
	while (n--)
		put(*s++);
	move_cursor();
}
