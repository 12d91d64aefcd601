/*
 * hyp.h: the daemon's dealings with the hypervisor: rings, events, deaths
 *
 * Owns:       device files, mapped ring pages, bound ports
 * Invariants: dom.io of a domain with a ring is its struct link
 * Lock:       none
 * ABI:        grant reference 1 of each domain is its store ring;
 *             VIRQ_DOM_EXC tells that some domain shut down or died
 */
#ifndef STORE_HYP_H
#define STORE_HYP_H

#include <stdbool.h>
#include <stdint.h>

#include "store.h"

struct hyp;

/**
 * hyp_open() - open the devices and bind VIRQ_DOM_EXC
 * @s: used by the calls below; its ops.introduce and friends end up here
 *
 * Returns: 0, or a negative errno with err_set()
 */
int hyp_open(struct hyp **out, struct store *s);

/** hyp_close() - give back everything; connections must be gone */
void hyp_close(struct hyp *h);

/** hyp_attach_dom0() - connect to dom0's own kernel; 0 or -errno, err_set() */
int hyp_attach_dom0(struct hyp *h);

/** hyp_introduce() - struct store_ops.introduce */
int hyp_introduce(struct hyp *h, struct dom *d, uint64_t mfn,
		  unsigned int port);

/** hyp_disconnect() - struct store_ops.disconnect */
void hyp_disconnect(struct hyp *h, struct dom *d);

/** hyp_domain_exists() - struct store_ops.domain_exists */
bool hyp_domain_exists(struct hyp *h, unsigned int domid);

/** hyp_fd() - readable when hyp_event() has something to do */
int hyp_fd(const struct hyp *h);

/** hyp_event() - take one event channel notification */
void hyp_event(struct hyp *h);

/** hyp_check_domains() - look for shutdowns and deaths */
void hyp_check_domains(struct hyp *h);

/**
 * hyp_service() - move bytes of all rings
 *
 * Returns: ms after which there is more to do, -1 to wait for an event
 */
int hyp_service(struct hyp *h);

#endif
