/*
 * lib/console.c: where a test guest's lines go
 */
#include <xen/console_ring.h>
#include <xen/event_channel.h>
#include "guest.h"

static struct xencons_interface *ring;

void console_init(void)
{
	if (start_info->flags & SIF_INITDOMAIN)
		return;
	ring = mfn_to_va(start_info->console.domU.mfn);
}

static void ring_notify(void)
{
	struct evtchn_send send = {.port = start_info->console.domU.evtchn};

	hypercall(event_channel_op, EVTCHNOP_send, &send);
}

/* A reader that is late makes us wait; lines are never dropped. */
static void ring_write(const char *text, size_t n)
{
	while (n) {
		u32 prod = ring->out_prod, cons = READ_ONCE(ring->out_cons);

		__sync_synchronize();
		if (prod - cons >= sizeof(ring->out)) {
			ring_notify();
			hypercall(sched_op, 0, 0);
			continue;
		}
		ring->out[MASK_XENCONS_IDX(prod, ring->out)] = *text++;
		__sync_synchronize();
		WRITE_ONCE(ring->out_prod, prod + 1);
		n--;
	}
	ring_notify();
}

void console_write(const char *text, size_t n)
{
	if (ring)
		ring_write(text, n);
	else
		hypercall(console_io, CONSOLEIO_write, n, text);
}
