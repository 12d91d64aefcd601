/*
 * A guest that has not yet seen its device go would take a new one of the same
 * number for it, and never connect.
 */
#include <stdlib.h>
#include <unistd.h>

#include <xen/event_channel.h>

#include "ctl/attach.h"

#define UNPLUG_MS 5000

int device_front_port(struct xs_client *xs, const struct device *dev)
{
	static const char *const nodes[] = {"event-channel", "event-channel-tx",
					    "queue-0/event-channel",
					    "queue-0/event-channel-tx"};
	char *val = NULL;
	int port = -1;
	size_t i;

	for (i = 0; !val && i < sizeof(nodes) / sizeof(*nodes); i++)
		val = device_front_read(xs, dev, nodes[i]);
	if (val)
		port = atoi(val);
	free(val);
	return port;
}

/* Its driver closes the port last. */
void device_wait_unplugged(struct ctl *c, const struct device *dev, int port)
{
	struct evtchn_status s;
	int ms;

	for (ms = 0; port >= 0 && ms < UNPLUG_MS; ms += 5) {
		s = (struct evtchn_status){.dom = dev->domid, .port = port};
		if (hv_call_struct(c->hv, __HYPERVISOR_event_channel_op,
				   EVTCHNOP_status, &s, sizeof(s)) ||
		    s.status == EVTCHNSTAT_closed)
			return;
		usleep(5000);
	}
}
