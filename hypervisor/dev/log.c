/*
 * log.c: printk(): levels, prefixes, the ring, and the lines it goes out on
 *
 * Output is synchronous: what was printed before a crash has been seen.
 */
#include <hv/boot.h>
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/time.h>
#include "internal.h"
#include "level.h"

#define PREFIX "(XEN) " /* what scripts that read a Xen log look for */

#if CONFIG_DEBUG
static struct threshold hv_level = {LOG_DEBUG, LOG_DEBUG};
#else
static struct threshold hv_level = {LOG_INFO, LOG_INFO};
#endif
static struct threshold guest_level = {-1, LOG_WARN};
static bool timestamps;

static char ring_buf[RING_BYTES];
static struct msg_ring ring = {ring_buf, 0, 0};
static spinlock_t lock = SPINLOCK_INIT(CONSOLE);
static bool sync_started; /* going down: no locks any more */
static bool at_line_start = true;
static char text[1024]; /* CONSOLE */

/* ---- options ---- */
static int parse_loglvl(const char *s)
{
	return level_parse(s, &hv_level);
}
OPTION_FN("loglvl", parse_loglvl);

static int parse_guest_loglvl(const char *s)
{
	return level_parse(s, &guest_level);
}
OPTION_FN("guest_loglvl", parse_guest_loglvl);

static int parse_timestamps(const char *s)
{
	int on = !strcmp(s, "none") ? 0 : cmdline_bool(*s ? s : "yes");

	timestamps = on; /* boot, date, raw: we have one format */
	return 0;
}
OPTION_FN("console_timestamps", parse_timestamps);

/* ---- output ---- */
void log_lock(void)
{
	if (!sync_started)
		spin_lock(&lock);
}

void log_unlock(void)
{
	if (!sync_started && spin_locked(&lock))
		spin_unlock(&lock);
}

void console_start_sync(void)
{
	sync_started = true;
	/* This pcpu's own hold on it ended here; a panic needs no ranks. */
	this_pcpu()->held_ranks = 0;
}

void log_raw_locked(const char *s, size_t n)
{
	uart_write(s, n);
	vga_write(s, n);
}

static void emit(const char *s, size_t n)
{
	ring_put(&ring, s, n);
	log_raw_locked(s, n);
}

static void emit_stamp(void)
{
	char stamp[32];
	u64 t = tsc_khz ? now() : 0;
	int n;

	if (!timestamps)
		return;
	n = snprintf(stamp, sizeof(stamp), "[%5llu.%06llu] ",
		     (unsigned long long)(t / NS_PER_SEC),
		     (unsigned long long)(t % NS_PER_SEC / NS_PER_US));
	emit(stamp, (size_t)n);
}

static void emit_prefixed(const char *prefix, const char *s)
{
	while (*s) {
		const char *nl = strchr(s, '\n');
		size_t n = nl ? (size_t)(nl - s) + 1 : strlen(s);

		if (at_line_start) {
			emit(prefix, strlen(prefix));
			emit_stamp();
		}
		emit(s, n);
		at_line_start = nl != NULL;
		s += n;
	}
}

/* CONSOLE held */
static bool wanted(const struct threshold *t, int level)
{
	static struct rate rate;
	unsigned int dropped;
	char note[64];

	if (!level_wanted(t, level, &rate, tsc_khz ? now() : 0, &dropped))
		return false;
	if (dropped) {
		snprintf(note, sizeof(note), "%u messages suppressed\n",
			 dropped);
		emit_prefixed(PREFIX, note);
	}
	return true;
}

void printk(enum loglevel level, const char *fmt, ...)
{
	va_list ap;

	log_lock();
	if (level == LOG_ERR || wanted(&hv_level, (int)level)) {
		va_start(ap, fmt);
		vsnprintf(text, sizeof(text), fmt, ap);
		va_end(ap);
		emit_prefixed(PREFIX, text);
	}
	log_unlock();
}

void gprintk(enum loglevel level, const char *fmt, ...)
{
	struct vcpu *v = current;
	va_list ap;
	int n = 0;

	log_lock();
	if (wanted(&guest_level, (int)level)) {
		if (v)
			n = snprintf(text, sizeof(text), "d%uv%u ", v->d->id,
				     v->id);
		va_start(ap, fmt);
		vsnprintf(text + n, sizeof(text) - (size_t)n, fmt, ap);
		va_end(ap);
		emit_prefixed(PREFIX, text);
	}
	log_unlock();
}

void log_guest_line(u16 domid, const char *line)
{
	char prefix[16];

	log_lock();
	if (wanted(&guest_level, LOG_DEBUG)) {
		if (!at_line_start)
			emit_prefixed(PREFIX, "\n");
		snprintf(prefix, sizeof(prefix), "(d%u) ", domid);
		emit_prefixed(prefix, line);
		emit("\n", 1);
		at_line_start = true;
	}
	log_unlock();
}

size_t console_ring_read(char *buf, size_t n, bool clear, bool incremental,
			 u32 *index)
{
	size_t got;

	log_lock();
	got = ring_read(&ring, buf, n, clear, incremental, index);
	log_unlock();
	return got;
}

void console_write_raw(const char *s, size_t n)
{
	log_lock();
	log_raw_locked(s, n);
	log_unlock();
}
