/* Requests on watches and transactions. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "req.h"
#include "state.h"
#include "watch.h"

static int watch_path(struct req *r, const char *in, char *out, bool *relative)
{
	*relative = in[0] != '/' && in[0] != '@';
	if (in[0] != '@')
		return req_path(r, in, false, out);
	if (strlen(in) > XENSTORE_REL_PATH_MAX)
		return -EINVAL;
	snprintf(out, PATH_BUF, "%s", in);
	return 0;
}

/* The optional third string: how many levels below the path count. */
static int watch_depth(const char *s, int *depth)
{
	unsigned long v;
	char *end;

	errno = 0;
	v = strtoul(s, &end, 10);
	if (errno || end == s || *end || v > XENSTORE_ABS_PATH_MAX)
		return -EINVAL;
	*depth = v;
	return 0;
}

int req_watch(struct req *r)
{
	char path[PATH_BUF], *vec[3];
	unsigned int n = req_strings(r, vec, 3);
	struct conn *c = r->c;
	struct watch *w;
	int depth = -1, rc;
	bool relative;

	if (n != 2 && n != 3)
		return -EINVAL;
	rc = watch_path(r, vec[0], path, &relative);
	if (!rc && n == 3)
		rc = watch_depth(vec[2], &depth);
	if (rc)
		return rc;
	/* Xen's daemon lets through one more than the quota says. */
	if (!c->who.privileged && c->nwatches > r->s->quota.watches)
		return watch_exists(c, path, vec[1]) ? -EEXIST : -E2BIG;
	w = watch_add(c, path, vec[1], relative, depth, &rc);
	if (!w)
		return rc;
	state_note_watch(c, w, true);
	req_ok(r);
	watch_fire_first(c, w);
	return 0;
}

int req_unwatch(struct req *r)
{
	char path[PATH_BUF], *vec[2];
	bool relative;
	int rc;

	if (req_strings(r, vec, 2) != 2)
		return -EINVAL;
	rc = watch_path(r, vec[0], path, &relative);
	if (!rc)
		rc = watch_remove(r->c, path, vec[1]);
	if (!rc)
		req_ok(r);
	return rc;
}

int req_reset_watches(struct req *r)
{
	struct conn *c = r->c;
	struct list *p, *tmp;

	watch_remove_all(c);
	list_for_each (p, tmp, &c->txs)
		tx_free(c, list_entry(p, struct tx, link));
	r->view.tx = NULL;
	r->s->changed = true;
	req_ok(r);
	return 0;
}

int req_transaction_start(struct req *r)
{
	struct conn *c = r->c;
	struct tx *tx;
	char id[16];

	/* One more than the quota, as with watches. */
	if (!c->who.privileged && c->ntxs > r->s->quota.transactions)
		return -ENOSPC;
	tx = tx_start(c);
	if (!tx)
		return -ENOMEM;
	snprintf(id, sizeof(id), "%u", tx->id);
	req_reply_string(r, id);
	return 0;
}

int req_transaction_end(struct req *r)
{
	char *in = req_one(r);
	int rc = 0;

	if (!in || (strcmp(in, "T") && strcmp(in, "F")))
		return -EINVAL;
	if (!r->view.tx)
		return -ENOENT;
	if (in[0] == 'T')
		rc = tx_commit(r->s, r->view.tx);
	tx_free(r->c, r->view.tx);
	r->view.tx = NULL;
	if (!rc)
		req_ok(r);
	return rc;
}
