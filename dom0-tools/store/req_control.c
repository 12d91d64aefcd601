/* CONTROL: what an administrator may ask the daemon itself. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "req.h"

/* Text of a reply; cut off at what a message can carry. */
struct text {
	char buf[XENSTORE_PAYLOAD_MAX];
	size_t used;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *t,
						      const char *fmt, ...)
{
	size_t room = sizeof(t->buf) - t->used;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->buf + t->used, room, fmt, ap);
	va_end(ap);
	t->used += (size_t)n < room ? (size_t)n : room - 1;
}

static int ctl_check(struct req *r, char **arg, unsigned int n, struct text *t)
{
	unsigned long nodes = tree_check(r->s->root);

	add(t, "%lu nodes, generation %llu\n", nodes,
	    (unsigned long long)r->s->gen);
	return 0;
}

static int ctl_log(struct req *r, char **arg, unsigned int n, struct text *t)
{
	if (n != 1)
		return -EINVAL;
	return r->s->ops->control_log(r->s->io, arg[0]);
}

static int ctl_logfile(struct req *r, char **arg, unsigned int n,
		       struct text *t)
{
	if (n != 1 || arg[0][0] != '/')
		return -EINVAL;
	return r->s->ops->control_log(r->s->io, arg[0]);
}

static int ctl_memreport(struct req *r, char **arg, unsigned int n,
			 struct text *t)
{
	struct list *p, *tmp;
	unsigned int watches = 0, conns = 0, txs = 0;
	size_t queued = 0;

	list_for_each (p, tmp, &r->s->conns) {
		struct conn *c = list_entry(p, struct conn, link);

		conns++;
		watches += c->nwatches;
		txs += c->ntxs;
		queued += c->outbytes;
	}
	add(t,
	    "nodes %lu\nconnections %u\nwatches %u\ntransactions %u\n"
	    "queued-bytes %zu\n",
	    tree_check(r->s->root), conns, watches, txs, queued);
	return 0;
}

static int ctl_print(struct req *r, char **arg, unsigned int n, struct text *t)
{
	if (n != 1)
		return -EINVAL;
	store_log(r->s, "%s", arg[0]);
	return 0;
}

static int quota_of_domain(struct req *r, const char *which, struct text *t)
{
	unsigned int domid;
	struct dom *d;
	int rc = req_domid(which, &domid);

	if (rc)
		return rc;
	d = dom_find(r->s, domid);
	if (!d)
		return -ENOENT;
	add(t, "Domain %u:\n", domid);
	add(t, "%-17s: %8u\n", "nodes", d->nodes);
	add(t, "%-17s: %8u\n", "watches", d->conn ? d->conn->nwatches : 0);
	add(t, "%-17s: %8u\n", "transactions", d->conn ? d->conn->ntxs : 0);
	add(t, "%-17s: %8u\n", "outstanding", d->conn ? d->conn->replies : 0);
	return 0;
}

static unsigned int *quota_by_name(struct quotas *q, const char *name)
{
#define QUOTA(field, value, qname, meaning) \
	if (!strcmp(name, qname))           \
		return &q->field;
#include "quota.def"
#undef QUOTA
	return NULL;
}

static int quota_set(struct req *r, const char *name, const char *value)
{
	unsigned int *q = quota_by_name(&r->s->quota, name);
	unsigned long v;
	char *end;

	errno = 0;
	v = strtoul(value, &end, 10);
	if (!q || errno || end == value || *end || v > UINT32_MAX)
		return -EINVAL;
	*q = v;
	r->s->changed = true;
	return 0;
}

static int ctl_quota(struct req *r, char **arg, unsigned int n, struct text *t)
{
	if (n == 1)
		return quota_of_domain(r, arg[0], t);
	if (n == 3 && !strcmp(arg[0], "set"))
		return quota_set(r, arg[1], arg[2]);
	if (n)
		return -EINVAL;
	add(t, "Quota settings:\n");
#define QUOTA(field, value, qname, meaning) \
	add(t, "%-17s: %8u %s\n", qname, r->s->quota.field, meaning);
#include "quota.def"
#undef QUOTA
	return 0;
}

static int ctl_help(struct req *r, char **arg, unsigned int n, struct text *t);

static const struct {
	const char *name;
	int (*run)(struct req *r, char **arg, unsigned int n, struct text *t);
	const char *args;
} commands[] = {
	{"check", ctl_check, ""},
	{"log", ctl_log, "[on|off]"},
	{"memreport", ctl_memreport, ""},
	{"quota", ctl_quota, "[set <name> <val>|<domid>]"},
	{"logfile", ctl_logfile, "<file>"},
	{"print", ctl_print, "<string>"},
	{"help", ctl_help, ""},
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int ctl_help(struct req *r, char **arg, unsigned int n, struct text *t)
{
	size_t i;

	add(t, "Supported commands:\n");
	for (i = 0; i < N_COMMANDS; i++)
		add(t, "%s%s%s\n", commands[i].name,
		    commands[i].args[0] ? " " : "", commands[i].args);
	return 0;
}

int req_control(struct req *r)
{
	struct text t = {.used = 0};
	unsigned int n;
	char *vec[4];
	size_t i;
	int rc;

	n = req_strings(r, vec, 4);
	if (!n || n > 4)
		return -EINVAL;
	for (i = 0; i < N_COMMANDS; i++)
		if (!strcmp(vec[0], commands[i].name))
			break;
	if (i == N_COMMANDS)
		return -EINVAL;
	rc = commands[i].run(r, vec + 1, n - 1, &t);
	if (!rc && t.used)
		req_reply(r, t.buf, t.used + 1);
	else if (!rc)
		req_ok(r);
	return rc;
}
