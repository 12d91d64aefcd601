/*
 * evil/xenstore.h: the store, asked one question at a time
 *
 * Paths without a slash in front are below the own domain's directory. There
 * are no watches; who waits for a node reads it again.
 */
#ifndef EVIL_XENSTORE_H
#define EVIL_XENSTORE_H

#include <guest.h>

#define STORE_PATH 160
#define STORE_TEXT 512

/* A path or value, %s %u as printf() has them, in one of a few buffers. */
char *text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The value of a node, "" without it; valid until the next call. */
const char *store_read(const char *path);
u64 store_number(const char *path);
bool store_write(const char *path, const char *value);
bool store_rm(const char *path);
/* First child of a directory, "" when it is empty or not there. */
const char *store_first(const char *path);

/* Until the node has the value, or @seconds have passed. */
bool store_wait(const char *path, const char *value, unsigned int seconds);

u64 number_of(const char *digits);

#endif
