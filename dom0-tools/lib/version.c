#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <xen/version.h>

#include "lib/version.h"

/* @bytes of answer to @cmd into @out; failing parts stay empty. */
static void ask(struct hv *hv, unsigned int cmd, void *out, size_t bytes)
{
	if (hv_call_struct(hv, __HYPERVISOR_xen_version, cmd, out, bytes) < 0)
		memset(out, 0, bytes);
}

static void ask_compile_info(struct hv *hv, struct hv_version *v)
{
	struct xen_compile_info info;

	memset(&info, 0, sizeof(info));
	ask(hv, XENVER_compile_info, &info, sizeof(info));
	snprintf(v->compiler, sizeof(v->compiler), "%.63s", info.compiler);
	snprintf(v->compile_by, sizeof(v->compile_by), "%.15s",
		 info.compile_by);
	snprintf(v->compile_domain, sizeof(v->compile_domain), "%.31s",
		 info.compile_domain);
	snprintf(v->compile_date, sizeof(v->compile_date), "%.31s",
		 info.compile_date);
}

/* The length comes first, then as many bytes as fit our room. */
static void ask_build_id(struct hv *hv, struct hv_version *v)
{
	struct {
		uint32_t len;
		unsigned char id[36];
	} arg = {.len = sizeof(arg.id)};
	long i, n;

	n = hv_call_struct(hv, __HYPERVISOR_xen_version, XENVER_build_id, &arg,
			   sizeof(arg));
	for (i = 0; i < n && i < (long)sizeof(arg.id); i++)
		sprintf(v->build_id + 2 * i, "%02x", arg.id[i]);
}

int hv_version(struct hv *hv, struct hv_version *v)
{
	long rc = hv_call(hv, __HYPERVISOR_xen_version, XENVER_version, 0, 0, 0,
			  0);

	if (rc < 0)
		return rc;
	memset(v, 0, sizeof(*v));
	v->major = rc >> 16;
	v->minor = rc & 0xffff;
	ask(hv, XENVER_extraversion, v->extra, sizeof(v->extra) - 1);
	ask_compile_info(hv, v);
	ask(hv, XENVER_capabilities, v->caps, sizeof(v->caps) - 1);
	ask(hv, XENVER_changeset, v->changeset, sizeof(v->changeset) - 1);
	ask(hv, XENVER_platform_parameters, &v->virt_start,
	    sizeof(v->virt_start));
	ask(hv, XENVER_commandline, v->cmdline, sizeof(v->cmdline) - 1);
	ask_build_id(hv, v);
	rc = hv_call(hv, __HYPERVISOR_xen_version, XENVER_pagesize, 0, 0, 0, 0);
	v->page_size = rc < 0 ? 0 : rc;
	return 0;
}
