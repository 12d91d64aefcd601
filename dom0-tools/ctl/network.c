/*
 * ctl/network.c: the commands network-attach, network-list and
 * network-detach
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ctl/attach.h"
#include "ctl/table.h"
#include "lib/err.h"
#include "lib/xalloc.h"

/* Name and width; the titles of the two rings share a column in xl. */
static const struct column cols[] = {
	{"", "Idx", "", "index", CELL_INT, -3},
	{" ", "BE", " ", "backend_id", CELL_INT, -2},
	{" ", "Mac Addr.", " ", "mac", CELL_STR, -17},
	{" ", "handle", " ", "frontend_id", CELL_INT, 6},
	{" ", "state", " ", "state", CELL_INT, 5},
	{" ", "evt-ch", " ", "event_channel", CELL_INT, 6},
	{" ", "tx-", " ", "tx_ring_ref", CELL_INT, 5},
	{"/", "rx-ring-ref", "/", "rx_ring_ref", CELL_INT, -11},
	{" ", "BE-path", " ", "backend", CELL_STR, -30},
};

#define NR_COLS ((int)(sizeof(cols) / sizeof(*cols)))

/* Of the only queue, or of the first of several. */
static long long queue_number(struct xs_client *xs, const struct device *dev,
			      const char *node, const char *other)
{
	char *first = xasprintf("queue-0/%s", node);
	char *val = device_front_read(xs, dev, node);
	long long n = -1;

	if (!val && other)
		val = device_front_read(xs, dev, other);
	if (!val)
		val = device_front_read(xs, dev, first);
	free(first);
	if (!val && other) {
		first = xasprintf("queue-0/%s", other);
		val = device_front_read(xs, dev, first);
		free(first);
	}
	if (val)
		n = strtoll(val, NULL, 10);
	free(val);
	return n;
}

static void list_row(struct ctl *c, struct table *t, const struct device *dev)
{
	char *mac = device_record_read(c->xs, dev, "mac");
	char path[DEVICE_PATH];

	device_back_path(path, dev);
	table_row(t, (long long)dev->devid, (long long)dev->backend, mac,
		  (long long)dev->devid,
		  (long long)device_front_state(c->xs, dev),
		  queue_number(c->xs, dev, "event-channel", "event-channel-tx"),
		  queue_number(c->xs, dev, "tx-ring-ref", NULL),
		  queue_number(c->xs, dev, "rx-ring-ref", NULL), path);
	device_note(c, t, dev);
	free(mac);
}

int cmd_network_list(struct ctl *c, int argc, char **argv)
{
	struct device *list;
	struct table t;
	domid_t domid;
	int i, j, n, rc = 0;

	if (argc < 2)
		return ctl_usage(c);
	devices_sweep(c);
	table_init(&t, cols, NR_COLS);
	for (i = 1; i < argc && !rc; i++) {
		rc = ctl_find(c, argv[i], &domid);
		if (rc)
			break;
		n = devices_list(c->xs, domid, DEV_VIF, &list);
		for (j = 0; j < n; j++)
			list_row(c, &t, &list[j]);
		free(list);
		rc = n < 0 ? n : 0;
	}
	if (rc)
		json_object_put(t.rows);
	else
		table_print(&t, c->json);
	return rc;
}

int cmd_network_attach(struct ctl *c, int argc, char **argv)
{
	struct vif v;
	domid_t domid;
	int rc;

	if (argc < 2)
		return ctl_usage(c);
	rc = ctl_find(c, argv[1], &domid);
	if (!rc)
		rc = vif_parse_words(argv + 2, argc - 2, &v);
	if (rc)
		return rc;
	devices_sweep(c);
	rc = vif_attach(c, domid, &v);
	vif_free(&v);
	return rc;
}

static bool has_mac(struct ctl *c, const struct device *dev, const char *mac)
{
	char *own = device_record_read(c->xs, dev, "mac");
	bool same = own && !strcasecmp(own, mac);

	free(own);
	return same;
}

/* By number or by mac address. */
static int find_vif(struct ctl *c, const char *who, const char *which,
		    struct device *dev)
{
	struct device *list;
	domid_t domid;
	unsigned long id;
	char *end;
	int rc = ctl_find(c, who, &domid), n, i;

	if (rc)
		return rc;
	devices_sweep(c);
	n = devices_list(c->xs, domid, DEV_VIF, &list);
	id = strtoul(which, &end, 10);
	rc = -ENOENT;
	for (i = 0; i < n && rc; i++) {
		if (*end ? has_mac(c, &list[i], which) : list[i].devid == id) {
			*dev = list[i];
			rc = 0;
		}
	}
	free(list);
	return rc ? err_set(rc,
			    "domain %s has no interface %s; see vane "
			    "network-list %s",
			    who, which, who)
		  : 0;
}

int cmd_network_detach(struct ctl *c, int argc, char **argv)
{
	struct device dev;
	bool force = argc == 4 && !strcmp(argv[3], "--force");
	int rc;

	if (argc != 3 && !force)
		return ctl_usage(c);
	rc = find_vif(c, argv[1], argv[2], &dev);
	return rc ? rc : device_detach(c, &dev, force);
}
