/*
 * consoled.h: what the parts of the console daemon share
 *
 * Owns:       struct consoled: devices, store connection, all consoles
 * Invariants: a guest is on the list from its first sight until its terminal
 *             is closed
 * Lock:       none; one thread around poll()
 */
#ifndef CONSOLE_CONSOLED_H
#define CONSOLE_CONSOLED_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/evtchn.h"
#include "lib/gntdev.h"
#include "lib/privcmd.h"
#include "lib/xs_client.h"

struct guest;

struct consoled {
	/* chosen on the command line */
	const char *log_dir;
	bool log_guests, log_hv;
	bool stamp_guests, stamp_hv;
	bool discard; /* drop output nobody reads, instead of keeping it */

	struct hv *hv;
	struct evtchn ec;
	struct gntdev gd;
	struct xs_client *xs; /* NULL while the store daemon is away */
	struct guest *guests; /* singly linked, any order */
};

#endif
