/*
 * state_internal.h: records of saved state, shared by the state*.c files
 *
 * Owns:       nothing
 * Invariants: the numbers of records follow from state.def alone
 * Lock:       none
 */
#ifndef STORE_STATE_INTERNAL_H
#define STORE_STATE_INTERNAL_H

#include "state_buf.h"

struct node;
struct store;

enum tag {
#define STATE(tag, function) STATE_##tag,
#define NOTE(tag, function)  STATE_##tag,
#include "state.def"
#undef STATE
#undef NOTE
	N_TAGS
};

/* Writing a snapshot's records of one kind, and reading any one record. */
#define STATE(tag, function)                                  \
	void save_##function(struct store *s, struct out *o); \
	int load_##function(struct store *s, struct in *i);
#define NOTE(tag, function) int load_##function(struct store *s, struct in *i);
#include "state.def"
#undef STATE
#undef NOTE

/** state_note() - append a record; whatever fails makes a snapshot needed */
void state_note(struct store *s, struct out *o);

/** state_forget_tree() - remove @n, nobody owns it and what is below it */
void state_forget_tree(struct store *s, struct node *parent, struct node *n);

#endif
