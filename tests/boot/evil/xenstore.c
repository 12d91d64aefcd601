#include <xen/sched.h>
#include <xen/xs_wire.h>
#include "xenstore.h"

#define NR_TEXTS 8
#define POLL_NS	 (5 * MS)

static struct xenstore_domain_interface *ring;
static char answer[XENSTORE_PAYLOAD_MAX + 1];

/* -- text ---------------------------------------------------------------- */

static size_t put_number(char *to, u64 value)
{
	char digits[24];
	size_t n = 0, i;

	do {
		digits[n++] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	for (i = 0; i < n; i++)
		to[i] = digits[n - 1 - i];
	return n;
}

char *text(const char *format, ...)
{
	static char buffers[NR_TEXTS][STORE_TEXT];
	static unsigned int next;
	char *out = buffers[next++ % NR_TEXTS];
	size_t n = 0;
	va_list ap;

	va_start(ap, format);
	for (; *format && n < STORE_TEXT - 24; format++) {
		if (*format != '%') {
			out[n++] = *format;
		} else if (*++format == 'u') {
			n += put_number(out + n, va_arg(ap, u32));
		} else {
			const char *s = va_arg(ap, const char *);

			while (*s && n < STORE_TEXT - 24)
				out[n++] = *s++;
		}
	}
	va_end(ap);
	out[n] = 0;
	return out;
}

u64 number_of(const char *digits)
{
	u64 value = 0;

	while (*digits >= '0' && *digits <= '9')
		value = value * 10 + (u64)(*digits++ - '0');
	return value;
}

/* -- the ring ------------------------------------------------------------ */

static void notify(void)
{
	struct evtchn_send send = {.port = start_info->store_evtchn};

	hypercall(event_channel_op, EVTCHNOP_send, &send);
}

static void send(const void *data, size_t n)
{
	const char *from = data;

	while (n) {
		u32 prod = ring->req_prod;

		if (prod - READ_ONCE(ring->req_cons) == XENSTORE_RING_SIZE) {
			notify();
			sleep_ns(MS);
			continue;
		}
		ring->req[MASK_XENSTORE_IDX(prod)] = *from++;
		__sync_synchronize();
		WRITE_ONCE(ring->req_prod, prod + 1);
		n--;
	}
}

static void receive(void *data, size_t n)
{
	char *to = data;

	while (n) {
		u32 cons = ring->rsp_cons;

		if (cons == READ_ONCE(ring->rsp_prod)) {
			notify();
			sleep_ns(MS);
			continue;
		}
		__sync_synchronize();
		*to++ = ring->rsp[MASK_XENSTORE_IDX(cons)];
		__sync_synchronize();
		WRITE_ONCE(ring->rsp_cons, cons + 1);
		n--;
	}
}

/* True unless the store says no; what it says is in answer[]. */
static bool ask(u32 type, const char *path, const char *value)
{
	struct xsd_sockmsg head = {.type = type};
	size_t n = strlen(path) + 1;

	if (!ring)
		ring = mfn_to_va(start_info->store_mfn);
	head.len = (u32)(n + (value ? strlen(value) : 0));
	send(&head, sizeof(head));
	send(path, n);
	if (value)
		send(value, strlen(value));
	notify();
	receive(&head, sizeof(head));
	if (head.len > XENSTORE_PAYLOAD_MAX)
		guest_broken("the store answers nonsense");
	receive(answer, head.len);
	notify();
	answer[head.len] = 0;
	return head.type == type;
}

const char *store_read(const char *path)
{
	return ask(XS_READ, path, NULL) ? answer : "";
}

u64 store_number(const char *path)
{
	return number_of(store_read(path));
}

bool store_write(const char *path, const char *value)
{
	return ask(XS_WRITE, path, value);
}

bool store_rm(const char *path)
{
	return ask(XS_RM, path, NULL);
}

const char *store_first(const char *path)
{
	return ask(XS_DIRECTORY, path, NULL) ? text("%s", answer) : "";
}

bool store_wait(const char *path, const char *value, unsigned int seconds)
{
	u64 end = system_time() + seconds * 1000 * MS;

	while (strcmp(store_read(path), value)) {
		if (system_time() > end)
			return false;
		sleep_ns(POLL_NS);
	}
	return true;
}
