/*
 * input.c: bytes typed on the serial line, for dom0 or for us
 *
 * The interrupt only gathers; the softirq decides, so that handlers may take
 * any lock.
 */
#include <hv/boot.h>
#include <hv/cpu.h>
#include <hv/domain.h>
#include "internal.h"

#define SWITCH_COUNT 3
#define RX_BYTES     256u /* powers of two */

struct fifo {
	char buf[RX_BYTES];
	u32 prod, cons;
};

static struct fifo received; /* from the line, not yet looked at */
static struct fifo for_dom0;
static bool to_hv; /* else dom0 has the keyboard */
static unsigned int switch_seen;
static char switch_char = 1; /* Ctrl-a; 0: no switching */
static spinlock_t lock = SPINLOCK_INIT(CONSOLE);

/* conswitch=<letter>[x]: x leaves the keyboard with us until switched */
static int parse_conswitch(const char *s)
{
	if (!*s)
		return -EINVAL;
	switch_char = *s >= 'a' && *s <= 'z' ? (char)(*s - 'a' + 1) : 0;
	to_hv = s[1] == 'x';
	return s[1] && s[1] != 'x' ? -EINVAL : 0;
}
OPTION_FN("conswitch", parse_conswitch);

static bool fifo_put(struct fifo *f, char c)
{
	if (f->prod - f->cons == RX_BYTES)
		return false;
	f->buf[f->prod++ % RX_BYTES] = c;
	return true;
}

static bool fifo_get(struct fifo *f, char *c)
{
	if (f->prod == f->cons)
		return false;
	*c = f->buf[f->cons++ % RX_BYTES];
	return true;
}

bool input_to_dom0(void)
{
	return !to_hv && dom0;
}

void input_announce(void)
{
	const char *who = to_hv ? "Paravane ('h' for help)" : "dom0";

	if (switch_char)
		printk(LOG_ERR,
		       "*** Serial input to %s (type 'CTRL-%c' three times to "
		       "switch input)\n",
		       who, switch_char + 'a' - 1);
	else
		printk(LOG_ERR, "*** Serial input to %s\n", who);
}

static void switch_input(void)
{
	to_hv = !to_hv;
	input_announce();
}

static void deliver(char c)
{
	if (!input_to_dom0()) {
		console_handle_key(c);
		return;
	}
	spin_lock(&lock);
	fifo_put(&for_dom0, c);
	spin_unlock(&lock);
	event_send_virq_global(VIRQ_CONSOLE);
}

/* Switch characters are held back until it is clear whether three come. */
void input_char(char c)
{
	if (switch_char && c == switch_char) {
		if (++switch_seen == SWITCH_COUNT) {
			switch_seen = 0;
			switch_input();
		}
		return;
	}
	for (; switch_seen; switch_seen--)
		deliver(switch_char);
	deliver(c);
}

void input_poll(void *unused)
{
	bool any = false;
	int c;

	spin_lock(&lock);
	while ((c = uart_read()) >= 0)
		any |= fifo_put(&received, (char)c);
	spin_unlock(&lock);
	if (any)
		softirq_raise(this_pcpu(), SOFTIRQ_DEBUGKEY);
}

void console_run_key(void)
{
	for (;;) {
		bool got;
		char c;

		spin_lock(&lock);
		got = fifo_get(&received, &c);
		spin_unlock(&lock);
		if (!got)
			return;
		input_char(c);
	}
}

size_t console_guest_read(char *buf, size_t n)
{
	size_t got = 0;

	spin_lock(&lock);
	while (got < n && fifo_get(&for_dom0, buf + got))
		got++;
	spin_unlock(&lock);
	return got;
}
