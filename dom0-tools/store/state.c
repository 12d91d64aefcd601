#include "state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "state_internal.h"
#include "store.h"

void save_head(struct store *s, struct out *o)
{
	out_begin(o, STATE_HEAD);
	out_u64(o, s->gen);
	out_end(o);
}

/* Nodes a fresh store begins with come from the saved state, or not at all. */
int load_head(struct store *s, struct in *i)
{
	struct node *top = tree_lookup(s->root, "/");

	while (top->nkids)
		state_forget_tree(s, top, top->kids[0]);
	s->gen = in_u64(i);
	return 0;
}

void save_quota(struct store *s, struct out *o)
{
	out_begin(o, STATE_QUOTA);
	out_bytes(o, &s->quota, sizeof(s->quota));
	out_end(o);
}

int load_quota(struct store *s, struct in *i)
{
	size_t len;
	const void *p = in_bytes(i, &len);

	if (len != sizeof(s->quota))
		return -EPROTO;
	memcpy(&s->quota, p, len);
	return 0;
}

void save_dom(struct store *s, struct out *o)
{
	struct list *p, *tmp;

	list_for_each (p, tmp, &s->doms) {
		const struct dom *d = list_entry(p, struct dom, link);

		out_begin(o, STATE_DOM);
		out_u64(o, d->domid);
		out_u64(o, d->introduced);
		out_u64(o, d->shutdown);
		out_u64(o, d->mfn);
		out_u64(o, d->port);
		out_end(o);
	}
}

int load_dom(struct store *s, struct in *i)
{
	struct dom *d = dom_get(s, in_u64(i));
	bool introduced = in_u64(i);
	int rc;

	if (!d)
		return -ENOMEM;
	d->shutdown = in_u64(i);
	d->mfn = in_u64(i);
	d->port = in_u64(i);
	if (i->error || !introduced || d->introduced)
		return 0;
	rc = s->ops->introduce(s->io, d, d->mfn, d->port);
	d->introduced = !rc;
	return 0;
}

void state_note(struct store *s, struct out *o)
{
	if (o->error || s->ops->note(s->io, o->buf, o->len))
		s->changed = true;
	free(o->buf);
}

int state_save(struct store *s, char **buf, size_t *len)
{
	struct out o = {.buf = NULL};

#define STATE(tag, function) save_##function(s, &o);
#define NOTE(tag, function)
#include "state.def"
#undef STATE
#undef NOTE
	if (o.error) {
		free(o.buf);
		return o.error;
	}
	*buf = o.buf;
	*len = o.len;
	return 0;
}

static int (*const loaders[N_TAGS])(struct store *s, struct in *i) = {
#define STATE(tag, function) [STATE_##tag] = load_##function,
#define NOTE(tag, function)  [STATE_##tag] = load_##function,
#include "state.def"
#undef STATE
#undef NOTE
};

int state_load(struct store *s, const char *buf, size_t len, size_t snapshot)
{
	struct in all = {.p = buf, .end = buf + len}, fields;
	int tag, rc = 0;

	if (snapshot > len)
		return -EPROTO;
	while (!rc && (tag = in_record(&all, &fields)) >= 0) {
		rc = tag < N_TAGS ? loaders[tag](s, &fields) : -EPROTO;
		if (!rc)
			rc = fields.error;
	}
	if (!rc && all.p < buf + snapshot)
		rc = -EPROTO;
	return rc;
}
