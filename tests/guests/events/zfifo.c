/*
 * guests/events: the FIFO layout; runs last, as it cannot be left again
 *
 * ABI: init_control, expand_array, set_priority, event words and queues.
 */
#include <guest.h>

static struct evtchn_fifo_control_block *control;
static u32 *words;

#define BIT32(n) (1U << (n))

/* The ABI lets a hypervisor offer the two-level layout only. */
static bool offered(void)
{
	struct evtchn_init_control op = {.vcpu = 10000};

	return hypercall(event_channel_op, EVTCHNOP_init_control, &op) !=
	       -XEN_ENOSYS;
}

#define require_fifo()                                     \
	do {                                               \
		if (!offered())                            \
			skip("the two-level layout only"); \
	} while (0)

PROMISE(zfifo_init_refusals, "init_control checks vcpu, offset and frame")
{
	struct evtchn_init_control op = {.control_gfn = va_to_mfn(start_info),
					 .offset = 0,
					 .vcpu = 10000};

	require_fifo();
	expect_eq(hypercall(event_channel_op, EVTCHNOP_init_control, &op),
		  -XEN_ENOENT);
	op.vcpu = 0;
	op.offset = 4;
	expect_eq(hypercall(event_channel_op, EVTCHNOP_init_control, &op),
		  -XEN_EINVAL);
	op.offset = PAGE_SIZE - 8;
	expect_eq(hypercall(event_channel_op, EVTCHNOP_init_control, &op),
		  -XEN_EINVAL);
	op.offset = 0;
	op.control_gfn = ~0UL >> 12;
	expect_refused(hypercall(event_channel_op, EVTCHNOP_init_control, &op));
}

PROMISE(zfifo_expand_needs_init, "expand_array before init_control is refused")
{
	struct evtchn_expand_array op = {.array_gfn = va_to_mfn(start_info)};

	expect_refused(hypercall(event_channel_op, EVTCHNOP_expand_array, &op));
}

PROMISE(zfifo_starts, "init_control reports 17 link bits")
{
	struct evtchn_init_control op = {.vcpu = 0};
	struct evtchn_expand_array grow;

	require_fifo();
	control = page_alloc();
	words = page_alloc();
	op.control_gfn = va_to_mfn(control);
	expect_eq(hypercall(event_channel_op, EVTCHNOP_init_control, &op), 0);
	expect_eq(op.link_bits, EVTCHN_FIFO_LINK_BITS);
	if (!is_dom0()) {
		words[start_info->console.domU.evtchn] =
			BIT32(EVTCHN_FIFO_MASKED);
		words[start_info->store_evtchn] = BIT32(EVTCHN_FIFO_MASKED);
	}
	grow.array_gfn = va_to_mfn(words);
	expect_eq(hypercall(event_channel_op, EVTCHNOP_expand_array, &grow), 0);
}

PROMISE(zfifo_send_links_a_queue,
	"an event is linked into its priority's queue")
{
	long port = event_bind_ipi(0);

	if (!control)
		skip("FIFO is not in use");
	require(port > 0);
	words[port] &= ~BIT32(EVTCHN_FIFO_MASKED);
	control->ready = 0;
	vcpu_info()->evtchn_upcall_pending = 0;
	expect_eq(event_send((u32)port), 0);
	expect(words[port] & BIT32(EVTCHN_FIFO_PENDING));
	expect(words[port] & BIT32(EVTCHN_FIFO_LINKED));
	expect_eq(control->ready, BIT32(EVTCHN_FIFO_PRIORITY_DEFAULT));
	expect_eq(control->head[EVTCHN_FIFO_PRIORITY_DEFAULT], port);
	expect_eq(vcpu_info()->evtchn_upcall_pending, 1);
	words[port] = 0;
	control->head[EVTCHN_FIFO_PRIORITY_DEFAULT] = 0;
	control->ready = 0;
	vcpu_info()->evtchn_upcall_pending = 0;
	event_close((u32)port);
}

PROMISE(zfifo_priority, "set_priority moves a port to another queue")
{
	long port = event_bind_ipi(0);
	struct evtchn_set_priority op = {.priority = 2};

	if (!control)
		skip("FIFO is not in use");
	require(port > 0);
	op.port = (u32)port;
	expect_eq(hypercall(event_channel_op, EVTCHNOP_set_priority, &op), 0);
	words[port] &= ~BIT32(EVTCHN_FIFO_MASKED);
	expect_eq(event_send((u32)port), 0);
	expect_eq(control->ready, BIT32(2));
	expect_eq(control->head[2], port);
	words[port] = 0;
	control->head[2] = 0;
	control->ready = 0;
	op.priority = 16;
	expect_eq(hypercall(event_channel_op, EVTCHNOP_set_priority, &op),
		  -XEN_EINVAL);
	event_close((u32)port);
}

PROMISE(zfifo_masked_is_not_linked, "a masked port becomes pending, not linked")
{
	long port = event_bind_ipi(0);

	if (!control)
		skip("FIFO is not in use");
	require(port > 0);
	words[port] = BIT32(EVTCHN_FIFO_MASKED);
	control->ready = 0;
	expect_eq(event_send((u32)port), 0);
	expect(words[port] & BIT32(EVTCHN_FIFO_PENDING));
	expect_eq(words[port] & BIT32(EVTCHN_FIFO_LINKED), 0);
	expect_eq(control->ready, 0);
	expect_eq(event_unmask_call((u32)port), 0);
	expect(words[port] & BIT32(EVTCHN_FIFO_LINKED));
	words[port] = 0;
	control->head[EVTCHN_FIFO_PRIORITY_DEFAULT] = 0;
	control->ready = 0;
	event_close((u32)port);
}
