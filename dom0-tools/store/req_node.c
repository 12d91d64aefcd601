/* Requests on nodes: read, write, list, create, remove, permissions. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "req.h"

/* The payload names one node that the client may use in the way of @need. */
static int one_node(struct req *r, unsigned int need, bool special,
		    const struct node **n)
{
	char path[PATH_BUF], *in = req_one(r);
	int rc;

	if (!in)
		return -EINVAL;
	rc = req_path(r, in, special, path);
	return rc ? rc : view_get(&r->view, path, need, n);
}

int req_read(struct req *r)
{
	const struct node *n;
	int rc;

	rc = one_node(r, PERM_READ, false, &n);
	if (!rc)
		req_reply(r, n->data ? n->data : "", n->len);
	return rc;
}

/* All names, each with its NUL; free() them. NULL: out of memory. */
static char *child_names(const struct node *n)
{
	char *buf = malloc(n->kidbytes + 1), *p = buf;
	unsigned int i;

	for (i = 0; buf && i < n->nkids; i++)
		p = stpcpy(p, n->kids[i]->name) + 1;
	return buf;
}

int req_directory(struct req *r)
{
	const struct node *n;
	char *names;
	int rc;

	rc = one_node(r, PERM_READ, false, &n);
	if (rc)
		return rc;
	names = child_names(n);
	if (!names)
		return -ENOMEM;
	req_reply(r, names, n->kidbytes);
	free(names);
	return 0;
}

/* How many of @len bytes of names fit into @max without cutting a name. */
static size_t whole_names(const char *names, size_t len, size_t max)
{
	size_t used = 0, next;

	while (used < len) {
		next = strlen(names + used) + 1;
		if (used + next > max)
			break;
		used += next;
	}
	return used;
}

/* Generation, then names from an offset on, then an empty one at the end. */
static int reply_part(struct req *r, const struct node *n, size_t off)
{
	char out[XENSTORE_PAYLOAD_MAX], *names;
	size_t head, part = 0;

	names = child_names(n);
	if (!names)
		return -ENOMEM;
	head = snprintf(out, sizeof(out), "%" PRIu64, n->gen) + 1;
	if (off < n->kidbytes)
		part = whole_names(names + off, n->kidbytes - off,
				   sizeof(out) - head - 1);
	memcpy(out + head, names + (part ? off : 0), part);
	if (off + part >= n->kidbytes)
		out[head + part++] = '\0';
	req_reply(r, out, head + part);
	free(names);
	return 0;
}

int req_directory_part(struct req *r)
{
	char path[PATH_BUF], *vec[2], *end;
	const struct node *n;
	unsigned long off;
	int rc;

	if (req_strings(r, vec, 2) != 2)
		return -EINVAL;
	rc = req_path(r, vec[0], false, path);
	if (rc)
		return rc;
	errno = 0;
	off = strtoul(vec[1], &end, 10);
	if (errno || end == vec[1] || *end)
		return -EINVAL;
	rc = view_get(&r->view, path, PERM_READ, &n);
	return rc ? rc : reply_part(r, n, off);
}

int req_get_perms(struct req *r)
{
	char out[XENSTORE_PAYLOAD_MAX];
	const struct node *n;
	size_t used = 0;
	unsigned int i;
	int rc;

	rc = one_node(r, PERM_READ, true, &n);
	if (rc)
		return rc;
	for (i = 0; i < n->nperms && used + 16 < sizeof(out); i++)
		used += snprintf(out + used, sizeof(out) - used, "%c%u",
				 perm_letter(&n->perms[i]), n->perms[i].domid) +
			1;
	if (i < n->nperms)
		return -E2BIG;
	req_reply(r, out, used);
	return 0;
}

int req_set_perms(struct req *r)
{
	struct perm p[XENSTORE_PAYLOAD_MAX / 3];
	char path[PATH_BUF], *s = r->body, *end = s + r->hdr->len;
	unsigned int n = 0, total = req_strings(r, NULL, 0);
	int rc;

	if (total < 2 || end[-1])
		return -EINVAL;
	rc = req_path(r, s, true, path);
	for (s += strlen(s) + 1; !rc && s < end; s += strlen(s) + 1)
		rc = perm_parse(&p[n++], s);
	if (!rc)
		rc = view_set_perms(&r->view, path, p, n);
	if (!rc)
		req_ok(r);
	return rc;
}

int req_write(struct req *r)
{
	char path[PATH_BUF], *vec[1];
	size_t off;
	int rc;

	if (!req_strings(r, vec, 1))
		return -EINVAL;
	off = strlen(vec[0]) + 1;
	rc = req_path(r, vec[0], false, path);
	if (!rc)
		rc = view_write(&r->view, path, r->body + off,
				r->hdr->len - off);
	if (!rc)
		req_ok(r);
	return rc;
}

int req_mkdir(struct req *r)
{
	char path[PATH_BUF], *in = req_one(r);
	int rc;

	rc = in ? req_path(r, in, false, path) : -EINVAL;
	if (!rc)
		rc = view_mkdir(&r->view, path);
	if (!rc)
		req_ok(r);
	return rc;
}

int req_rm(struct req *r)
{
	char path[PATH_BUF], *in = req_one(r);
	int rc;

	rc = in ? req_path(r, in, false, path) : -EINVAL;
	if (!rc)
		rc = view_remove(&r->view, path);
	if (!rc)
		req_ok(r);
	return rc;
}
