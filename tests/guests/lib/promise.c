/*
 * lib/promise.c: runs the promises of an image, one verdict line each
 */
#include <xen/sched.h>
#include "guest.h"

extern const struct promise *const promises_start[];
extern const struct promise *const promises_end[];

struct start_info *start_info;
struct shared_info *shared_info = (struct shared_info *)shared_info_page;
u8 shared_info_page[PAGE_SIZE] __attribute__((aligned(4096)));

static enum verdict verdict;
static char note[256];
static const char *const verdict_name[] = {"PASS", "SKIP", "ERROR", "FAIL"};

/* Only the first note of the worst verdict is shown. */
static size_t append(size_t at, const char *s)
{
	while (*s && at + 1 < sizeof(note))
		note[at++] = *s++;
	note[at] = 0;
	return at;
}

static size_t append_number(size_t at, s64 value)
{
	char digits[24];
	u64 size = value < 0 ? 0 - (u64)value : (u64)value;
	unsigned int base = size > 0xffff ? 16 : 10;
	int n = 23;

	digits[n] = 0;
	if (base == 16)
		size = (u64)value;
	do {
		digits[--n] = "0123456789abcdef"[size % base];
		size /= base;
	} while (size);
	if (base == 16) {
		digits[--n] = 'x';
		digits[--n] = '0';
	} else if (value < 0) {
		digits[--n] = '-';
	}
	return append(at, digits + n);
}

static bool note_begin(enum verdict v, const char *file, int line, size_t *at)
{
	if (v <= verdict)
		return false;
	verdict = v;
	*at = append(0, file);
	*at = append(*at, ":");
	*at = append_number(*at, line);
	*at = append(*at, ": ");
	return true;
}

void verdict_note(enum verdict v, const char *file, int line,
		  const char *format, ...)
{
	va_list ap;
	size_t at;

	if (!note_begin(v, file, line, &at))
		return;
	va_start(ap, format);
	append(at, va_arg(ap, const char *));
	va_end(ap);
}

bool expect_value(s64 got, s64 want, const char *what, const char *file,
		  int line)
{
	size_t at;

	if (got == want)
		return true;
	if (note_begin(FAIL, file, line, &at)) {
		at = append(at, what);
		at = append(at, " is ");
		at = append_number(at, got);
		at = append(at, ", not ");
		append_number(at, want);
	}
	return false;
}

s64 answer_value(const char *what, s64 value)
{
	if (value < 0)
		printf("ANSWER %s = -%lu\n", what, 0 - (u64)value);
	else
		printf("ANSWER %s = %lu\n", what, (u64)value);
	return value;
}

bool expect_refused_value(s64 got, const char *what, const char *file, int line)
{
	size_t at;

	answer_value(what, got);
	if (got < 0)
		return true;
	if (note_begin(FAIL, file, line, &at)) {
		at = append(at, what);
		at = append(at, " is not refused: ");
		append_number(at, got);
	}
	return false;
}

bool expect_trap_at(u64 vector, const char *file, int line)
{
	size_t at;

	if (caught.happened)
		return expect_value((s64)caught.f.vector, (s64)vector,
				    "exception", file, line);
	if (note_begin(FAIL, file, line, &at)) {
		at = append(at, "no exception, expected ");
		append_number(at, (s64)vector);
	}
	return false;
}

bool expect_no_trap_at(const char *file, int line)
{
	size_t at;

	if (!caught.happened)
		return true;
	if (note_begin(FAIL, file, line, &at)) {
		at = append(at, "exception ");
		append_number(at, (s64)caught.f.vector);
	}
	return false;
}

void guest_broken(const char *why)
{
	printf("ERROR guest: %s\n", why);
	guest_shutdown(SHUTDOWN_crash);
}

static bool selected(const struct promise *p)
{
	char only[64];

	return !option_string("only", only, sizeof(only)) ||
	       strstr(p->name, only);
}

static enum verdict run_one(const struct promise *p)
{
	verdict = PASS;
	note[0] = 0;
	printf("RUN %s\n", p->name);
	p->run();
	hook = NULL;
	event_handler = NULL;
	events_off();
	printf("%s %s: %s%s%s\n", verdict_name[verdict], p->name, p->text,
	       note[0] ? " -- " : "", note);
	return verdict;
}

/* A domU's console and store would raise events in between. */
static void mask_ports_of_others(void)
{
	if (is_dom0())
		return;
	event_mask_port(start_info->console.domU.evtchn, true);
	event_mask_port(start_info->store_evtchn, true);
}

void guest_main(struct start_info *si);
void guest_main(struct start_info *si)
{
	unsigned int count[4] = {0, 0, 0, 0};
	const struct promise *const *p;

	start_info = si;
	console_init();
	if (va_map(shared_info, si->shared_info | PTE_DATA))
		guest_broken("cannot map shared_info");
	mask_ports_of_others();
	trap_init();
	for (p = promises_start; p < promises_end; p++)
		if (selected(*p))
			count[run_one(*p)]++;
	printf("RESULT %u passed, %u skipped, %u errors, %u failed\n",
	       count[PASS], count[SKIP], count[ERROR], count[FAIL]);
	guest_shutdown(SHUTDOWN_poweroff);
}
