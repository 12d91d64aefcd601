#include "xs_client.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xs_wire_io.h"

static struct iovec text(const char *s)
{
	return (struct iovec){(void *)(uintptr_t)s, strlen(s) + 1};
}

/* A request whose payload is one string. */
static int talk_string(struct xs_client *c, uint32_t type, uint32_t tx,
		       const char *s, struct message **out)
{
	struct iovec part = text(s);

	return xsc_talk(c, type, tx, &part, 1, out);
}

static int talk_domid(struct xs_client *c, uint32_t type, unsigned int domid,
		      struct message **out)
{
	char buf[16];

	snprintf(buf, sizeof(buf), "%u", domid);
	return talk_string(c, type, XSC_NO_TX, buf, out);
}

int xsc_read(struct xs_client *c, uint32_t tx, const char *path, char **val,
	     size_t *len)
{
	struct message *m;
	int rc = talk_string(c, XS_READ, tx, path, &m);

	return rc ? rc : xsc_give_body(m, val, len);
}

int xsc_readf(struct xs_client *c, uint32_t tx, char **val, const char *fmt,
	      ...)
{
	char *path;
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = vasprintf(&path, fmt, ap);
	va_end(ap);
	if (rc < 0)
		return -ENOMEM;
	rc = xsc_read(c, tx, path, val, NULL);
	free(path);
	return rc;
}

int xsc_read_u64(struct xs_client *c, uint32_t tx, const char *path,
		 uint64_t *val)
{
	char *s, *end;
	int rc = xsc_read(c, tx, path, &s, NULL);
	uint64_t v;

	if (rc)
		return rc;
	errno = 0;
	v = strtoull(s, &end, 10);
	if (errno || end == s || *end)
		rc = -EINVAL;
	else
		*val = v;
	free(s);
	return rc;
}

int xsc_write(struct xs_client *c, uint32_t tx, const char *path,
	      const void *val, size_t len)
{
	struct iovec parts[2] = {text(path), {(void *)(uintptr_t)val, len}};

	return xsc_talk(c, XS_WRITE, tx, parts, 2, NULL);
}

int xsc_printf(struct xs_client *c, uint32_t tx, const char *path,
	       const char *fmt, ...)
{
	va_list ap;
	char *val;
	int rc;

	va_start(ap, fmt);
	rc = vasprintf(&val, fmt, ap);
	va_end(ap);
	if (rc < 0)
		return -ENOMEM;
	rc = xsc_write(c, tx, path, val, strlen(val));
	free(val);
	return rc;
}

int xsc_mkdir(struct xs_client *c, uint32_t tx, const char *path)
{
	return talk_string(c, XS_MKDIR, tx, path, NULL);
}

int xsc_rm(struct xs_client *c, uint32_t tx, const char *path)
{
	return talk_string(c, XS_RM, tx, path, NULL);
}

/* NUL-separated names into one block: the array, then the strings. */
static int split_names(const char *s, size_t len, char ***names,
		       unsigned int *count)
{
	unsigned int n = 0, i;
	char **block, *p;
	size_t at;

	for (at = 0; at < len; at++)
		n += s[at] == '\0';
	block = malloc((n + 1) * sizeof(*block) + len);
	if (!block)
		return -ENOMEM;
	p = (char *)(block + n + 1);
	memcpy(p, s, len);
	for (i = 0; i < n; i++) {
		block[i] = p;
		p += strlen(p) + 1;
	}
	block[n] = NULL;
	*names = block;
	if (count)
		*count = n;
	return 0;
}

/* A growing list of names fetched in parts. */
struct names {
	char *buf;
	size_t len;
	char gen[24]; /* of the directory the names belong to */
	bool complete;
};

/* Take over one part; starts again when the directory has changed. */
static int add_part(struct names *t, const struct message *m)
{
	size_t head = strnlen(m->body, m->hdr.len) + 1, n;
	char *bigger;

	if (head > m->hdr.len || head > sizeof(t->gen))
		return -EPROTO;
	if (strcmp(t->gen, m->body)) {
		bool fresh = !t->gen[0];

		memcpy(t->gen, m->body, head);
		if (!fresh) {
			t->len = 0;
			return 0;
		}
	}
	n = m->hdr.len - head;
	if (n && !m->body[head + n - 1] && (n == 1 || !m->body[head + n - 2])) {
		t->complete = true;
		n--;
	}
	if (!n && !t->complete)
		return -EPROTO;
	bigger = realloc(t->buf, t->len + n + 1);
	if (!bigger)
		return -ENOMEM;
	t->buf = bigger;
	memcpy(t->buf + t->len, m->body + head, n);
	t->len += n;
	return 0;
}

static int directory_parts(struct xs_client *c, uint32_t tx, const char *path,
			   char ***names, unsigned int *count)
{
	struct names t = {.buf = NULL};
	struct message *m;
	char off[24];
	int rc = 0;

	while (!rc && !t.complete) {
		struct iovec parts[2] = {text(path)};

		snprintf(off, sizeof(off), "%zu", t.len);
		parts[1] = text(off);
		rc = xsc_talk(c, XS_DIRECTORY_PART, tx, parts, 2, &m);
		if (rc)
			break;
		rc = add_part(&t, m);
		free(m);
	}
	if (!rc)
		rc = split_names(t.buf, t.len, names, count);
	free(t.buf);
	return rc;
}

int xsc_directory(struct xs_client *c, uint32_t tx, const char *path,
		  char ***names, unsigned int *count)
{
	struct message *m;
	int rc = talk_string(c, XS_DIRECTORY, tx, path, &m);

	if (rc == -E2BIG)
		return directory_parts(c, tx, path, names, count);
	if (rc)
		return rc;
	rc = split_names(m->body, m->hdr.len, names, count);
	free(m);
	return rc;
}

