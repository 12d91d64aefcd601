#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/linux_xen.h"
#include "lib/privcmd.h"

#define PRIVCMD_PATH   "/dev/xen/privcmd"
#define HYPERCALL_PATH "/dev/xen/hypercall"

struct hv {
	int fd;
	int buf_fd;  /* -1: buffers are locked anonymous memory */
	void *arg;   /* one page for hv_call_struct() */
	void *spare; /* one page kept by hv_buf_free(), or NULL */
};

static int open_failed(int rc)
{
	if (rc == -ENOENT || rc == -ENODEV || rc == -ENXIO)
		return err_set(rc, "no " PRIVCMD_PATH ": run this in dom0, "
				   "with the module xen-privcmd loaded");
	if (rc == -EACCES || rc == -EPERM)
		return err_set(rc, "no permission for " PRIVCMD_PATH
				   ": run this as root");
	return err_set(rc, "cannot open " PRIVCMD_PATH ": %s", err_str(rc));
}

int hv_open(struct hv **hvp)
{
	struct hv *hv = calloc(1, sizeof(*hv));
	int rc;

	if (!hv)
		return err_set(-ENOMEM, "out of memory");
	hv->fd = open(PRIVCMD_PATH, O_RDWR | O_CLOEXEC);
	if (hv->fd < 0) {
		rc = open_failed(-errno);
		free(hv);
		return rc;
	}
	hv->buf_fd = open(HYPERCALL_PATH, O_RDWR | O_CLOEXEC);
	hv->arg = hv_buf_alloc(hv, HV_PAGE_SIZE);
	if (!hv->arg) {
		hv_close(hv);
		return -ENOMEM;
	}
	*hvp = hv;
	return 0;
}

void hv_close(struct hv *hv)
{
	if (!hv)
		return;
	if (hv->arg)
		munmap(hv->arg, HV_PAGE_SIZE);
	if (hv->spare)
		munmap(hv->spare, HV_PAGE_SIZE);
	if (hv->buf_fd >= 0)
		close(hv->buf_fd);
	close(hv->fd);
	free(hv);
}

long hv_call(struct hv *hv, unsigned int op, uint64_t a1, uint64_t a2,
	     uint64_t a3, uint64_t a4, uint64_t a5)
{
	struct lx_hypercall call = {op, {a1, a2, a3, a4, a5}};
	long rc = ioctl(hv->fd, LX_PRIVCMD_HYPERCALL, &call);

	return rc < 0 ? -errno : rc;
}

long hv_call_struct(struct hv *hv, unsigned int op, uint64_t cmd, void *arg,
		    size_t bytes)
{
	long rc;

	if (bytes > HV_PAGE_SIZE)
		return -E2BIG;
	memcpy(hv->arg, arg, bytes);
	rc = hv_call(hv, op, cmd, (uintptr_t)hv->arg, 0, 0, 0);
	memcpy(arg, hv->arg, bytes);
	return rc;
}

long hv_call_op(struct hv *hv, unsigned int op, void *arg, size_t bytes)
{
	long rc;

	if (bytes > HV_PAGE_SIZE)
		return -E2BIG;
	memcpy(hv->arg, arg, bytes);
	rc = hv_call(hv, op, (uintptr_t)hv->arg, 0, 0, 0, 0);
	memcpy(arg, hv->arg, bytes);
	return rc;
}

static size_t page_round(size_t bytes)
{
	return (bytes + HV_PAGE_SIZE - 1) & ~(HV_PAGE_SIZE - 1);
}

/*
 * The device hands out kernel pages that are neither moved nor reclaimed.
 * Kernels without it get locked memory, kept out of children so that a fork
 * cannot make it copy-on-write under a running hypercall.
 */
static void *buf_map(struct hv *hv, size_t bytes)
{
	void *buf;

	if (hv->buf_fd >= 0)
		return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
			    hv->buf_fd, 0);
	buf = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);
	if (buf != MAP_FAILED)
		madvise(buf, bytes, MADV_DONTFORK);
	return buf;
}

