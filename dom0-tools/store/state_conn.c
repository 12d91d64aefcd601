/* Saved state: connections, with what belongs to them. */
#include <errno.h>
#include <string.h>

#include "conn.h"
#include "state.h"
#include "state_internal.h"
#include "store.h"
#include "tx.h"
#include "watch.h"

/* Rings are found again by their domain, sockets only if they stay open. */
static bool is_kept(const struct store *s, const struct conn *c)
{
	return c->key < CONN_LOCAL || s->handing_over;
}

void save_conn(struct store *s, struct out *o)
{
	struct list *p, *tmp;

	list_for_each (p, tmp, &s->conns) {
		const struct conn *c = list_entry(p, struct conn, link);

		if (!is_kept(s, c))
			continue;
		out_begin(o, STATE_CONN);
		out_u64(o, c->key);
		out_u64(o, (uint64_t)(int64_t)c->who.target);
		out_u64(o, c->last_tx_id);
		out_bytes(o, &c->in, c->have);
		out_end(o);
	}
}

/* The connection a record is about; NULL if it did not come back. */
static struct conn *conn_of(struct store *s, struct in *i)
{
	uint64_t key = in_u64(i);

	return key <= UINT32_MAX ? conn_find(s, key) : NULL;
}

int load_conn(struct store *s, struct in *i)
{
	uint64_t key = in_u64(i);
	int64_t target = in_u64(i);
	uint32_t last = in_u64(i);
	size_t len;
	const void *p = in_bytes(i, &len);
	struct conn *c;

	if (i->error || key > UINT32_MAX)
		return -EPROTO;
	c = conn_find(s, key);
	if (!c && key >= CONN_LOCAL)
		c = s->ops->adopt(s->io, key);
	if (!c)
		return 0;
	c->who.target = target;
	c->last_tx_id = last;
	conn_feed(c, p, len);
	return c->have == len ? 0 : -EPROTO;
}

static void put_tx(const struct conn *c, enum tag tag, uint32_t id,
		   struct out *o)
{
	out_begin(o, tag);
	out_u64(o, c->key);
	out_u64(o, id);
	out_end(o);
}

void save_tx(struct store *s, struct out *o)
{
	struct list *p, *ptmp, *q, *qtmp;

	list_for_each (p, ptmp, &s->conns) {
		struct conn *c = list_entry(p, struct conn, link);

		if (!is_kept(s, c))
			continue;
		list_for_each (q, qtmp, &c->txs)
			put_tx(c, STATE_TX, list_entry(q, struct tx, link)->id,
			       o);
	}
}

void state_note_tx(const struct conn *c, uint32_t id, bool began)
{
	struct store *s = c->store;
	struct out o = {.buf = NULL};

	if (!s->ops->note || c->key >= CONN_LOCAL)
		return;
	put_tx(c, began ? STATE_TX : STATE_UNTX, id, &o);
	state_note(s, &o);
}

int load_tx(struct store *s, struct in *i)
{
	struct conn *c = conn_of(s, i);
	uint32_t id = in_u64(i);

	if (!c || i->error)
		return i->error;
	if (id > c->last_tx_id)
		c->last_tx_id = id;
	return tx_restore(c, id) ? 0 : -ENOMEM;
}

int load_untx(struct store *s, struct in *i)
{
	struct conn *c = conn_of(s, i);
	struct tx *tx = c ? tx_find(c, in_u64(i)) : NULL;

	if (tx)
		tx_free(c, tx);
	return 0;
}

static void put_watch(const struct conn *c, const struct watch *w,
		      struct out *o)
{
	out_begin(o, STATE_WATCH);
	out_u64(o, c->key);
	out_u64(o, w->relative);
	out_u64(o, (uint64_t)(int64_t)w->depth);
	out_string(o, w->path);
	out_string(o, w->token);
	out_end(o);
}

void save_watch(struct store *s, struct out *o)
{
	struct list *p, *ptmp, *q, *qtmp;

	list_for_each (p, ptmp, &s->conns) {
		struct conn *c = list_entry(p, struct conn, link);

		if (!is_kept(s, c))
			continue;
		list_for_each (q, qtmp, &c->watches)
			put_watch(c, list_entry(q, struct watch, link), o);
	}
}

void state_note_watch(const struct conn *c, const struct watch *w, bool added)
{
	struct store *s = c->store;
	struct out o = {.buf = NULL};

	if (!s->ops->note || c->key >= CONN_LOCAL)
		return;
	if (added) {
		put_watch(c, w, &o);
	} else {
		out_begin(&o, STATE_UNWATCH);
		out_u64(&o, c->key);
		out_string(&o, w->path);
		out_string(&o, w->token);
		out_end(&o);
	}
	state_note(s, &o);
}

int load_unwatch(struct store *s, struct in *i)
{
	struct conn *c = conn_of(s, i);
	const char *path = in_string(i), *token = in_string(i);

	if (c && !i->error)
		watch_remove(c, path, token);
	return 0;
}

int load_watch(struct store *s, struct in *i)
{
	struct conn *c = conn_of(s, i);
	bool relative = in_u64(i);
	int64_t depth = in_u64(i);
	const char *path = in_string(i), *token = in_string(i);
	int rc = 0;

	if (c && !i->error)
		watch_add(c, path, token, relative, depth, &rc);
	return rc;
}

void save_out(struct store *s, struct out *o)
{
	struct list *p, *ptmp, *q, *qtmp;

	list_for_each (p, ptmp, &s->conns) {
		struct conn *c = list_entry(p, struct conn, link);

		if (!is_kept(s, c))
			continue;
		list_for_each (q, qtmp, &c->out) {
			struct msg *m = list_entry(q, struct msg, link);

			out_begin(o, STATE_OUT);
			out_u64(o, c->key);
			out_u64(o, m->event);
			out_u64(o, m->sent);
			out_bytes(o, m->bytes, m->size);
			out_end(o);
		}
	}
}

int load_out(struct store *s, struct in *i)
{
	struct conn *c = conn_of(s, i);
	bool event = in_u64(i);
	size_t sent = in_u64(i), len;
	const void *p = in_bytes(i, &len);

	return c ? conn_restore_output(c, p, len, sent, event) : 0;
}