static int parse_perm(struct xsc_perm *p, const char *s)
{
	char *end;

	if (!*s || !strchr("nrwb", *s))
		return -EPROTO;
	p->access = *s;
	p->domid = strtoul(s + 1, &end, 10);
	return end == s + 1 || *end ? -EPROTO : 0;
}

int xsc_get_perms(struct xs_client *c, uint32_t tx, const char *path,
		  struct xsc_perm **perms, unsigned int *count)
{
	struct xsc_perm *list = NULL;
	unsigned int n, i;
	struct message *m;
	char **words = NULL;
	int rc;

	rc = talk_string(c, XS_GET_PERMS, tx, path, &m);
	if (rc)
		return rc;
	rc = split_names(m->body, m->hdr.len, &words, &n);
	free(m);
	if (rc)
		return rc;
	list = calloc(n + 1, sizeof(*list));
	rc = list ? 0 : -ENOMEM;
	for (i = 0; !rc && i < n; i++)
		rc = parse_perm(&list[i], words[i]);
	free(words);
	if (rc) {
		free(list);
		return rc;
	}
	*perms = list;
	*count = n;
	return 0;
}

int xsc_set_perms(struct xs_client *c, uint32_t tx, const char *path,
		  const struct xsc_perm *perms, unsigned int count)
{
	char buf[XENSTORE_PAYLOAD_MAX];
	struct iovec parts[2] = {text(path), {buf, 0}};
	size_t used = 0;
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (used + 16 > sizeof(buf))
			return -E2BIG;
		used += snprintf(buf + used, 16, "%c%u", perms[i].access,
				 perms[i].domid & 0xffffu) +
			1;
	}
	parts[1].iov_len = used;
	return xsc_talk(c, XS_SET_PERMS, tx, parts, 2, NULL);
}

int xsc_tx_start(struct xs_client *c, uint32_t *tx)
{
	struct message *m;
	int rc = talk_string(c, XS_TRANSACTION_START, XSC_NO_TX, "", &m);

	if (rc)
		return rc;
	*tx = strtoul(m->body, NULL, 10);
	free(m);
	return *tx ? 0 : -EPROTO;
}

int xsc_tx_end(struct xs_client *c, uint32_t tx, bool commit)
{
	return talk_string(c, XS_TRANSACTION_END, tx, commit ? "T" : "F", NULL);
}

static int talk_watch(struct xs_client *c, uint32_t type, const char *path,
		      const char *token)
{
	struct iovec parts[2] = {text(path), text(token)};

	return xsc_talk(c, type, XSC_NO_TX, parts, 2, NULL);
}

int xsc_watch(struct xs_client *c, const char *path, const char *token)
{
	return talk_watch(c, XS_WATCH, path, token);
}

int xsc_unwatch(struct xs_client *c, const char *path, const char *token)
{
	return talk_watch(c, XS_UNWATCH, path, token);
}

int xsc_introduce(struct xs_client *c, unsigned int domid, uint64_t mfn,
		  unsigned int port)
{
	char words[3][24];
	struct iovec parts[3];
	unsigned int i;

	snprintf(words[0], sizeof(words[0]), "%u", domid);
	snprintf(words[1], sizeof(words[1]), "%llu", (unsigned long long)mfn);
	snprintf(words[2], sizeof(words[2]), "%u", port);
	for (i = 0; i < 3; i++)
		parts[i] = text(words[i]);
	return xsc_talk(c, XS_INTRODUCE, XSC_NO_TX, parts, 3, NULL);
}

int xsc_release(struct xs_client *c, unsigned int domid)
{
	return talk_domid(c, XS_RELEASE, domid, NULL);
}

int xsc_is_introduced(struct xs_client *c, unsigned int domid)
{
	struct message *m;
	int rc = talk_domid(c, XS_IS_DOMAIN_INTRODUCED, domid, &m);

	if (rc)
		return rc;
	rc = m->body[0] == 'T';
	free(m);
	return rc;
}

int xsc_resume(struct xs_client *c, unsigned int domid)
{
	return talk_domid(c, XS_RESUME, domid, NULL);
}

int xsc_set_target(struct xs_client *c, unsigned int domid, unsigned int target)
{
	char words[2][16];
	struct iovec parts[2];

	snprintf(words[0], sizeof(words[0]), "%u", domid);
	snprintf(words[1], sizeof(words[1]), "%u", target);
	parts[0] = text(words[0]);
	parts[1] = text(words[1]);
	return xsc_talk(c, XS_SET_TARGET, XSC_NO_TX, parts, 2, NULL);
}

int xsc_domain_path(struct xs_client *c, unsigned int domid, char **path)
{
	struct message *m;
	int rc = talk_domid(c, XS_GET_DOMAIN_PATH, domid, &m);

	return rc ? rc : xsc_give_body(m, path, NULL);
}

int xsc_control(struct xs_client *c, const char *const *words,
		unsigned int count, char **reply)
{
	struct iovec parts[XSC_MAX_PARTS];
	struct message *m;
	unsigned int i;
	int rc;

	if (!count || count > XSC_MAX_PARTS)
		return -EINVAL;
	for (i = 0; i < count; i++)
		parts[i] = text(words[i]);
	rc = xsc_talk(c, XS_CONTROL, XSC_NO_TX, parts, count, &m);
	return rc ? rc : xsc_give_body(m, reply, NULL);
}
