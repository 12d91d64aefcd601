/*
 * main.c: the ordered start-up
 *
 * Each step may use what the steps above it set up, and nothing below.
 */
#include <hv/boot.h>
#include <hv/cpu.h>
#include <hv/dev.h>
#include <hv/domain.h>
#include <hv/irq.h>
#include <hv/mm.h>
#include <hv/sched.h>
#include <hv/time.h>

struct acpi_facts acpi;

static const void *map_firmware(u64 maddr, size_t len)
{
	return vmap_mmio(MADDR(maddr), len, MAP_NX | MAP_RO);
}

static void unmap_firmware(const void *p, size_t len)
{
	vmap_unmap((void *)(uintptr_t)p, len);
}

void acpi_init(void)
{
	static const struct acpi_mapper mapper = {map_firmware, unmap_firmware};

	if (!boot_info.rsdp_len ||
	    acpi_parse(&acpi, boot_info.rsdp, boot_info.rsdp_len, &mapper)) {
		printk(LOG_WARN, "ACPI: no usable tables\n");
		return;
	}
	printk(LOG_INFO,
	       "ACPI: %u CPUs, %u IOAPICs, HPET %s, PM timer %s, "
	       "%u MMCFG ranges\n",
	       acpi.nr_cpus, acpi.nr_ioapics, acpi.hpet_maddr ? "yes" : "no",
	       acpi.pm_timer_port ? "yes" : "no", acpi.nr_mmcfg);
}

static void banner(void)
{
	printk(LOG_ERR, " Paravane version %s (%s@%s) (%s) debug=%s %s\n",
	       hv_version, hv_compile_by, hv_compile_domain, hv_compiler,
	       CONFIG_DEBUG ? "y" : "n", hv_compile_date);
	printk(LOG_INFO, "Changeset: %s\n", hv_changeset);
	printk(LOG_INFO, "Bootloader: %s\n",
	       *boot_info.loader ? boot_info.loader : "unknown");
	printk(LOG_INFO, "Command line: %s\n", boot_info.cmdline);
}

static const char *e820_type_name(u32 type)
{
	switch (type) {
	case E820_RAM:
		return "usable";
	case E820_ACPI:
		return "ACPI data";
	case E820_NVS:
		return "ACPI NVS";
	case E820_UNUSABLE:
		return "unusable";
	default:
		return "reserved";
	}
}

static void show_memory_map(void)
{
	printk(LOG_INFO, "Memory map:\n");
	for (unsigned int i = 0; i < boot_info.e820.nr; i++) {
		const struct e820_range *r = &boot_info.e820.r[i];

		printk(LOG_INFO, " [%012llx, %012llx] %s\n",
		       (unsigned long long)r->start,
		       (unsigned long long)(r->start + r->size - 1),
		       e820_type_name(r->type));
	}
	printk(LOG_INFO, "System RAM: %llu MiB\n",
	       (unsigned long long)(e820_ram_bytes(&boot_info.e820) >> 20));
}

static void start_dom0(void)
{
	const struct boot_module *k = &boot_info.module[0];
	const struct boot_module *rd = &boot_info.module[1];
	struct dom0_image img;

	if (!boot_info.nr_modules)
		panic("no dom0 kernel: the boot loader passed no module; "
		      "give the kernel as the first one");
	img = (struct dom0_image){
		.kernel = maddr_to_virt(k->start),
		.kernel_size = k->size,
		.kernel_maddr = k->start,
		.cmdline = k->cmdline,
	};
	if (boot_info.nr_modules > 1) {
		img.initrd = rd->start;
		img.initrd_size = rd->size;
	}
	dom0_build(&img);
}

void hv_main(u32 magic, u32 info)
{
	int rc;

	cpu_init_this();
	console_init_early();
	rc = multiboot_collect(magic, info);
	if (!rc && !boot_info.rsdp_len)
		boot_info.rsdp_len = acpi_find_rsdp(NULL, boot_info.rsdp);
	cmdline_parse();
	console_init();
	banner();
	cmdline_report();
	show_memory_map();
	cpu_probe();
	gate_idt_init();
	cpu_init_boot();
	if (rc)
		panic("not started by a multiboot loader (magic %#x)", magic);
	if (!boot_info.e820.nr)
		panic("the boot loader passed no memory map");
	console_detach_low();
	mm_init();
	gate_init_pcpu(this_pcpu()); /* patches text through the direct map */
	console_attach_vga();
	acpi_init();
	machine_init();
	domains_init();
	ioapic_init();
	lapic_init();
	time_init();
	sched_init();
	console_init_irq();
	smp_init();
	printk(LOG_INFO, "CPUs: %u of %u in use\n", nr_pcpus,
	       max(acpi.nr_cpus, 1u));
	start_dom0();
	console_hand_over();
	watchdog_start();
	gate_enter_guest();
}
