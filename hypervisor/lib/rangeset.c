/*
 * rangeset.c: sorted arrays of disjoint, non-adjacent [first, last]
 *
 * Changes are rare and made when a domain is built or told so by a tool;
 * containment is asked on every port access, hence a searched array.
 */
#include <hv/lib.h>
#include <hv/mm.h>

struct range {
	u64 first, last;
};

struct rangeset {
	unsigned int nr, room;
	struct range *r;
};

struct rangeset *rangeset_alloc(void)
{
	return hv_new(struct rangeset);
}

void rangeset_free(struct rangeset *s)
{
	if (!s)
		return;
	hv_free(s->r);
	hv_free(s);
}

size_t rangeset_bytes(const struct rangeset *s)
{
	return s ? hv_size(s) + hv_size(s->r) : 0;
}

/* Index of the first range with last >= @v, or nr */
static unsigned int find(const struct rangeset *s, u64 v)
{
	unsigned int lo = 0, hi = s->nr;

	while (lo < hi) {
		unsigned int mid = (lo + hi) / 2;

		if (s->r[mid].last < v)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static int make_room(struct rangeset *s)
{
	unsigned int room = s->room ? s->room * 2 : 8;
	struct range *r;

	if (s->nr < s->room)
		return 0;
	r = hv_alloc(room * sizeof(*r));
	if (!r)
		return -ENOMEM;
	if (s->nr)
		memcpy(r, s->r, s->nr * sizeof(*r));
	hv_free(s->r);
	s->r = r;
	s->room = room;
	return 0;
}

/* Ranges [i, j) are replaced by the @n (0..2) of @with; room is there. */
static void replace(struct rangeset *s, unsigned int i, unsigned int j,
		    const struct range *with, unsigned int n)
{
	memmove(&s->r[i + n], &s->r[j], (s->nr - j) * sizeof(*s->r));
	for (unsigned int k = 0; k < n; k++)
		s->r[i + k] = with[k];
	s->nr = s->nr - (j - i) + n;
}

int rangeset_add(struct rangeset *s, u64 first, u64 last)
{
	struct range n = {first, last};
	unsigned int i, j;
	int rc;

	if (first > last)
		return -EINVAL;
	rc = make_room(s);
	if (rc)
		return rc;
	/* Everything that overlaps or touches melts into the new range. */
	i = find(s, first ? first - 1 : 0);
	for (j = i; j < s->nr; j++) {
		if (last != ~0ull && s->r[j].first > last + 1)
			break;
		n.first = min(n.first, s->r[j].first);
		n.last = max(n.last, s->r[j].last);
	}
	replace(s, i, j, &n, 1);
	return 0;
}

int rangeset_remove(struct rangeset *s, u64 first, u64 last)
{
	struct range rest[2];
	unsigned int i, j, n = 0;
	int rc;

	if (first > last)
		return -EINVAL;
	rc = make_room(s);
	if (rc)
		return rc;
	i = find(s, first);
	for (j = i; j < s->nr && s->r[j].first <= last; j++)
		;
	if (i == j)
		return 0;
	if (s->r[i].first < first)
		rest[n++] = (struct range){s->r[i].first, first - 1};
	if (s->r[j - 1].last > last)
		rest[n++] = (struct range){last + 1, s->r[j - 1].last};
	replace(s, i, j, rest, n);
	return 0;
}

bool rangeset_contains(const struct rangeset *s, u64 first, u64 last)
{
	unsigned int i;

	if (!s || first > last)
		return false;
	i = find(s, first);
	return i < s->nr && s->r[i].first <= first && s->r[i].last >= last;
}
