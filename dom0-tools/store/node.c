#include "node.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "path.h"

/* FNV-1a: spreads short names well and needs no table. */
static uint32_t hash_name(const char *s, size_t len)
{
	uint32_t h = 2166136261u;

	while (len--)
		h = (h ^ (unsigned char)*s++) * 16777619u;
	return h;
}

struct node *node_new(const char *name, size_t namelen)
{
	struct node *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->name = strndup(name, namelen);
	if (!n->name) {
		free(n);
		return NULL;
	}
	n->refs = 1;
	n->hash = hash_name(name, namelen);
	return n;
}

struct node *node_get(struct node *n)
{
	n->refs++;
	return n;
}

void node_put(struct node *n)
{
	unsigned int i;

	if (!n || --n->refs)
		return;
	for (i = 0; i < n->nkids; i++)
		node_put(n->kids[i]);
	free(n->kids);
	free(n->perms);
	free(n->data);
	free(n->name);
	free(n);
}

/* A copy with bytes behind it; *out is NULL for none. */
static int dup_bytes(void **out, const void *src, size_t len)
{
	*out = NULL;
	if (!len)
		return 0;
	*out = malloc(len);
	if (!*out)
		return -ENOMEM;
	memcpy(*out, src, len);
	return 0;
}

int node_set_data(struct node *n, const void *data, size_t len)
{
	void *copy;
	int rc = dup_bytes(&copy, data, len);

	if (rc)
		return rc;
	free(n->data);
	n->data = copy;
	n->len = len;
	return 0;
}

int node_set_perms(struct node *n, const struct perm *p, unsigned int count)
{
	void *copy;
	int rc = dup_bytes(&copy, p, count * sizeof(*p));

	if (rc)
		return rc;
	free(n->perms);
	n->perms = copy;
	n->nperms = count;
	return 0;
}

struct node *node_child(const struct node *n, const char *name, size_t len)
{
	uint32_t h = hash_name(name, len);
	unsigned int i;

	for (i = 0; i < n->nkids; i++) {
		struct node *k = n->kids[i];

		if (k->hash == h && !strncmp(k->name, name, len) &&
		    !k->name[len])
			return k;
	}
	return NULL;
}

static int reserve_kids(struct node *n, unsigned int want)
{
	unsigned int cap = n->kidcap ? n->kidcap : 4;
	struct node **bigger;

	if (want <= n->kidcap)
		return 0;
	while (cap < want)
		cap *= 2;
	bigger = realloc(n->kids, cap * sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	n->kids = bigger;
	n->kidcap = cap;
	return 0;
}

int node_attach(struct node *n, struct node *kid)
{
	int rc = reserve_kids(n, n->nkids + 1);

	if (rc)
		return rc;
	n->kids[n->nkids++] = kid;
	n->kidbytes += strlen(kid->name) + 1;
	return 0;
}

void node_detach(struct node *n, struct node *kid)
{
	unsigned int i = 0;

	while (n->kids[i] != kid)
		i++;
	memmove(&n->kids[i], &n->kids[i + 1],
		(n->nkids - i - 1) * sizeof(*n->kids));
	n->nkids--;
	n->kidbytes -= strlen(kid->name) + 1;
}

static struct node *node_copy(const struct node *n)
{
	struct node *c = node_new(n->name, strlen(n->name));
	unsigned int i;

	if (!c)
		return NULL;
	if (node_set_data(c, n->data, n->len) ||
	    node_set_perms(c, n->perms, n->nperms) ||
	    reserve_kids(c, n->nkids)) {
		node_put(c);
		return NULL;
	}
	for (i = 0; i < n->nkids; i++)
		c->kids[i] = node_get(n->kids[i]);
	c->nkids = n->nkids;
	c->kidbytes = n->kidbytes;
	c->gen = n->gen;
	return c;
}

/* Make the node in *slot the caller's alone. */
static int own_slot(struct node **slot)
{
	struct node *c;

	if ((*slot)->refs == 1)
		return 0;
	c = node_copy(*slot);
	if (!c)
		return -ENOMEM;
	node_put(*slot);
	*slot = c;
	return 0;
}

/* First component below the node above "/": "" for "/...", or "@name". */
static const char *first_component(const char **p, size_t *len)
{
	const char *s = *p;

	*len = path_is_special(s) ? strlen(s) : 0;
	*p = s + *len;
	return s;
}

struct node *tree_lookup(const struct node *root, const char *path)
{
	const char *p = path, *s;
	struct node *n;
	size_t len;

	s = first_component(&p, &len);
	n = node_child(root, s, len);
	while (n && (s = path_next(&p, &len)))
		n = node_child(n, s, len);
	return n;
}

static struct node **child_slot(struct node *n, const char *name, size_t len)
{
	struct node *k = node_child(n, name, len);
	unsigned int i = 0;

	if (!k)
		return NULL;
	while (n->kids[i] != k)
		i++;
	return &n->kids[i];
}

int tree_own(struct node **root, const char *path, struct node **out)
{
	struct node **slot = root;
	const char *p = path, *s;
	size_t len;
	int rc;

	rc = own_slot(slot);
	s = first_component(&p, &len);
	while (!rc && s) {
		slot = child_slot(*slot, s, len);
		if (!slot)
			return -ENOENT;
		rc = own_slot(slot);
		s = path_next(&p, &len);
	}
	if (!rc)
		*out = *slot;
	return rc;
}

unsigned long tree_check(const struct node *root)
{
	unsigned long count = 0;
	size_t bytes = 0;
	unsigned int i;

	assert(root->refs >= 1);
	assert(root->nkids <= root->kidcap);
	for (i = 0; i < root->nkids; i++) {
		const struct node *k = root->kids[i];
		size_t len = strlen(k->name);

		assert(k->nperms >= 1);
		assert(k->hash == hash_name(k->name, len));
		assert(node_child(root, k->name, len) == k);
		bytes += len + 1;
		count += 1 + tree_check(k);
	}
	assert(bytes == root->kidbytes);
	return count;
}
