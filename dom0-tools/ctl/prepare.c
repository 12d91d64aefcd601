#include <stdio.h>

#include "builder/cache.h"
#include "builder/kernel.h"
#include "ctl/ctl.h"
#include "lib/err.h"
#include "lib/log.h"

static int prepare(const char *path)
{
	static const char *const done[] = {
		[KERNEL_PLAIN] = "needs no unpacking",
		[KERNEL_UNPACKED] = "unpacked and kept",
		[KERNEL_FROM_CACHE] = "was unpacked already",
	};
	struct kernel k;
	int rc = kernel_load(&k, path, cache_dir());

	if (rc)
		return rc;
	rc = k.kept;
	if (rc)
		err_set(rc, "%s: cannot keep the unpacked kernel in %s: %s",
			path, cache_dir(), err_str(rc));
	else
		printf("%s: %s\n", path, done[k.from]);
	kernel_free(&k);
	return rc;
}

/* A bad file keeps no other from being unpacked: all but the last are told. */
int cmd_prepare(struct ctl *c, int argc, char **argv)
{
	char last[1024];
	int i, rc, failed = 0;

	if (argc < 2 || *argv[1] == '-')
		return ctl_usage(c);
	for (i = 1; i < argc; i++) {
		rc = prepare(argv[i]);
		if (!rc)
			continue;
		if (failed)
			log_error("%s", last);
		snprintf(last, sizeof(last), "%s", err_text());
		failed = rc;
	}
	return failed ? err_set(failed, "%s", last) : 0;
}
