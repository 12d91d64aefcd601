/*
 * dev/platform.c: platform_op: firmware, wall clock, sleep and CPUs for dom0
 *
 * ABI: pvabi/xen/platform.h, ABI-NOTES 2.3
 */
#include <hv/boot.h>
#include <hv/domain.h>
#include <hv/time.h>
#include <xen/platform.h>

#define PM1_SLP_EN (1u << 13)
#define ACPI_S5	   5

static long op_settime(u64 secs, u32 nsecs, u64 system_time)
{
	if (nsecs >= NS_PER_SEC)
		return -EINVAL;
	time_set_wallclock(secs * NS_PER_SEC + nsecs, system_time);
	return 0;
}

/* We start by BIOS only: there is no EFI, and nobody asked it about disks. */
static long op_firmware_info(struct xen_platform_op *op)
{
	switch (op->u.firmware_info.type) {
	case XEN_FW_KBD_SHIFT_FLAGS:
		if (op->u.firmware_info.index)
			return -ESRCH;
		op->u.firmware_info.u.kbd_shift_flags = 0;
		return 1;
	case XEN_FW_DISK_INFO:
	case XEN_FW_DISK_MBR_SIGNATURE:
	case XEN_FW_VBEDDC_INFO:
		return -ESRCH;
	case XEN_FW_EFI_INFO:
		return -ENOSYS;
	default:
		return -EINVAL;
	}
}

/* Only power-off: a sleeping machine has nobody to wake its domains. */
static long op_acpi_sleep(const struct xenpf_enter_acpi_sleep *s)
{
	if (s->flags || s->sleep_state > ACPI_S5 || !acpi.pm1a_cnt)
		return -EINVAL;
	if (s->sleep_state != ACPI_S5)
		return -EOPNOTSUPP;
	printk(LOG_INFO, "dom0 asked for power off\n");
	cpu_stop_all();
	if (acpi.pm1b_cnt)
		outw(acpi.pm1b_cnt, (u16)(s->val_b | PM1_SLP_EN));
	outw(acpi.pm1a_cnt, (u16)(s->val_a | PM1_SLP_EN));
	machine_halt();
}

static long op_cpuinfo(struct xenpf_pcpuinfo *info)
{
	info->max_present = nr_pcpus - 1;
	if (info->xen_cpuid >= nr_pcpus) {
		info->flags = XEN_PCPU_FLAGS_INVALID;
		return 1;
	}
	info->flags = XEN_PCPU_FLAGS_ONLINE;
	info->apic_id = pcpus[info->xen_cpuid]->apic_id;
	info->acpi_id = pcpus[info->xen_cpuid]->acpi_id;
	return 1;
}

/* Taken and not used: HLT is the only idle state, firmware sets the speed. */
static long op_pminfo(u32 type)
{
	return type == XEN_PM_CX || type == XEN_PM_PX || type == XEN_PM_PDC
		       ? 0
		       : -EINVAL;
}

/* Each returns < 0, 0, or 1: the structure goes back to the guest. */
static long dispatch(struct xen_platform_op *op)
{
	switch (op->cmd) {
	case XENPF_settime32:
		return op_settime(op->u.settime32.secs, op->u.settime32.nsecs,
				  op->u.settime32.system_time);
	case XENPF_settime64:
		if (op->u.settime64.mbz)
			return -EINVAL;
		return op_settime(op->u.settime64.secs, op->u.settime64.nsecs,
				  op->u.settime64.system_time);
	case XENPF_firmware_info:
		return op_firmware_info(op);
	case XENPF_enter_acpi_sleep:
		return op_acpi_sleep(&op->u.enter_acpi_sleep);
	case XENPF_get_cpuinfo:
		return op_cpuinfo(&op->u.pcpu_info);
	case XENPF_set_processor_pminfo:
		return op_pminfo(op->u.set_pminfo.type);
	case XENPF_read_memtype:
	case XENPF_add_memtype:
	case XENPF_del_memtype:
		return -EINVAL; /* the MTRRs stay as firmware left them */
	default:
		return -ENOSYS;
	}
}

long hc_platform_op(u64 arg)
{
	struct xen_platform_op op;
	long rc;

	if (copy_in(&op, GPTR(arg), sizeof(op)))
		return -EFAULT;
	if (op.interface_version != XENPF_INTERFACE_VERSION)
		return -EACCES;
	rc = dispatch(&op);
	if (rc <= 0)
		return rc;
	return copy_out(GPTR(arg), &op, sizeof(op)) ? -EFAULT : 0;
}
