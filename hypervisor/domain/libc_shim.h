/*
 * domain/libc_shim.h: surroundings for the decompression libraries
 */
#ifndef DOMAIN_LIBC_SHIM_H
#define DOMAIN_LIBC_SHIM_H

#include <hv/types.h>

/** shim_enter() - 2^@order pages for malloc(), SSE and %fs usable; false
 * when there is no memory */
bool shim_enter(unsigned int order);
/** shim_leave() - all of malloc()'s memory goes back to the heap */
void shim_leave(void);

#endif
