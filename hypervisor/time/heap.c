/*
 * time/heap.c: a pairing heap of timers
 *
 * Each timer points to its first child and to its next sibling; prev is the
 * sibling before, or the parent of a first child, or NULL at the root. The
 * root expires first. Insert is constant, removal logarithmic on average.
 */
#include "internal.h"

/* Make the later of two roots the first child of the other. */
static struct timer *meld(struct timer *a, struct timer *b)
{
	struct timer *t;

	if (!a)
		return b;
	if (!b)
		return a;
	if (b->expires < a->expires) {
		t = a;
		a = b;
		b = t;
	}
	b->next = a->child;
	if (b->next)
		b->next->prev = b;
	b->prev = a;
	a->child = b;
	a->next = NULL;
	a->prev = NULL;
	return a;
}

/* Meld a list of siblings: in pairs from the left, then right to left. */
static struct timer *meld_siblings(struct timer *t)
{
	struct timer *pairs = NULL, *a, *b, *m;

	while (t) {
		a = t;
		b = a->next;
		t = b ? b->next : NULL;
		a->next = a->prev = NULL;
		if (b)
			b->next = b->prev = NULL;
		m = meld(a, b);
		m->next = pairs;
		pairs = m;
	}
	m = NULL;
	while (pairs) {
		a = pairs;
		pairs = a->next;
		a->next = NULL;
		m = meld(m, a);
	}
	return m;
}

void theap_insert(struct timer **root, struct timer *t)
{
	t->child = t->next = t->prev = NULL;
	*root = meld(*root, t);
}

void theap_remove(struct timer **root, struct timer *t)
{
	struct timer *sub = meld_siblings(t->child);

	if (t == *root) {
		*root = sub;
	} else {
		if (t->prev->child == t)
			t->prev->child = t->next;
		else
			t->prev->next = t->next;
		if (t->next)
			t->next->prev = t->prev;
		*root = meld(*root, sub);
	}
	t->child = t->next = t->prev = NULL;
}
