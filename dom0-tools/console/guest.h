/*
 * guest.h: the console of one domain
 *
 * Owns:       ring mapping, event channel, pseudo-terminal, log, backlog
 * Invariants: ring and port exist together (CONNECTED), or neither does
 *             the terminal exists from the first connection to guest_free()
 * Lock:       none
 * ABI:        /local/domain/N/console/{port,ring-ref,type,limit,tty}; grant
 *             reference 0 is the console page
 *
 * States: WAITING for its nodes -> CONNECTED -> GONE (dead, terminal still
 * open so that readers get the last lines). CONNECTED -> BROKEN on ring
 * indices that make no sense; BROKEN -> GONE.
 */
#ifndef CONSOLE_GUEST_H
#define CONSOLE_GUEST_H

#include <poll.h>

#include "conlog.h"
#include "consoled.h"
#include "outbuf.h"
#include "rate.h"

enum guest_state { GUEST_WAITING, GUEST_CONNECTED, GUEST_BROKEN, GUEST_GONE };

struct xencons_interface;

struct guest {
	struct guest *next;
	unsigned int domid;
	enum guest_state state;
	bool seen; /* by the enumeration under way */
	struct xencons_interface *page;
	bool by_grant;	 /* how page was mapped */
	uint64_t frame;	 /* ring-ref it was mapped for */
	uint32_t remote; /* the domain's port */
	int port;	 /* ours, -1 unbound */
	bool masked;	 /* our port fired and waits for its rate */
	int master, slave;
	int64_t close_at; /* ms, in state GONE */
	struct rate rate;
	struct outbuf out;
	struct conlog log;
};

/** guest_find() - by domid, not GONE; or NULL */
struct guest *guest_find(struct consoled *cd, unsigned int domid);

/** guest_by_port() - the guest whose event channel this is, or NULL */
struct guest *guest_by_port(struct consoled *cd, int port);

/** guest_add() - a domain appeared; NULL when out of memory */
struct guest *guest_add(struct consoled *cd, unsigned int domid);

/** guest_update() - look at the domain's nodes, connect if they are there */
void guest_update(struct consoled *cd, struct guest *g);

/** guest_event() - the domain rang */
void guest_event(struct consoled *cd, struct guest *g);

/** guest_died() - take the last output, give back the ring; now GONE */
void guest_died(struct consoled *cd, struct guest *g);

/** guest_free() - take off the list and close everything */
void guest_free(struct consoled *cd, struct guest *g);

/** guest_poll() - what to wait for at the terminal */
void guest_poll(const struct guest *g, struct pollfd *p);

/** guest_tty() - act on what poll() said */
void guest_tty(struct consoled *cd, struct guest *g, short revents);

/** guest_timeout() - ms until guest_tick() has work, -1 if never */
int guest_timeout(const struct guest *g, int64_t now);

/** guest_tick() - work that waited for time to pass; may free the guest */
void guest_tick(struct consoled *cd, struct guest *g, int64_t now);

#endif
