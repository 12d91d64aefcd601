/*
 * guests/fifo: the FIFO layout with every port it has
 *
 * ABI: 131,072 event words in 128 pages, sixteen queues per vcpu, lowest number
 * first; EVTCHNOP_reset leads back to two levels.
 */
#include <guest.h>

#define NR_PORTS EVTCHN_FIFO_NR_CHANNELS
#define PER_PAGE (PAGE_SIZE / sizeof(u32))
#define NR_PAGES (NR_PORTS / PER_PAGE)
#define BIT32(n) (1U << (n))
#define PENDING	 BIT32(EVTCHN_FIFO_PENDING)
#define MASKED	 BIT32(EVTCHN_FIFO_MASKED)
#define LINKED	 BIT32(EVTCHN_FIFO_LINKED)

static u32 words[NR_PORTS] __attribute__((aligned(4096)));
static u8 control_page[PAGE_SIZE] __attribute__((aligned(4096)));
static struct evtchn_fifo_control_block *const control =
	(struct evtchn_fifo_control_block *)control_page;
static u32 first, last; /* our ports */

/*
 * Upstream looks for a free port from the first one on, each time: with the
 * option it is content with fewer.
 */
static u32 wanted(void)
{
	return (u32)option_number("ports", NR_PORTS - 1);
}

static long expand(unsigned int page)
{
	struct evtchn_expand_array op = {
		.array_gfn = va_to_mfn(&words[page * PER_PAGE])};

	return hypercall(event_channel_op, EVTCHNOP_expand_array, &op);
}

static long start(void)
{
	struct evtchn_init_control op = {.control_gfn =
						 va_to_mfn(control_page)};
	unsigned int i;
	long rc = hypercall(event_channel_op, EVTCHNOP_init_control, &op);

	memset(words, 0, sizeof(words));
	if (!is_dom0()) {
		words[start_info->console.domU.evtchn] = MASKED;
		words[start_info->store_evtchn] = MASKED;
	}
	for (i = 0; i < NR_PAGES && !rc; i++)
		rc = expand(i);
	return rc;
}

static long set_priority(u32 port, u32 priority)
{
	struct evtchn_set_priority op = {.port = port, .priority = priority};

	return hypercall(event_channel_op, EVTCHNOP_set_priority, &op);
}

/* Takes the queue of @priority; how many of its ports were not as expected. */
static u32 drain(u32 priority, u32 from, u32 step)
{
	u32 port = control->head[priority], expected = from, wrong = 0, w;

	__atomic_fetch_and(&control->ready, ~BIT32(priority), __ATOMIC_SEQ_CST);
	while (port) {
		wrong += port != expected;
		expected += step;
		w = __atomic_fetch_and(
			&words[port],
			~(LINKED | PENDING | EVTCHN_FIFO_LINK_MASK),
			__ATOMIC_SEQ_CST);
		wrong += !(w & PENDING) || !(w & LINKED);
		port = w & EVTCHN_FIFO_LINK_MASK;
	}
	wrong += expected <= last;
	control->head[priority] = 0;
	return wrong;
}

PROMISE(starts_with_all_its_pages, "128 pages of event words, and no more")
{
	expect_eq(start(), 0);
	expect_eq(expand(0), -XEN_ENOSPC);
	events_off();
}

PROMISE(every_port_can_be_had, "ports up to the last one, then -ENOSPC")
{
	long port = 0;

	first = (u32)event_bind_ipi(0);
	require((s64)first > 0 && first < NR_PORTS);
	last = first;
	while (last < wanted() && (port = event_bind_ipi(0)) > 0) {
		if (port != last + 1)
			break;
		last++;
	}
	if (is_dom0())
		expect_eq(last, wanted());
	else
		expect(last >= 1000);
	if (last == NR_PORTS - 1 || !is_dom0())
		expect_eq(event_bind_ipi(0), -XEN_ENOSPC);
	printf("fifo: ports %u to %u\n", first, last);
}

PROMISE(every_port_arrives, "each is sent and taken, in the order of sending")
{
	u32 port;

	require(last > first);
	for (port = first; port <= last; port++)
		if (!expect_eq(event_send(port), 0))
			return;
	expect_eq(control->ready, BIT32(EVTCHN_FIFO_PRIORITY_DEFAULT));
	expect_eq(vcpu_info()->evtchn_upcall_pending, 1);
	expect_eq(drain(EVTCHN_FIFO_PRIORITY_DEFAULT, first, 1), 0);
}

PROMISE(every_priority_has_its_queue, "sixteen priorities for all of them")
{
	u32 port, queue;

	require(last > first);
	for (port = first; port <= last; port++)
		if (!expect_eq(set_priority(port, port % 16), 0))
			return;
	for (port = first; port <= last; port++)
		if (!expect_eq(event_send(port), 0))
			return;
	expect_eq(control->ready, 0xffff);
	for (queue = 0; queue < 16; queue++)
		expect_eq(drain(queue, first + (queue - first) % 16, 16), 0);
}

PROMISE(masked_ports_wait, "the last port of all: masked, unmasked, taken")
{
	require(last > first);
	words[last] |= MASKED;
	expect_eq(event_send(last), 0);
	expect_eq(control->ready, 0);
	expect(words[last] & PENDING && !(words[last] & LINKED));
	expect_eq(event_unmask_call(last), 0);
	expect_eq(control->ready, BIT32(last % 16));
	expect_eq(control->head[last % 16], last);
	expect_eq(drain(last % 16, last, 1), 0);
}

PROMISE(closed_ports_come_back, "a closed port is free again, not pending")
{
	u32 port = first + (last - first) / 2;

	require(last > first);
	words[port] |= MASKED;
	expect_eq(event_send(port), 0);
	expect_eq(event_close(port), 0);
	expect_eq(event_send(port), -XEN_EINVAL);
	expect_eq(event_bind_ipi(0), port);
	expect(!(words[port] & PENDING));
	words[port] = 0;
}

PROMISE(reset_of_all, "reset frees them and leads back to two levels")
{
	struct evtchn_reset op = {.dom = DOMID_SELF};
	struct evtchn_status st;
	long port;

	if (!is_dom0())
		skip("would close the console's port");
	require(last > first);
	expect_eq(hypercall(event_channel_op, EVTCHNOP_reset, &op), 0);
	expect_eq(event_status(first, &st), 0);
	expect_eq(st.status, EVTCHNSTAT_closed);
	port = event_bind_ipi(0);
	require(port > 0);
	memset(words, 0, sizeof(words));
	expect_eq(event_send((u32)port), 0);
	expect(event_pending((u32)port));
	expect_eq(words[port], 0);
	event_clear((u32)port);
	expect_eq(event_close((u32)port), 0);
}

PROMISE(begins_anew, "after a reset the layout can be chosen again")
{
	long port;

	if (!is_dom0())
		skip("was not reset");
	expect_eq(start(), 0);
	port = event_bind_ipi(0);
	require(port > 0);
	expect_eq(event_send((u32)port), 0);
	expect(words[port] & PENDING);
}
