/*
 * hv/boot.h: from the loader to the first guest
 *
 * Owns:       loader hand-off, command line, firmware tables, start order
 * ABI:        multiboot 1 and 2; ACPI
 */
#ifndef HV_BOOT_H
#define HV_BOOT_H

#include <hv/lib.h>
#include <hv/types.h>

/* ---- what the loader left (copied out of its memory at once) ---- */
#define E820_MAX	128
#define E820_RAM	1
#define E820_RESERVED	2
#define E820_ACPI	3
#define E820_NVS	4
#define E820_UNUSABLE	5
struct e820_range {
	u64 start, size;	/* bytes */
	u32 type;
};
struct e820_map {
	unsigned int nr;
	struct e820_range r[E820_MAX];
};
#define MAX_MODULES	8
struct boot_module {
	maddr_t start;
	u64 size;		/* bytes */
	char cmdline[1024];
};
struct boot_info {
	char loader[32];
	char cmdline[2048];
	struct e820_map e820;	/* sorted, no overlap */
	unsigned int nr_modules;
	struct boot_module module[MAX_MODULES];
	maddr_t rsdp;		/* from multiboot 2, or 0 */
};
extern struct boot_info boot_info;

/* ---- command line: a table of options in the linker section .opts ---- */
struct boot_option {
	const char *name;
	enum { OPT_STRING, OPT_BOOL, OPT_UINT, OPT_SIZE, OPT_FN } kind;
	void *var;
	unsigned int len;	/* OPT_STRING: bytes in var */
	int (*fn)(const char *value);
};
#define OPTION_BOOL(n, v)						\
	static const struct boot_option opt_##v __section(".opts") = {	\
		n, OPT_BOOL, &(v), 0, 0 }
#define OPTION_UINT(n, v)						\
	static const struct boot_option opt_##v __section(".opts") = {	\
		n, OPT_UINT, &(v), sizeof(v), 0 }
#define OPTION_STRING(n, v)						\
	static const struct boot_option opt_##v __section(".opts") = {	\
		n, OPT_STRING, (v), sizeof(v), 0 }
#define OPTION_FN(n, f)							\
	static const struct boot_option opt_##f __section(".opts") = {	\
		n, OPT_FN, 0, 0, f }
/** cmdline_parse() - unknown options are reported, never fatal */
void cmdline_parse(void);

/* ---- ACPI: static tables only ---- */
struct acpi_facts {
	bool present;
	u64 lapic_maddr;
	unsigned int nr_cpus;
	struct { u32 apic_id, acpi_id; bool enabled; } cpu[256];
	unsigned int nr_ioapics;
	struct { u8 id; u64 maddr; u32 gsi_base; } ioapic[16];
	unsigned int nr_overrides;
	struct { u8 source; u32 gsi; u16 flags; } override[24];
	u64 hpet_maddr;		/* 0: none */
	u16 pm_timer_port;	/* 0: none */
	u8 pm_timer_bits;	/* 24 or 32 */
	u16 pm1a_cnt, pm1b_cnt;	/* for enter_acpi_sleep */
	u16 pm1a_evt, pm1b_evt;
	u64 reset_reg; u8 reset_space, reset_value; bool reset_ok;
	unsigned int nr_mmcfg;
	struct { u64 maddr; u16 segment; u8 bus_first, bus_last; } mmcfg[8];
	u16 sci_irq;
};
extern struct acpi_facts acpi;
void acpi_init(void);

/* ---- options used in several places ---- */
extern u64 opt_dom0_mem, opt_dom0_mem_max;	/* bytes; 0: default */
extern unsigned int opt_dom0_max_vcpus;
extern bool opt_noreboot;
extern const char hv_version[], hv_compile_by[], hv_compile_date[];

/* Linker symbols (hypervisor/boot/hv.lds) */
extern char hv_start[], hv_text_end[], hv_rodata_start[], hv_rodata_end[],
	hv_data_start[], hv_end[];

/** hv_main() - C's first function, on the boot CPU's stack */
void hv_main(u32 magic, u32 info) __noreturn;

#endif
