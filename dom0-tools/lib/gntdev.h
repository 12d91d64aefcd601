/*
 * lib/gntdev.h: map pages other domains grant to dom0
 *
 * Owns:       the device file; mappings outlive it until gntdev_unmap()
 * Invariants: one mapping is one page
 * ABI:        /dev/xen/gntdev
 */
#ifndef LIB_GNTDEV_H
#define LIB_GNTDEV_H

#include <stdint.h>

#include <xen/xen.h>

struct gntdev {
	int fd;
};

/**
 * gntdev_open() - open the device
 *
 * Returns:  0, or a negative errno with err_set() naming the remedy
 */
int gntdev_open(struct gntdev *gd);

/** gntdev_close() - close it */
void gntdev_close(struct gntdev *gd);

/**
 * gntdev_map() - map one granted page
 * @domid: who grants it
 * @ref:   grant reference in that domain's table
 * @prot:  PROT_READ, PROT_WRITE
 *
 * Returns:  page, or NULL with errno set and err_set()
 */
void *gntdev_map(struct gntdev *gd, domid_t domid, uint32_t ref, int prot);

/** gntdev_unmap() - give the page back; NULL is fine */
void gntdev_unmap(struct gntdev *gd, void *page);

#endif /* LIB_GNTDEV_H */
