/*
 * ctl/memory.c: how much memory a running domain shall have
 *
 * The guest's balloon driver watches memory/target and does the work; the
 * hypervisor's limit keeps what it gave back from being taken again.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"
#include "ctl/life.h"
#include "lib/domctl.h"
#include "lib/err.h"

#define MAX_KIB (1ull << 40)

/* "64", "64m", "65536k", "1g": KiB, MiB unless a letter says otherwise. */
static int parse_size(const char *text, uint64_t *kib)
{
	unsigned long long n;
	unsigned int shift = 10;
	char *end;

	errno = 0;
	n = strtoull(text, &end, 10);
	switch (tolower((unsigned char)*end)) {
	case 'k':
		shift = 0;
		break;
	case 'g':
		shift = 20;
		break;
	case 't':
		shift = 30;
		break;
	}
	if (*end && strchr("kmgtKMGT", *end))
		end++;
	if (errno || !isdigit((unsigned char)*text) || *end || !n ||
	    n > MAX_KIB >> shift)
		return err_set(-EINVAL,
			       "\"%s\" is no amount of memory: give a number "
			       "of MiB, or one that ends in k, m, g or t",
			       text);
	*kib = (uint64_t)n << shift;
	return 0;
}

/* Only what the domain was built for has room in its tables. */
static int check_size(struct ctl *c, domid_t domid, uint64_t kib)
{
	uint64_t most;
	char path[64];

	snprintf(path, sizeof(path), "/local/domain/%u/memory/static-max",
		 domid);
	if (xsc_read_u64(c->xs, XSC_NO_TX, path, &most) || kib <= most)
		return 0;
	return err_set(-EINVAL,
		       "domain %u was created for at most %llu MiB: choose no "
		       "more, or create it with a larger maxmem",
		       domid, (unsigned long long)most >> 10);
}

int cmd_mem_set(struct ctl *c, int argc, char **argv)
{
	domid_t domid;
	char path[64];
	uint64_t kib = 0;
	int rc;

	if (argc != 3)
		return ctl_usage(c);
	rc = ctl_find(c, argv[1], &domid);
	if (!rc)
		rc = parse_size(argv[2], &kib);
	if (!rc)
		rc = check_size(c, domid, kib);
	if (rc)
		return rc;
	rc = domid ? dom_set_max_mem(c->hv, domid, kib + MAXMEM_SLACK) : 0;
	if (rc)
		return err_set(rc, "cannot limit domain %u: %s", domid,
			       err_str(rc));
	snprintf(path, sizeof(path), "/local/domain/%u/memory/target", domid);
	rc = xsc_printf(c->xs, XSC_NO_TX, path, "%llu",
			(unsigned long long)kib);
	return rc ? err_set(rc, "cannot reach domain %u: %s", domid,
			    err_str(rc))
		  : 0;
}
