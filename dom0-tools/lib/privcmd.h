/*
 * lib/privcmd.h: hypercalls and foreign memory, through Linux's privcmd
 *
 * Arguments that the hypervisor reads or writes must lie in memory that stays
 * resident and mapped: take it from hv_buf_alloc(). Small operation structures
 * are bounced by hv_call_struct(), so callers may keep them on their stack.
 *
 * Owns:       the device files and the pool of buffers
 * Invariants: every buffer is page-aligned and zeroed when handed out
 * Lock:       none; one struct hv belongs to one thread, and is opened again
 *             after fork()
 * ABI:        /dev/xen/privcmd, /dev/xen/hypercall
 */
#ifndef LIB_PRIVCMD_H
#define LIB_PRIVCMD_H

#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>

#define HV_PAGE_SHIFT 12
#define HV_PAGE_SIZE  4096UL

struct hv;

/**
 * hv_open() - open the way to the hypervisor
 * @hvp:  set on success only; close with hv_close()
 *
 * Returns:  0, or a negative errno with err_set() naming the remedy: -ENOENT
 *           outside dom0, -EACCES without root
 */
int hv_open(struct hv **hvp);

/** hv_close() - close it; NULL is fine. Buffers must have been freed */
void hv_close(struct hv *hv);

/**
 * hv_call() - one hypercall
 * @op:   __HYPERVISOR_*
 * @a1..: arguments as the ABI orders them; pointers only into hv buffers
 *
 * Returns:  the hypercall's result, negative errno on failure (no err_set())
 */
long hv_call(struct hv *hv, unsigned int op, uint64_t a1, uint64_t a2,
	     uint64_t a3, uint64_t a4, uint64_t a5);

/**
 * hv_call_struct() - hypercall(cmd, pointer to a structure)
 * @op:    __HYPERVISOR_*
 * @cmd:   first argument
 * @arg:   structure, copied in before and back after the call
 * @bytes: its size, at most one page
 */
long hv_call_struct(struct hv *hv, unsigned int op, uint64_t cmd, void *arg,
		    size_t bytes);

/**
 * hv_call_op() - hypercall(pointer to a structure), as domctl and sysctl are
 * @op:    __HYPERVISOR_*
 * @arg:   structure, copied in before and back after the call
 * @bytes: its size, at most one page
 */
long hv_call_op(struct hv *hv, unsigned int op, void *arg, size_t bytes);

/**
 * hv_buf_alloc() - zeroed memory a hypercall may point to
 * @bytes: rounded up to whole pages
 *
 * Returns:  page-aligned memory, NULL with err_set() when there is none
 */
void *hv_buf_alloc(struct hv *hv, size_t bytes);

/** hv_buf_free() - return it; @bytes as given to hv_buf_alloc(); NULL is fine
 */
void hv_buf_free(struct hv *hv, void *buf, size_t bytes);

/**
 * hv_map_foreign() - map frames of another domain
 * @domid: owner of the frames
 * @mfns:  @n machine frame numbers
 * @prot:  PROT_READ, PROT_WRITE
 *
 * All or nothing. Unmap with hv_unmap().
 *
 * Returns:  page-aligned address, NULL with err_set() naming the first frame
 *           that was refused
 */
void *hv_map_foreign(struct hv *hv, domid_t domid, const xen_pfn_t *mfns,
		     size_t n, int prot);

/**
 * hv_map_resource() - map a resource the hypervisor keeps for a domain
 * @type:  XENMEM_resource_*
 * @id:    as the type defines it
 * @frame: first frame
 * @n:     frames
 *
 * Returns:  address, or NULL with errno set and err_set(); EOPNOTSUPP where
 *           kernel or hypervisor lack the operation
 */
void *hv_map_resource(struct hv *hv, domid_t domid, unsigned int type,
		      unsigned int id, unsigned int frame, size_t n, int prot);

/** hv_unmap() - undo either mapping; NULL is fine */
void hv_unmap(void *addr, size_t n);

#endif /* LIB_PRIVCMD_H */
