#include "state_buf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void append(struct out *o, const void *p, size_t len)
{
	char *bigger;
	size_t cap;

	if (o->error || !len)
		return;
	if (o->len + len > o->cap) {
		cap = (o->len + len) * 2;
		bigger = realloc(o->buf, cap);
		if (!bigger) {
			o->error = -ENOMEM;
			return;
		}
		o->buf = bigger;
		o->cap = cap;
	}
	memcpy(o->buf + o->len, p, len);
	o->len += len;
}

void out_begin(struct out *o, uint32_t tag)
{
	uint32_t head[2] = {tag, 0};

	append(o, head, sizeof(head));
	o->record = o->len - sizeof(uint32_t);
}

void out_end(struct out *o)
{
	uint32_t len = o->len - o->record - sizeof(len);

	if (!o->error)
		memcpy(o->buf + o->record, &len, sizeof(len));
}

void out_u64(struct out *o, uint64_t v)
{
	append(o, &v, sizeof(v));
}

void out_bytes(struct out *o, const void *p, size_t len)
{
	out_u64(o, len);
	append(o, p, len);
}

void out_string(struct out *o, const char *s)
{
	out_bytes(o, s, strlen(s) + 1);
}

static const void *take(struct in *i, size_t len)
{
	const char *p = i->p;

	if (i->error || len > (size_t)(i->end - i->p)) {
		i->error = -EPROTO;
		return NULL;
	}
	i->p += len;
	return p;
}

int in_record(struct in *i, struct in *fields)
{
	uint32_t head[2];
	const char *start = i->p;
	const void *p;

	if (i->error || i->p == i->end)
		return -1;
	p = take(i, sizeof(head));
	if (!p)
		return -1;
	memcpy(head, p, sizeof(head));
	p = take(i, head[1]);
	if (!p) {
		i->p = start;
		return -1;
	}
	*fields = (struct in){.p = p, .end = (const char *)p + head[1]};
	return head[0] > INT32_MAX ? INT32_MAX : (int)head[0];
}

uint64_t in_u64(struct in *i)
{
	const void *p = take(i, sizeof(uint64_t));
	uint64_t v = 0;

	if (p)
		memcpy(&v, p, sizeof(v));
	return v;
}

const void *in_bytes(struct in *i, size_t *len)
{
	const void *p;

	*len = in_u64(i);
	p = take(i, *len);
	if (!p)
		*len = 0;
	return p;
}

const char *in_string(struct in *i)
{
	const char *s;
	size_t len;

	s = in_bytes(i, &len);
	if (s && len && !s[len - 1])
		return s;
	i->error = -EPROTO;
	return "";
}
