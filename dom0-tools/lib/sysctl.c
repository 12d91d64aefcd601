#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sysctl.h"

#define LIST_BATCH    256
#define CONSOLE_BYTES (128u << 10)

static int sysctl_op(struct hv *hv, struct xen_sysctl *op)
{
	long rc;

	op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	rc = hv_call_op(hv, __HYPERVISOR_sysctl, op, sizeof(*op));
	return rc < 0 ? rc : 0;
}

int sys_physinfo(struct hv *hv, struct xen_sysctl_physinfo *info)
{
	struct xen_sysctl op = {.cmd = XEN_SYSCTL_physinfo};
	int rc = sysctl_op(hv, &op);

	if (!rc)
		*info = op.u.physinfo;
	return rc;
}

int sys_sched_id(struct hv *hv)
{
	struct xen_sysctl op = {.cmd = XEN_SYSCTL_sched_id};
	int rc = sysctl_op(hv, &op);

	return rc ? rc : (int)op.u.sched_id.sched_id;
}

/* Up to @max domains from @first on into @buf; how many, or negative errno. */
static int list_batch(struct hv *hv, domid_t first,
		      struct xen_domctl_getdomaininfo *buf, unsigned int max)
{
	struct xen_sysctl op = {.cmd = XEN_SYSCTL_getdomaininfolist};
	int rc;

	op.u.getdomaininfolist.first_domain = first;
	op.u.getdomaininfolist.max_domains = max;
	op.u.getdomaininfolist.buffer.p = buf;
	rc = sysctl_op(hv, &op);
	return rc ? rc : (int)op.u.getdomaininfolist.num_domains;
}

int sys_domain_list(struct hv *hv, struct xen_domctl_getdomaininfo **list)
{
	size_t bytes = LIST_BATCH * sizeof(**list);
	struct xen_domctl_getdomaininfo *buf, *all = NULL, *grown;
	domid_t first = 0;
	int n, total = 0;

	buf = hv_buf_alloc(hv, bytes);
	if (!buf)
		return -ENOMEM;
	do {
		n = list_batch(hv, first, buf, LIST_BATCH);
		if (n < 0)
			goto out;
		grown = realloc(all, (total + n + 1) * sizeof(*all));
		if (!grown) {
			n = -ENOMEM;
			goto out;
		}
		all = grown;
		memcpy(all + total, buf, n * sizeof(*all));
		total += n;
		if (n)
			first = all[total - 1].domain + 1;
	} while (n == LIST_BATCH);
	*list = all;
	all = NULL;
	n = total;
out:
	free(all);
	hv_buf_free(hv, buf, bytes);
	return n;
}

/* The ring is read in pieces by index until a piece comes back empty. */
int sys_read_console(struct hv *hv, bool clear, char **text)
{
	struct xen_sysctl op = {.cmd = XEN_SYSCTL_readconsole};
	char *buf = hv_buf_alloc(hv, CONSOLE_BYTES), *all = NULL, *grown;
	size_t total = 0;
	int rc = -ENOMEM;

	if (!buf)
		return rc;
	do {
		op.u.readconsole.clear = 0;
		op.u.readconsole.incremental = 1;
		op.u.readconsole.buffer.p = buf;
		op.u.readconsole.count = CONSOLE_BYTES;
		rc = sysctl_op(hv, &op);
		if (rc)
			goto out;
		rc = -ENOMEM;
		grown = realloc(all, total + op.u.readconsole.count + 1);
		if (!grown)
			goto out;
		all = grown;
		memcpy(all + total, buf, op.u.readconsole.count);
		total += op.u.readconsole.count;
	} while (op.u.readconsole.count);
	all[total] = '\0';
	rc = 0;
	if (clear) {
		op.u.readconsole.clear = 1;
		op.u.readconsole.incremental = 0;
		op.u.readconsole.count = CONSOLE_BYTES;
		rc = sysctl_op(hv, &op);
		if (rc)
			goto out;
	}
	*text = all;
	all = NULL;
out:
	free(all);
	hv_buf_free(hv, buf, CONSOLE_BYTES);
	return rc;
}

int sys_debug_keys(struct hv *hv, const char *keys)
{
	struct xen_sysctl op = {.cmd = XEN_SYSCTL_debug_keys};
	size_t bytes = strlen(keys);
	char *buf = hv_buf_alloc(hv, bytes + 1);
	int rc;

	if (!buf)
		return -ENOMEM;
	memcpy(buf, keys, bytes);
	op.u.debug_keys.keys.p = buf;
	op.u.debug_keys.nr_keys = bytes;
	rc = sysctl_op(hv, &op);
	hv_buf_free(hv, buf, bytes + 1);
	return rc;
}

/* Number of counters and of values: a query without buffers. */
static int count_counters(struct hv *hv, struct xen_sysctl_perfc_op *out)
{
	struct xen_sysctl op = {.cmd = XEN_SYSCTL_perfc_op};
	int rc;

	op.u.perfc_op.cmd = XEN_SYSCTL_PERFCOP_query;
	rc = sysctl_op(hv, &op);
	*out = op.u.perfc_op;
	return rc;
}

static int sum_counters(const struct xen_sysctl_perfc_op *q,
			const struct xen_sysctl_perfc_desc *desc,
			const uint32_t *val, struct sys_counter *out)
{
	uint32_t i, j, used = 0;

	for (i = 0; i < q->nr_counters; i++) {
		memcpy(out[i].name, desc[i].name, sizeof(out[i].name));
		out[i].name[sizeof(out[i].name) - 1] = '\0';
		if (desc[i].nr_vals > q->nr_vals - used)
			return -EPROTO;
		for (j = 0; j < desc[i].nr_vals; j++)
			out[i].value += val[used++];
	}
	return q->nr_counters;
}

int sys_counters(struct hv *hv, struct sys_counter **list)
{
	struct xen_sysctl op = {.cmd = XEN_SYSCTL_perfc_op};
	struct xen_sysctl_perfc_desc *desc = NULL;
	struct sys_counter *sums = NULL;
	struct xen_sysctl_perfc_op n;
	uint32_t *val = NULL;
	int rc = count_counters(hv, &n);

	if (rc)
		return rc;
	rc = -ENOMEM;
	desc = hv_buf_alloc(hv, n.nr_counters * sizeof(*desc) + 1);
	val = hv_buf_alloc(hv, n.nr_vals * sizeof(*val) + 1);
	sums = calloc(n.nr_counters + 1, sizeof(*sums));
	if (!desc || !val || !sums)
		goto out;
	op.u.perfc_op.cmd = XEN_SYSCTL_PERFCOP_query;
	op.u.perfc_op.nr_counters = n.nr_counters;
	op.u.perfc_op.nr_vals = n.nr_vals;
	op.u.perfc_op.desc.p = desc;
	op.u.perfc_op.val.p = val;
	rc = sysctl_op(hv, &op);
	if (rc)
		goto out;
	rc = sum_counters(&n, desc, val, sums);
	if (rc < 0)
		goto out;
	*list = sums;
	sums = NULL;
out:
	free(sums);
	hv_buf_free(hv, desc, n.nr_counters * sizeof(*desc) + 1);
	hv_buf_free(hv, val, n.nr_vals * sizeof(*val) + 1);
	return rc;
}
