/*
 * dom0.h: find the ring of dom0's own kernel
 *
 * Owns:       nothing
 * Invariants: none
 * Lock:       none
 * ABI:        /dev/xen/xenbus_backend, or xsd_kva and xsd_port in xenfs
 */
#ifndef STORE_DOM0_H
#define STORE_DOM0_H

#include <stdint.h>

/**
 * dom0_ring_map() - map the ring page the kernel set aside for its daemon
 * @page: unmap with munmap()
 * @port: event channel the kernel offers
 *
 * Returns: 0, or a negative errno with err_set() naming the remedy
 */
int dom0_ring_map(void **page, uint32_t *port);

#endif
