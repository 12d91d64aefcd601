/*
 * Devices whose back ends are gone, or not yet there again: what lists say
 */
#include <stdlib.h>
#include <string.h>

#include "ctl/attach.h"
#include "ctl/move.h"
#include "lib/xalloc.h"

/* How its domain knew the one that served it, malloc'ed; NULL while it does. */
static char *lost_backend(struct ctl *c, const struct device *dev)
{
	char *name;

	if (!dev->backend ||
	    (!domain_is_dead(c, dev->backend) && !device_is_moving(c, dev)))
		return NULL;
	name = device_record_read(c->xs, dev, "backend-name");
	return name ? name : xasprintf("domain %u", dev->backend);
}

void device_note(struct ctl *c, struct table *t, const struct device *dev)
{
	char *name = lost_backend(c, dev), *requests, *text;

	if (!name)
		return;
	requests = device_record_read(c->xs, dev, DEVICE_LOST);
	if (device_is_moving(c, dev))
		text = xasprintf("waits for %s", name);
	else if (requests)
		text = xasprintf("%s is gone with %s requests, restart the "
				 "guest",
				 name, requests);
	else
		text = xasprintf("%s is gone", name);
	table_note(t, "lost", text);
	free(text);
	free(requests);
	free(name);
}

/* Adds a name that is not yet in the list, which is "net0, disk0". */
static void add_name(char **names, const char *name)
{
	char *longer, *all, *one;
	bool there;

	if (!*names) {
		*names = xstrdup(name);
		return;
	}
	all = xasprintf(", %s, ", *names);
	one = xasprintf(", %s, ", name);
	there = strstr(all, one);
	free(one);
	free(all);
	if (there)
		return;
	longer = xasprintf("%s, %s", *names, name);
	free(*names);
	*names = longer;
}

char *devices_lost(struct ctl *c, domid_t domid)
{
	char *names = NULL, *name, *text = NULL;
	int kind, n, i, count = 0;
	struct device *list;

	for (kind = 0; kind < NR_DEV_KINDS; kind++) {
		n = devices_list(c->xs, domid, kind, &list);
		for (i = 0; i < n; i++) {
			name = lost_backend(c, &list[i]);
			if (!name)
				continue;
			add_name(&names, name);
			free(name);
			count++;
		}
		free(list);
	}
	if (count)
		text = xasprintf("%d device%s wait%s for %s", count,
				 count == 1 ? "" : "s", count == 1 ? "s" : "",
				 names);
	free(names);
	return text;
}
