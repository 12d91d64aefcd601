/*
 * guests/machine: platform_op and what else dom0 asks about the machine
 *
 * ABI: platform_op, mca, xenpmu_op, nmi_op, set_callbacks.
 */
#include <guest.h>
#include <xen/callback.h>
#include <xen/mca.h>
#include <xen/platform.h>
#include <xen/pmu.h>
#include <xen/sched.h>

#define DOM0_ONLY()                                       \
	do {                                              \
		if (!is_dom0())                           \
			skip("needs the rights of dom0"); \
	} while (0)

static long platform(struct xen_platform_op *op, u32 cmd)
{
	op->cmd = cmd;
	op->interface_version = XENPF_INTERFACE_VERSION;
	return hypercall(platform_op, op);
}

PROMISE(no_efi_on_bios, "firmware_info EFI: an error on a BIOS machine")
{
	struct xen_platform_op op = {0};

	DOM0_ONLY();
	op.u.firmware_info.type = XEN_FW_EFI_INFO;
	op.u.firmware_info.index = XEN_FW_EFI_VERSION;
	expect_refused(platform(&op, XENPF_firmware_info));
}

PROMISE(firmware_lists_end, "firmware_info of disk 1000 and type 99 are errors")
{
	struct xen_platform_op op = {0};

	DOM0_ONLY();
	op.u.firmware_info.type = XEN_FW_DISK_INFO;
	op.u.firmware_info.index = 1000;
	expect_refused(platform(&op, XENPF_firmware_info));
	op.u.firmware_info.type = 99;
	expect_refused(platform(&op, XENPF_firmware_info));
}

PROMISE(settime32_works, "settime32 sets the wall clock")
{
	struct xen_platform_op op = {0};

	DOM0_ONLY();
	op.u.settime32.secs = 1700000000;
	op.u.settime32.system_time = system_time();
	expect_eq(platform(&op, XENPF_settime32), 0);
	expect(shared_info->wc_sec > 1699999000 &&
	       shared_info->wc_sec <= 1700000000);
}

PROMISE(settime64_mbz, "settime64 with mbz set is -EINVAL")
{
	struct xen_platform_op op = {0};

	DOM0_ONLY();
	op.u.settime64.mbz = 1;
	expect_eq(platform(&op, XENPF_settime64), -XEN_EINVAL);
}

PROMISE(memtypes_end, "read_memtype past the last register is -EINVAL")
{
	struct xen_platform_op op = {0};

	DOM0_ONLY();
	op.u.read_memtype.reg = 255;
	expect_eq(platform(&op, XENPF_read_memtype), -XEN_EINVAL);
}

PROMISE(cpus_end, "get_cpuinfo past the last cpu says invalid")
{
	struct xen_platform_op op = {0};

	DOM0_ONLY();
	op.u.pcpu_info.xen_cpuid = 4000;
	expect_eq(platform(&op, XENPF_get_cpuinfo), 0);
	expect(op.u.pcpu_info.flags & XEN_PCPU_FLAGS_INVALID);
}

PROMISE(power_states_are_taken,
	"set_processor_pminfo of an unknown type: -EINVAL")
{
	struct xen_platform_op op = {0};

	DOM0_ONLY();
	op.u.set_pminfo.type = 99;
	expect_eq(platform(&op, XENPF_set_processor_pminfo), -XEN_EINVAL);
}

PROMISE(sleep_states_are_checked, "enter_acpi_sleep of state 77 is an error")
{
	struct xen_platform_op op = {0};

	DOM0_ONLY();
	op.u.enter_acpi_sleep.sleep_state = 77;
	expect_refused(platform(&op, XENPF_enter_acpi_sleep));
}

PROMISE(mca_wants_its_version, "mca of another version is refused")
{
	struct xen_mc op = {.cmd = XEN_MC_fetch, .interface_version = 1};

	DOM0_ONLY();
	expect_refused(hypercall(mca, &op));
	expect_eq(hypercall(mca, BAD_UNMAPPED), -XEN_EFAULT);
}

PROMISE(mca_has_nothing, "mca fetch: nothing to report, or not offered")
{
	static struct mc_info info;
	struct xen_mc op = {.cmd = XEN_MC_fetch,
			    .interface_version = XEN_MCA_INTERFACE_VERSION};
	long rc;

	DOM0_ONLY();
	op.u.mc_fetch.flags = XEN_MC_NONURGENT;
	op.u.mc_fetch.data.p = &info;
	rc = hypercall(mca, &op);
	expect(rc < 0 || op.u.mc_fetch.flags & XEN_MC_NODATA);
}

PROMISE(pmu_is_off, "xenpmu_op: refused without the vpmu option")
{
	struct xen_pmu_params p = {0};

	p.version.maj = XENPMU_VER_MAJ;
	p.version.min = XENPMU_VER_MIN;
	expect_refused(hypercall(xenpmu_op, XENPMU_init, &p));
}

PROMISE(nmi_callback_registers, "nmi_op: register and unregister return 0")
{
	struct xennmi_callback cb = {.handler_address = (u64)nmi_entry};

	expect_eq(hypercall(nmi_op, XENNMI_register_callback, &cb), 0);
	expect_eq(hypercall(nmi_op, XENNMI_unregister_callback, 0), 0);
	expect_eq(hypercall(nmi_op, 9, 0), -XEN_ENOSYS);
	expect_eq(hypercall(nmi_op, XENNMI_register_callback, BAD_UNMAPPED),
		  -XEN_EFAULT);
}

PROMISE(old_callbacks_work, "set_callbacks takes three addresses")
{
	expect_eq(hypercall(set_callbacks, event_entry, failsafe_entry,
			    syscall_entry),
		  0);
	trap_init();
}

/* 4.17 ignores the bad address and returns 0. */
PROMISE(old_callbacks_are_checked,
	"set_callbacks survives a non-canonical address")
{
	long rc = hypercall(set_callbacks, BAD_NONCANONICAL, failsafe_entry,
			    syscall_entry);

	trap_init();
	answer_as("the call", rc);
	expect(rc == 0 || rc == -XEN_EINVAL);
}

PROMISE(remote_shutdown_checks, "remote_shutdown: absent domain -ESRCH")
{
	struct sched_remote_shutdown op = {.domain_id = 0x1234};

	expect_eq(hypercall(sched_op, SCHEDOP_remote_shutdown, &op),
		  -XEN_ESRCH);
}

PROMISE(pin_override_pins, "pin_override: dom0 pins to pcpu 0 and lets go")
{
	struct sched_pin_override op = {.pcpu = 0};
	long rc = hypercall(sched_op, SCHEDOP_pin_override, &op);

	if (!is_dom0()) {
		expect_refused_as("the call", rc);
		return;
	}
	if (rc == -XEN_ENOSYS)
		skip("not offered");
	expect_eq(rc, 0);
	op.pcpu = -1;
	expect_eq(hypercall(sched_op, SCHEDOP_pin_override, &op), 0);
	op.pcpu = 4000;
	expect_refused(hypercall(sched_op, SCHEDOP_pin_override, &op));
}
