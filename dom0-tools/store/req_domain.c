/* Requests about domains. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xen/xen.h>

#include "req.h"

/* The payload names one domain. */
static int one_domid(struct req *r, unsigned int *domid)
{
	char *in = req_one(r);

	return in ? req_domid(in, domid) : -EINVAL;
}

/* The payload names one domain whose ring is connected; never dom0. */
static int one_connected(struct req *r, struct dom **out)
{
	unsigned int domid;
	int rc = one_domid(r, &domid);

	if (rc || domid == r->c->who.domid)
		return rc ? rc : -EINVAL;
	*out = dom_find(r->s, domid);
	return *out && (*out)->conn ? 0 : -ENOENT;
}

static int introduce(struct store *s, unsigned int domid, uint64_t mfn,
		     unsigned int port)
{
	struct dom *d = dom_get(s, domid);
	bool fresh;
	int rc;

	if (!d)
		return -ENOMEM;
	fresh = !d->introduced;
	rc = s->ops->introduce(s->io, d, mfn, port);
	if (rc)
		return rc;
	d->introduced = true;
	d->mfn = mfn;
	d->port = port;
	s->changed = true;
	if (fresh)
		store_fire_special(s, "@introduceDomain");
	return 0;
}

int req_introduce(struct req *r)
{
	unsigned long mfn, port;
	unsigned int domid;
	char *vec[3];
	int rc;

	if (req_strings(r, vec, 3) < 3)
		return -EINVAL;
	rc = req_domid(vec[0], &domid);
	mfn = strtoul(vec[1], NULL, 10);
	port = strtoul(vec[2], NULL, 10);
	if (!rc && (!port || port > UINT32_MAX || domid == r->c->who.domid))
		rc = -EINVAL;
	if (!rc)
		rc = introduce(r->s, domid, mfn, port);
	if (!rc)
		req_ok(r);
	return rc;
}

int req_release(struct req *r)
{
	struct dom *d;
	int rc = one_connected(r, &d);

	if (rc)
		return rc;
	dom_remove(r->s, d);
	store_fire_special(r->s, "@releaseDomain");
	req_ok(r);
	return 0;
}

int req_resume(struct req *r)
{
	struct dom *d;
	int rc = one_connected(r, &d);

	if (rc)
		return rc;
	d->shutdown = false;
	r->s->changed = true;
	req_ok(r);
	return 0;
}

int req_set_target(struct req *r)
{
	unsigned int domid, target;
	struct dom *d, *t;
	char *vec[2];
	int rc;

	if (req_strings(r, vec, 2) != 2)
		return -EINVAL;
	rc = req_domid(vec[0], &domid);
	if (!rc)
		rc = req_domid(vec[1], &target);
	if (rc)
		return rc;
	d = dom_find(r->s, domid);
	t = dom_find(r->s, target);
	if (!d || !d->conn || !t || !t->conn)
		return -ENOENT;
	d->conn->who.target = target;
	r->s->changed = true;
	req_ok(r);
	return 0;
}

int req_is_domain_introduced(struct req *r)
{
	unsigned int domid;
	struct dom *d;
	int rc = one_domid(r, &domid);

	if (rc)
		return rc;
	if (domid == DOMID_SELF)
		domid = r->c->who.domid;
	d = dom_find(r->s, domid);
	req_reply_string(r, domid == 0 || (d && d->introduced) ? "T" : "F");
	return 0;
}

int req_get_domain_path(struct req *r)
{
	char path[32];
	unsigned int domid;
	int rc = one_domid(r, &domid);

	if (rc)
		return rc;
	snprintf(path, sizeof(path), "/local/domain/%u", domid);
	req_reply_string(r, path);
	return 0;
}