void *hv_buf_alloc(struct hv *hv, size_t bytes)
{
	void *buf = hv->spare;

	bytes = page_round(bytes);
	if (bytes == HV_PAGE_SIZE && buf) {
		hv->spare = NULL;
		memset(buf, 0, bytes);
		return buf;
	}
	buf = buf_map(hv, bytes);
	if (buf == MAP_FAILED) {
		err_set(-errno,
			"no memory for a hypercall buffer of %zu "
			"bytes: %s",
			bytes, err_str(errno));
		return NULL;
	}
	memset(buf, 0, bytes);
	return buf;
}

void hv_buf_free(struct hv *hv, void *buf, size_t bytes)
{
	if (!buf)
		return;
	bytes = page_round(bytes);
	if (bytes == HV_PAGE_SIZE && !hv->spare)
		hv->spare = buf;
	else
		munmap(buf, bytes);
}

/* Space for a foreign mapping; Linux fills in the frames by ioctl. */
static void *map_area(struct hv *hv, size_t n, int prot)
{
	void *addr =
		mmap(NULL, n << HV_PAGE_SHIFT, prot, MAP_SHARED, hv->fd, 0);

	if (addr == MAP_FAILED) {
		err_set(-errno, "cannot map %zu foreign pages: %s", n,
			err_str(errno));
		return NULL;
	}
	return addr;
}

/* A frame the other domain has paged out (-ENOENT) is a failure like others. */
static int first_refusal(domid_t domid, const xen_pfn_t *mfns, const int *errs,
			 size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (errs[i])
			return err_set(errs[i],
				       "cannot map frame 0x%lx of "
				       "domain %u: %s",
				       (unsigned long)mfns[i], domid,
				       err_str(errs[i]));
	return 0;
}

void *hv_map_foreign(struct hv *hv, domid_t domid, const xen_pfn_t *mfns,
		     size_t n, int prot)
{
	struct lx_mmapbatch_v2 batch = {.num = n, .dom = domid, .arr = mfns};
	void *addr;
	int rc;

	batch.err = calloc(n, sizeof(*batch.err));
	if (!batch.err) {
		err_set(-ENOMEM, "out of memory");
		return NULL;
	}
	addr = map_area(hv, n, prot);
	if (!addr)
		goto out;
	batch.addr = (uintptr_t)addr;
	rc = ioctl(hv->fd, LX_PRIVCMD_MMAPBATCH_V2, &batch) ? -errno : 0;
	if (rc && rc != -ENOENT)
		err_set(rc, "cannot map memory of domain %u: %s", domid,
			err_str(rc));
	else
		rc = first_refusal(domid, mfns, batch.err, n);
	if (rc) {
		hv_unmap(addr, n);
		addr = NULL;
	}
out:
	free(batch.err);
	return addr;
}

void *hv_map_resource(struct hv *hv, domid_t domid, unsigned int type,
		      unsigned int id, unsigned int frame, size_t n, int prot)
{
	struct lx_mmap_resource res = {
		.dom = domid, .type = type, .id = id, .idx = frame, .num = n};
	void *addr = map_area(hv, n, prot);
	int rc;

	if (!addr)
		return NULL;
	res.addr = (uintptr_t)addr;
	if (!ioctl(hv->fd, LX_PRIVCMD_MMAP_RESOURCE, &res))
		return addr;
	/* Kernels before 4.18 do not know the request at all. */
	rc = errno == ENOTTY ? EOPNOTSUPP : errno;
	hv_unmap(addr, n);
	err_set(-rc, "cannot map resource %u of domain %u: %s", type, domid,
		err_str(rc));
	errno = rc;
	return NULL;
}

void hv_unmap(void *addr, size_t n)
{
	if (addr)
		munmap(addr, n << HV_PAGE_SHIFT);
}
