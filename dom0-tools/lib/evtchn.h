/*
 * lib/evtchn.h: event channels of dom0, through /dev/xen/evtchn
 *
 * Owns:       the device file and every port bound through it
 * Invariants: a port that fired stays masked until evtchn_unmask()
 * ABI:        /dev/xen/evtchn, EVTCHNOP_*
 */
#ifndef LIB_EVTCHN_H
#define LIB_EVTCHN_H

#include <stdint.h>

#include <xen/xen.h>

struct evtchn {
	int fd; /* readable when a port fired: for poll() */
};

/**
 * evtchn_open() - open the device
 *
 * Returns:  0, or a negative errno with err_set() naming the remedy
 */
int evtchn_open(struct evtchn *ec);

/** evtchn_close() - close it; all its ports are unbound */
void evtchn_close(struct evtchn *ec);

/**
 * evtchn_bind_interdomain() - connect to a port another domain offers
 * @domid: who offers it
 * @port:  its number there
 *
 * The local port fires once at binding.
 *
 * Returns:  local port, or a negative errno with err_set()
 */
int evtchn_bind_interdomain(struct evtchn *ec, domid_t domid, uint32_t port);

/** evtchn_bind_unbound() - offer a port to @domid; local port or -errno */
int evtchn_bind_unbound(struct evtchn *ec, domid_t domid);

/** evtchn_bind_virq() - receive VIRQ_* @virq; local port or -errno */
int evtchn_bind_virq(struct evtchn *ec, unsigned int virq);

/** evtchn_unbind() - close a local port; 0 or -errno */
int evtchn_unbind(struct evtchn *ec, uint32_t port);

/** evtchn_notify() - raise the other end; 0 or -errno */
int evtchn_notify(struct evtchn *ec, uint32_t port);

/**
 * evtchn_pending() - which port fired
 *
 * Blocks unless poll() said there is one; the port is now masked.
 *
 * Returns:  local port, or a negative errno (-EAGAIN, -EINTR included)
 */
int evtchn_pending(struct evtchn *ec);

/** evtchn_unmask() - let @port fire again; 0 or -errno */
int evtchn_unmask(struct evtchn *ec, uint32_t port);

#endif /* LIB_EVTCHN_H */
