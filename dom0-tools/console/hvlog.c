#include "hvlog.h"

#include <errno.h>
#include <stdio.h>

#include <xen/sysctl.h>
#include <xen/xen.h>

#include "lib/err.h"
#include "lib/log.h"

#define CHUNK 16384u

int hvlog_open(struct hvlog *l, struct consoled *cd)
{
	char path[512];
	int rc;

	l->port = -1;
	l->index = 0;
	l->buf = hv_buf_alloc(cd->hv, CHUNK);
	if (!l->buf)
		return -ENOMEM;
	snprintf(path, sizeof(path), "%s/hypervisor.log", cd->log_dir);
	rc = conlog_open(&l->log, path, cd->stamp_hv);
	if (rc) {
		hvlog_close(l, cd);
		return rc;
	}
	rc = evtchn_bind_virq(&cd->ec, VIRQ_CON_RING);
	if (rc >= 0)
		l->port = rc;
	hvlog_poll(l, cd);
	return 0;
}

/* One chunk; its size, 0 when there is nothing new, or -errno. */
static int read_chunk(struct hvlog *l, struct consoled *cd)
{
	struct xen_sysctl op = {
		.cmd = XEN_SYSCTL_readconsole,
		.interface_version = XEN_SYSCTL_INTERFACE_VERSION,
	};
	long rc;

	op.u.readconsole.incremental = 1;
	op.u.readconsole.index = l->index;
	op.u.readconsole.buffer.p = l->buf;
	op.u.readconsole.count = CHUNK;
	rc = hv_call_op(cd->hv, __HYPERVISOR_sysctl, &op, sizeof(op));
	if (rc)
		return rc;
	l->index = op.u.readconsole.index;
	return op.u.readconsole.count;
}

void hvlog_poll(struct hvlog *l, struct consoled *cd)
{
	int n;

	while ((n = read_chunk(l, cd)) > 0)
		conlog_write(&l->log, l->buf, n);
	if (n < 0)
		log_error("cannot read the hypervisor's log: %s", err_str(n));
}

void hvlog_close(struct hvlog *l, struct consoled *cd)
{
	if (!l->buf)
		return;
	if (l->port >= 0)
		evtchn_unbind(&cd->ec, l->port);
	l->port = -1;
	conlog_close(&l->log);
	hv_buf_free(cd->hv, l->buf, CHUNK);
	l->buf = NULL;
}
