/*
 * state_buf.h: write and read the fields of saved state
 *
 * Owns:       struct out's buffer until taken
 * Invariants: errors stick: after the first one writes do nothing and reads
 *             give zeroes, so callers check once
 * Lock:       none
 */
#ifndef STORE_STATE_BUF_H
#define STORE_STATE_BUF_H

#include <stddef.h>
#include <stdint.h>

struct out {
	char *buf;
	size_t len, cap;
	int error;
	size_t record; /* offset of the length of the record being written */
};

/** out_begin() - start a record */
void out_begin(struct out *o, uint32_t tag);
/** out_end() - complete it */
void out_end(struct out *o);
/** out_u64() - one number */
void out_u64(struct out *o, uint64_t v);
/** out_bytes() - a length and that many bytes */
void out_bytes(struct out *o, const void *p, size_t len);
/** out_string() - a string with its NUL */
void out_string(struct out *o, const char *s);

struct in {
	const char *p, *end;
	int error;
};

/**
 * in_record() - the next record's fields in *fields
 *
 * Returns: its tag, or -1 at the end and, with error set, where it is cut off
 */
int in_record(struct in *i, struct in *fields);
/** in_u64() - one number */
uint64_t in_u64(struct in *i);
/** in_bytes() - bytes in place, valid as long as the buffer */
const void *in_bytes(struct in *i, size_t *len);
/** in_string() - a string in place; "" after an error */
const char *in_string(struct in *i);

#endif
