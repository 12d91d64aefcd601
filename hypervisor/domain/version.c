/*
 * domain/version.c: xen_version
 *
 * The version is that of the ABI, 4.17; ours is in extraversion.
 */
#include <hv/boot.h>
#include <xen/features.h>
#include <xen/version.h>
#include "internal.h"

#define ABI_MAJOR    4
#define ABI_MINOR    17
#define EXTRAVERSION ".0-paravane"
#define CAPABILITIES "xen-3.0-x86_64 "
#define DENIED	     "<denied>"

static long put_string(gptr_t arg, const char *s, size_t room)
{
	char buf[1024] = "";

	hv_strlcpy(buf, s, room);
	return copy_out(arg, buf, room);
}

static long compile_info(gptr_t arg)
{
	struct xen_compile_info info = {0};

	hv_strlcpy(info.compiler, hv_compiler, sizeof(info.compiler));
	hv_strlcpy(info.compile_by, hv_compile_by, sizeof(info.compile_by));
	hv_strlcpy(info.compile_domain, hv_compile_domain,
		   sizeof(info.compile_domain));
	hv_strlcpy(info.compile_date, hv_compile_date,
		   sizeof(info.compile_date));
	return copy_out(arg, &info, sizeof(info));
}

static u32 features_of(const struct vcpu *v)
{
	u32 map = 1u << XENFEAT_mmu_pt_update_preserve_ad |
		  1u << XENFEAT_highmem_assist |
		  1u << XENFEAT_gnttab_map_avail_bits |
		  1u << XENFEAT_memory_op_vnode_supported |
		  1u << XENFEAT_direct_mapped;

	if (v->gate.vm_assist >> VMASST_TYPE_pae_extended_cr3 & 1)
		map |= 1u << XENFEAT_pae_pgdir_above_4gb;
	if (v->d == dom0)
		map |= 1u << XENFEAT_dom0;
	return map;
}

static long get_features(gptr_t arg)
{
	struct xen_feature_info fi;

	if (copy_in(&fi, arg, sizeof(fi)))
		return -EFAULT;
	if (fi.submap_idx >= XENFEAT_NR_SUBMAPS)
		return -EINVAL;
	fi.submap = features_of(current);
	return copy_out(arg, &fi, sizeof(fi));
}

static long platform_parameters(gptr_t arg)
{
	struct xen_platform_parameters p = {
		.virt_start = HYPERVISOR_VIRT_START,
	};

	return copy_out(arg, &p, sizeof(p));
}

/* The images carry no build identifier note. */
static long build_id(void)
{
	return is_control_domain(current->d) ? -ENODATA : -EPERM;
}

long hc_xen_version(u64 cmd, u64 arg)
{
	struct domain *d = current->d;
	gptr_t p = GPTR(arg);

	switch ((u32)cmd) {
	case XENVER_version:
		return ABI_MAJOR << 16 | ABI_MINOR;
	case XENVER_extraversion:
		return put_string(p, EXTRAVERSION, sizeof(xen_extraversion_t));
	case XENVER_compile_info:
		return compile_info(p);
	case XENVER_capabilities:
		return put_string(p, CAPABILITIES,
				  sizeof(xen_capabilities_info_t));
	case XENVER_changeset:
		return put_string(p, hv_changeset,
				  sizeof(xen_changeset_info_t));
	case XENVER_platform_parameters:
		return platform_parameters(p);
	case XENVER_get_features:
		return get_features(p);
	case XENVER_pagesize:
		return gptr_null(p) ? PAGE_SIZE : -EINVAL;
	case XENVER_guest_handle:
		return copy_out(p, d->handle, sizeof(d->handle));
	case XENVER_commandline:
		return put_string(
			p, is_control_domain(d) ? boot_info.cmdline : DENIED,
			sizeof(xen_commandline_t));
	case XENVER_build_id:
		return build_id();
	default:
		return -ENOSYS;
	}
}
