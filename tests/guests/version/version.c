/*
 * guests/version: who the hypervisor says it is
 *
 * ABI: xen_version, feature bits, vm_assist.
 */
#include <guest.h>
#include <xen/version.h>

static u32 features(void)
{
	struct xen_feature_info info = {.submap_idx = 0};

	hypercall(xen_version, XENVER_get_features, &info);
	return info.submap;
}

PROMISE(version_is_4_17, "version is 4 << 16 | 17, with or without argument")
{
	expect_eq(hypercall(xen_version, XENVER_version, 0), 4 << 16 | 17);
}

PROMISE(extraversion_ends_in_nul, "extraversion is a short string")
{
	xen_extraversion_t text;

	memset(text, 'x', sizeof(text));
	expect_eq(hypercall(xen_version, XENVER_extraversion, text), 0);
	expect(memcmp(text, "xxxxxxxxxxxxxxxx", 16) != 0);
	expect(strlen(text) < sizeof(text));
}

PROMISE(compile_info_is_filled, "compile_info has a compiler and a date")
{
	static struct xen_compile_info info;

	expect_eq(hypercall(xen_version, XENVER_compile_info, &info), 0);
	expect(info.compiler[0] != 0);
	expect_eq(info.compiler[63], 0);
	expect_eq(info.compile_date[31], 0);
}

PROMISE(capabilities_offer_pv64, "capabilities name xen-3.0-x86_64")
{
	static xen_capabilities_info_t text;

	expect_eq(hypercall(xen_version, XENVER_capabilities, text), 0);
	expect(strstr(text, "xen-3.0-x86_64 ") != NULL);
}

PROMISE(changeset_is_a_string, "changeset is filled")
{
	static xen_changeset_info_t text;

	memset(text, 'x', sizeof(text));
	expect_eq(hypercall(xen_version, XENVER_changeset, text), 0);
	expect(strlen(text) < sizeof(text));
}

PROMISE(virt_start_is_slot_256, "platform_parameters gives slot 256")
{
	struct xen_platform_parameters p = {0};

	expect_eq(hypercall(xen_version, XENVER_platform_parameters, &p), 0);
	expect_eq(p.virt_start, HYPERVISOR_VIRT_START);
}

PROMISE(page_size_is_4096, "pagesize returns 4096")
{
	expect_eq(hypercall(xen_version, XENVER_pagesize, 0), 4096);
}

PROMISE(dom0_handle_is_zero, "guest_handle of dom0 is all zero")
{
	static const xen_domain_handle_t zero;
	xen_domain_handle_t handle;

	if (!is_dom0())
		skip("a domU");
	memset(handle, 0xff, sizeof(handle));
	expect_eq(hypercall(xen_version, XENVER_guest_handle, handle), 0);
	expect_eq(memcmp(handle, zero, sizeof(zero)), 0);
}

PROMISE(commandline_is_a_string, "commandline is the hypervisor's own")
{
	static xen_commandline_t text;

	memset(text, 'x', sizeof(text));
	expect_eq(hypercall(xen_version, XENVER_commandline, text), 0);
	expect(strlen(text) < sizeof(text));
	if (is_dom0())
		expect(strstr(text, "dom0_mem") != NULL);
}

PROMISE(unknown_version_call_is_enosys, "sub-operation 99 is -ENOSYS")
{
	expect_eq(hypercall(xen_version, 99, 0), -XEN_ENOSYS);
}

PROMISE(version_answers_need_good_pointers, "bad pointers are -EFAULT")
{
	expect_eq(hypercall(xen_version, XENVER_extraversion, BAD_UNMAPPED),
		  -XEN_EFAULT);
	expect_eq(hypercall(xen_version, XENVER_get_features, BAD_HYPERVISOR),
		  -XEN_EFAULT);
	expect_eq(hypercall(xen_version, XENVER_compile_info, BAD_NONCANONICAL),
		  -XEN_EFAULT);
}

PROMISE(features_linux_requires, "bits 5, 6, 7 set; 0, 1, 2, 3 clear")
{
	u32 map = features();

	expect_eq(map & 0x0f, 0);
	expect_eq(map & 0xe0, 0xe0);
}

PROMISE(feature_dom0_marks_dom0, "bit 11 is set in dom0 only")
{
	expect_eq(features() >> XENFEAT_dom0 & 1, is_dom0());
}

PROMISE(features_end_at_submap_1, "submaps from 1 on are -EINVAL")
{
	struct xen_feature_info info = {.submap_idx = 1, .submap = 77};

	expect_eq(hypercall(xen_version, XENVER_get_features, &info),
		  -XEN_EINVAL);
}

PROMISE(assist_3_shows_as_feature_4, "pae_extended_cr3 turns bit 4 on")
{
	expect_eq(hypercall(vm_assist, VMASST_CMD_enable,
			    VMASST_TYPE_pae_extended_cr3),
		  0);
	expect(features() & 1U << XENFEAT_pae_pgdir_above_4gb);
	expect_eq(hypercall(vm_assist, VMASST_CMD_disable,
			    VMASST_TYPE_pae_extended_cr3),
		  0);
	expect_eq(features() & 1U << XENFEAT_pae_pgdir_above_4gb, 0);
}

PROMISE(assist_types_of_pv64, "types 0..5 and 32 exist, others are -EINVAL")
{
	unsigned int type;

	for (type = 0; type < 40; type++) {
		long want = type <= 5 || type == 32 ? 0 : -XEN_EINVAL;

		if (type == VMASST_TYPE_m2p_strict)
			continue;
		expect_eq(hypercall(vm_assist, VMASST_CMD_enable, type), want);
		expect_eq(hypercall(vm_assist, VMASST_CMD_disable, type), want);
	}
	expect_eq(
		hypercall(vm_assist, VMASST_CMD_enable, VMASST_TYPE_m2p_strict),
		0);
}

PROMISE(assist_commands_are_two, "another vm_assist command is -ENOSYS")
{
	expect_eq(hypercall(vm_assist, 2, 0), -XEN_ENOSYS);
}
