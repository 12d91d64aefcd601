/*
 * A guest that has not yet seen its device go would take a new one of the same
 * number for it, and never connect.
 */
#include <stdlib.h>
#include <unistd.h>

#include <xen/event_channel.h>

#include "ctl/attach.h"

#define UNPLUG_MS 5000
#define UNSEEN_MS 1000

int device_front_port(struct xs_client *xs, const struct device *dev)
{
	static const char *const nodes[] = {"event-channel", "event-channel-tx",
					    "queue-0/event-channel",
					    "queue-0/event-channel-tx"};
	char *val = NULL;
	int port = PORT_NONE;
	size_t i;

	for (i = 0; !val && i < sizeof(nodes) / sizeof(*nodes); i++)
		val = device_front_read(xs, dev, nodes[i]);
	if (val)
		port = atoi(val);
	else if (device_front_state(xs, dev) == DEV_UNKNOWN)
		port = PORT_GONE;
	free(val);
	return port;
}

/* Its driver closes the port last. */
void device_wait_unplugged(struct ctl *c, const struct device *dev, int port)
{
	struct evtchn_status s;
	int ms;

	/* A driver that never connected gives no sign; it has little to do. */
	if (port == PORT_NONE)
		usleep(UNSEEN_MS * 1000);
	for (ms = 0; port >= 0 && ms < UNPLUG_MS; ms += 5) {
		s = (struct evtchn_status){.dom = dev->domid, .port = port};
		if (hv_call_struct(c->hv, __HYPERVISOR_event_channel_op,
				   EVTCHNOP_status, &s, sizeof(s)) ||
		    s.status == EVTCHNSTAT_closed)
			return;
		usleep(5000);
	}
}
