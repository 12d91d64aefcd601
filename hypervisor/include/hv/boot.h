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
#define E820_MAX      128
#define E820_RAM      1
#define E820_RESERVED 2
#define E820_ACPI     3
#define E820_NVS      4
#define E820_UNUSABLE 5
struct e820_range {
	u64 start, size; /* bytes */
	u32 type;
};
struct e820_map {
	unsigned int nr;
	struct e820_range r[E820_MAX];
};
#define MAX_MODULES 8
struct boot_module {
	maddr_t start;
	u64 size; /* bytes */
	char cmdline[1024];
};
struct boot_info {
	char loader[32];
	char cmdline[2048];
	struct e820_map e820; /* sorted, no overlap */
	unsigned int nr_modules;
	struct boot_module module[MAX_MODULES];
	/* RSDP: the loader's copy, or the one found in firmware memory */
	u8 rsdp[36];
	unsigned int rsdp_len; /* 20 or 36; 0: no ACPI */
};
extern struct boot_info boot_info;

/**
 * multiboot_collect() - fill boot_info while the loader's memory is mapped
 *
 * Returns:  0, -EINVAL: @magic is no multiboot loader's
 */
int multiboot_collect(u32 magic, u32 info);
/** multiboot1_collect(), multiboot2_collect() - one protocol each; every
 * length and pointer is taken from @info, which the caller maps */
void multiboot1_collect(struct boot_info *b, const void *info);
void multiboot2_collect(struct boot_info *b, const void *info);
/** e820_add() - append, unless the map is full or @size is 0 */
void e820_add(struct e820_map *m, u64 start, u64 size, u32 type);
/** e820_sanitize() - sort, resolve overlaps (the less usable type wins),
 * merge neighbours */
void e820_sanitize(struct e820_map *m);
/** e820_ram_bytes() - sum of usable ranges */
u64 e820_ram_bytes(const struct e820_map *m);

/* ---- command line: a table of options in the linker section .opts ---- */
struct boot_option {
	const char *name;
	enum { OPT_STRING, OPT_BOOL, OPT_UINT, OPT_SIZE, OPT_FN } kind;
	void *var;
	unsigned int len; /* OPT_STRING: bytes in var */
	int (*fn)(const char *value);
};
/* The alignment keeps the section an array: compilers like to pad. */
#define __option __section(".opts") __aligned(8)
#define OPTION_BOOL(n, v)                                                      \
	static const struct boot_option opt_##v __option = {n, OPT_BOOL, &(v), \
							    0, 0}
#define OPTION_UINT(n, v)                                                      \
	static const struct boot_option opt_##v __option = {n, OPT_UINT, &(v), \
							    sizeof(v), 0}
#define OPTION_STRING(n, v)                                                \
	static const struct boot_option opt_##v __option = {n, OPT_STRING, \
							    (v), sizeof(v), 0}
#define OPTION_FN(n, f) \
	static const struct boot_option opt_##f __option = {n, OPT_FN, 0, 0, f}
/** cmdline_parse() - apply boot_info.cmdline; never fatal */
void cmdline_parse(void);
/**
 * cmdline_parse_table() - the same over a given table; @line is cut up
 * @report: called for each option that is unknown or has a bad value
 */
void cmdline_parse_table(char *line, const struct boot_option *first,
			 const struct boot_option *end,
			 void (*report)(const char *option, const char *why));
/** cmdline_report() - warn about what cmdline_parse() did not understand */
void cmdline_report(void);
/** cmdline_bool() - 1, 0, or -EINVAL; yes/on/true/enable/1 and opposites */
int cmdline_bool(const char *s);

/* ---- ACPI: static tables only ---- */
struct acpi_facts {
	bool present;
	u64 lapic_maddr;
	unsigned int nr_cpus;
	struct {
		u32 apic_id, acpi_id;
		bool enabled;
	} cpu[256];
	unsigned int nr_ioapics;
	struct {
		u8 id;
		u64 maddr;
		u32 gsi_base;
	} ioapic[16];
	unsigned int nr_overrides;
	struct {
		u8 source;
		u32 gsi;
		u16 flags;
	} override[24];
	u64 hpet_maddr;		/* 0: none */
	u16 pm_timer_port;	/* 0: none */
	u8 pm_timer_bits;	/* 24 or 32 */
	u16 pm1a_cnt, pm1b_cnt; /* for enter_acpi_sleep */
	u16 pm1a_evt, pm1b_evt;
	u64 reset_reg;
	u8 reset_space, reset_value;
	bool reset_ok;
	unsigned int nr_mmcfg;
	struct {
		u64 maddr;
		u16 segment;
		u8 bus_first, bus_last;
	} mmcfg[8];
	u16 sci_irq;
};
extern struct acpi_facts acpi;
void acpi_init(void);
/**
 * acpi_parse() - fill @f from tables reached through @map
 * @rsdp, @len: the root pointer
 * @map:  bytes [maddr, maddr + len) or NULL; @unmap undoes it
 *
 * Returns:  0, -ENOENT when no root table is usable. Single bad tables are
 *           skipped with a warning.
 */
struct acpi_mapper {
	const void *(*map)(u64 maddr, size_t len);
	void (*unmap)(const void *p, size_t len);
};
int acpi_parse(struct acpi_facts *f, const u8 *rsdp, unsigned int len,
	       const struct acpi_mapper *m);
/** acpi_find_rsdp() - search low firmware memory, mapped at @low from
 * address 0; bytes copied to @rsdp: 20, 36, 0 none */
unsigned int acpi_find_rsdp(const u8 *low, u8 rsdp[36]);

/* ---- options used in several places ---- */
extern u64 opt_dom0_mem, opt_dom0_mem_max; /* bytes; 0: default */
extern unsigned int opt_dom0_max_vcpus;
extern bool opt_noreboot;
extern const char hv_version[], hv_changeset[], hv_compiler[], hv_compile_by[],
	hv_compile_domain[], hv_compile_date[];

/* Linker symbols (hypervisor/boot/hv.lds) */
extern char hv_start[], hv_text_end[], hv_rodata_start[], hv_rodata_end[],
	hv_data_start[], hv_end[];
/* Boot CPU's stack region (hv/cpu.h), in BSS: mm_init() leaves its fifth page
 * unmapped, the guard under the main stack */
extern u8 boot_stack[];
extern u64 boot_gdt[]; /* boot CPU's reserved GDT page */

/** smp_init() - start the other pcpus; they look for work at once */
void smp_init(void);

/** hv_main() - C's first function, on the boot CPU's stack */
void hv_main(u32 magic, u32 info) __noreturn;

#endif
