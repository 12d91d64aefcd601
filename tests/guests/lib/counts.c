/*
 * lib/counts.c: the hypervisor's own check of its counts
 */
#include "guest.h"
#include "counts.h"
#include <xen/sysctl.h>

char counts_said[8192];

void counts_forget(void)
{
	struct xen_sysctl op = {
		.cmd = XEN_SYSCTL_readconsole,
		.interface_version = XEN_SYSCTL_INTERFACE_VERSION,
	};

	op.u.readconsole.clear = 1;
	op.u.readconsole.buffer.p = counts_said;
	op.u.readconsole.count = sizeof(counts_said) - 1;
	if (hypercall(sysctl, &op))
		op.u.readconsole.count = 0;
	counts_said[op.u.readconsole.count] = '\0';
}

bool counts_right(void)
{
	struct xen_sysctl op = {
		.cmd = XEN_SYSCTL_debug_keys,
		.interface_version = XEN_SYSCTL_INTERFACE_VERSION,
	};
	char key = 'p';
	const char *answer;

	op.u.debug_keys.keys.p = &key;
	op.u.debug_keys.nr_keys = 1;
	if (hypercall(sysctl, &op))
		return true;
	counts_forget();
	answer = strstr(counts_said, "Page types and grants: ");
	return !answer || strstr(answer, ": 0 inconsistencies\n");
}
