/*
 * console.c: which lines there are, and when they come up
 */
#include <hv/boot.h>
#include <hv/cpu.h>
#include <hv/irq.h>
#include <hv/mm.h>
#include <hv/time.h>
#include <xen/start_info.h>
#include "internal.h"

#define COM1_PORT 0x3f8
#define COM1_IRQ  4
#define COM2_PORT 0x2f8
#define COM2_IRQ  3
#define LCR_8N1	  0x03
#define POLL_NS	  (20 * NS_PER_MS)

static char opt_console[64] = "com1,vga";
OPTION_STRING("console", opt_console);
static char opt_vga[64];
OPTION_STRING("vga", opt_vga);

/* Accepted for Xen's sake: output is always synchronous. */
static bool opt_sync_console;
OPTION_BOOL("sync_console", opt_sync_console);

struct line_option {
	unsigned int baud; /* 0: as the firmware left it */
	u8 lcr;
	u16 port;
	unsigned int irq; /* ISA number; 0: poll */
};
static struct line_option com1 = {115200, LCR_8N1, COM1_PORT, COM1_IRQ};
static struct line_option com2 = {115200, LCR_8N1, COM2_PORT, COM2_IRQ};
static struct line_option *used = &com1;

static bool text_mode; /* the firmware left a text screen */

/* 8n1: data bits, parity, stop bits; the line control register's encoding */
static int parse_frame(const char *s, struct line_option *l)
{
	static const char parity[] = "noe ms";
	const char *p;

	if (strlen(s) < 3 || s[0] < '5' || s[0] > '8' || s[2] < '1' ||
	    s[2] > '2')
		return -EINVAL;
	p = strchr(parity, s[1]);
	if (!p || !*p || *p == ' ')
		return -EINVAL;
	l->lcr = (u8)((s[0] - '5') | (s[2] - '1') << 2 |
		      (p == parity ? 0 : ((p - parity) * 2 - 1) << 3));
	return 0;
}

/* <baud>|auto[/<clock>][,<dps>[,<port>[,<irq>]]] */
static int parse_line(const char *s, struct line_option *l)
{
	const char *end;
	int rc;

	if (!strncmp(s, "auto", 4)) {
		l->baud = 0;
		end = s + 4;
	} else {
		l->baud = (unsigned int)hv_strtoul(s, &end, 10);
		if (end == s || l->baud > 115200)
			return -EINVAL;
	}
	if (*end == '/')
		hv_strtoul(end + 1, &end, 10);
	if (*end != ',')
		return *end ? -EINVAL : 0;
	rc = parse_frame(end + 1, l);
	if (rc)
		return rc;
	end += 4;
	if (*end == ',') {
		l->port = (u16)hv_strtoul(end + 1, &end, 0);
		if (!l->port)
			return -EINVAL;
	}
	if (*end == ',')
		l->irq = (unsigned int)hv_strtoul(end + 1, &end, 0);
	return *end ? -EINVAL : 0;
}

static int parse_com1(const char *s)
{
	return parse_line(s, &com1);
}
OPTION_FN("com1", parse_com1);

static int parse_com2(const char *s)
{
	return parse_line(s, &com2);
}
OPTION_FN("com2", parse_com2);

/* Is @word one of the comma-separated words of @list? */
static bool lists(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = list; (p = strstr(p, word)); p += n)
		if ((p == list || p[-1] == ',') && (!p[n] || p[n] == ','))
			return true;
	return false;
}

void console_init_early(void)
{
	uart_init(com1.port, com1.baud, com1.lcr);
	text_mode = vga_probe_low();
	if (text_mode)
		vga_attach((void *)VGA_MEMORY);
}

void console_detach_low(void)
{
	log_lock();
	vga_attach(NULL);
	log_unlock();
}

void console_attach_vga(void)
{
	void *screen;

	if (!text_mode || !lists(opt_console, "vga"))
		return;
	screen = vmap_mmio(MADDR(VGA_MEMORY), 2 * VGA_COLS * VGA_ROWS,
			   MAP_NX | MAP_UC);
	log_lock();
	vga_attach(screen);
	log_unlock();
}

void console_init(void)
{
	bool want_com1 = lists(opt_console, "com1");
	bool want_com2 = !want_com1 && lists(opt_console, "com2");

	log_lock();
	used = want_com2 ? &com2 : &com1;
	if (want_com1 || want_com2)
		uart_init(used->port, used->baud, used->lcr);
	else
		uart_close();
	if (!lists(opt_console, "vga"))
		vga_attach(NULL);
	log_unlock();
}

static unsigned int isa_gsi(unsigned int irq)
{
	for (unsigned int i = 0; i < acpi.nr_overrides; i++)
		if (acpi.override[i].source == irq)
			return acpi.override[i].gsi;
	return irq;
}

static void poll(void *timer)
{
	input_poll(NULL);
	timer_set(timer, now() + POLL_NS);
}

void console_init_irq(void)
{
	static struct timer timer;

	if (!uart_port())
		return;
	if (used->irq &&
	    !irq_request_hv(isa_gsi(used->irq), input_poll, NULL)) {
		uart_enable_irq();
		input_poll(NULL);
		return;
	}
	timer_init(&timer, poll, &timer);
	timer_set(&timer, now() + POLL_NS);
}

bool console_vga_info(struct dom0_vga_console_info *info)
{
	unsigned int x, y;

	if (!text_mode)
		return false;
	memset(info, 0, sizeof(*info));
	vga_cursor(&x, &y);
	info->video_type = XEN_VGATYPE_TEXT_MODE_3;
	info->u.text_mode_3.font_height = 16;
	info->u.text_mode_3.cursor_x = (u16)x;
	info->u.text_mode_3.cursor_y = (u16)y;
	info->u.text_mode_3.rows = VGA_ROWS;
	info->u.text_mode_3.columns = VGA_COLS;
	return true;
}

void console_hand_over(void)
{
	input_announce();
	if (!vga_attached() || lists(opt_vga, "keep"))
		return;
	printk(LOG_INFO, "The screen is dom0's now\n");
	log_lock();
	vga_attach(NULL);
	log_unlock();
}
