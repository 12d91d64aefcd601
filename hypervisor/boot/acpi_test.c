#include <stdlib.h>
#include <string.h>
#include <hv/boot.h>
#include "../../tests/host/fakes.h"
#include "../../tests/host/suite.h"

/* Firmware memory; maps are exact heap copies, so that reading past a table's
 * stated end is an error ASan sees. */
#define MEM 0x4000
static u8 mem[MEM];
static int nr_maps;

static const void *map(u64 maddr, size_t len)
{
	u8 *p;

	if (maddr > MEM || len > MEM - maddr)
		return NULL;
	p = malloc(len);
	memcpy(p, mem + maddr, len);
	nr_maps++;
	return p;
}

static void unmap(const void *p, size_t len)
{
	nr_maps--;
	free((void *)(uintptr_t)p);
}

static const struct acpi_mapper mapper = {map, unmap};
static struct acpi_facts f;

static void put(u32 at, u64 v, unsigned int bytes)
{
	memcpy(mem + at, &v, bytes);
}

static void fix_sum(u32 at, u32 len, u32 sum_at)
{
	u8 s = 0;

	mem[at + sum_at] = 0;
	for (u32 i = 0; i < len; i++)
		s = (u8)(s + mem[at + i]);
	mem[at + sum_at] = (u8)-s;
}

static void table(u32 at, const char *sig, u32 len)
{
	memcpy(mem + at, sig, 4);
	put(at + 4, len, 4);
	fix_sum(at, len, 9);
}

#define RSDP 0x100
#define RSDT 0x200
#define MADT 0x400
#define HPET 0x800
#define FADT 0xa00
#define MCFG 0xc00

/* A small good machine; tests then damage it. */
static void good(void)
{
	u32 p = MADT + 44;

	fakes_reset();
	memset(mem, 0, sizeof(mem));
	memcpy(mem + RSDP, "RSD PTR ", 8);
	put(RSDP + 16, RSDT, 4);
	fix_sum(RSDP, 20, 8);

	put(MADT + 36, 0xfee00000, 4);
	memcpy(mem + p, "\0\10\7\3\1\0\0\0", 8);      /* CPU acpi 7 apic 3 */
	memcpy(mem + p + 8, "\0\10\10\4\0\0\0\0", 8); /* not usable */
	memcpy(mem + p + 16, "\1\14\2\0\0\0\300\376\0\0\0\0", 12); /* IOAPIC */
	memcpy(mem + p + 28, "\2\12\0\0\2\0\0\0\5\0", 10); /* 0 -> GSI 2 */
	table(MADT, "APIC", 44 + 38);

	put(HPET + 44, 0xfed00000, 8);
	table(HPET, "HPET", 56);

	put(FADT + 46, 9, 2);
	put(FADT + 64, 0x604, 4);
	put(FADT + 76, 0x608, 4);
	put(FADT + 112, 1u << 10 | 1u << 8, 4);
	mem[FADT + 116] = 1;
	put(FADT + 120, 0xcf9, 8);
	mem[FADT + 128] = 6;
	table(FADT, "FACP", 129);

	put(MCFG + 44, 0xb0000000, 8);
	mem[MCFG + 55] = 255;
	table(MCFG, "MCFG", 60);

	put(RSDT + 36, MADT, 4);
	put(RSDT + 40, HPET, 4);
	put(RSDT + 44, FADT, 4);
	put(RSDT + 48, MCFG, 4);
	table(RSDT, "RSDT", 52);
}

static int parse(void)
{
	int rc = acpi_parse(&f, mem + RSDP, 20, &mapper);

	ck_assert_int_eq(nr_maps, 0);
	return rc;
}

START_TEST(good_tables_are_understood)
{
	good();
	ck_assert_int_eq(parse(), 0);
	ck_assert(f.present);
	ck_assert_uint_eq(fake_nr_messages, 0);
	ck_assert_uint_eq(f.lapic_maddr, 0xfee00000);
	ck_assert_uint_eq(f.nr_cpus, 1);
	ck_assert_uint_eq(f.cpu[0].apic_id, 3);
	ck_assert_uint_eq(f.cpu[0].acpi_id, 7);
	ck_assert(f.cpu[0].enabled);
	ck_assert_uint_eq(f.nr_ioapics, 1);
	ck_assert_uint_eq(f.ioapic[0].maddr, 0xfec00000);
	ck_assert_uint_eq(f.nr_overrides, 1);
	ck_assert_uint_eq(f.override[0].gsi, 2);
	ck_assert_uint_eq(f.override[0].flags, 5);
	ck_assert_uint_eq(f.hpet_maddr, 0xfed00000);
	ck_assert_uint_eq(f.pm_timer_port, 0x608);
	ck_assert_uint_eq(f.pm_timer_bits, 32);
	ck_assert_uint_eq(f.sci_irq, 9);
	ck_assert_uint_eq(f.pm1a_cnt, 0x604);
	ck_assert(f.reset_ok);
	ck_assert_uint_eq(f.reset_reg, 0xcf9);
	ck_assert_uint_eq(f.reset_value, 6);
	ck_assert_uint_eq(f.nr_mmcfg, 1);
	ck_assert_uint_eq(f.mmcfg[0].bus_last, 255);
}
END_TEST

START_TEST(bad_checksum_skips_one_table)
{
	good();
	mem[HPET + 50] ^= 1;
	ck_assert_int_eq(parse(), 0);
	ck_assert_uint_eq(f.hpet_maddr, 0);
	ck_assert_uint_eq(f.nr_cpus, 1);
	ck_assert_uint_eq(fake_nr_messages, 1);
}
END_TEST

START_TEST(bad_root_means_no_acpi)
{
	good();
	mem[RSDT + 20] ^= 1;
	ck_assert_int_eq(parse(), -ENOENT);
	ck_assert(!f.present);
	good();
	memcpy(mem + RSDT, "XXXX", 4);
	fix_sum(RSDT, 52, 9);
	ck_assert_int_eq(parse(), -ENOENT);
	ck_assert_int_eq(acpi_parse(&f, mem + RSDP, 0, &mapper), -ENOENT);
}
END_TEST

START_TEST(lengths_out_of_range_are_refused)
{
	static const u32 lengths[] = {0,	  8,	      35,
				      0x7fffffff, 0xffffffff, (1u << 20) + 1};

	for (unsigned int i = 0; i < ARRAY_SIZE(lengths); i++) {
		good();
		put(MADT + 4, lengths[i], 4);
		ck_assert_int_eq(parse(), 0);
		ck_assert_uint_eq(f.nr_cpus, 0);
		ck_assert_uint_eq(f.hpet_maddr, 0xfed00000);
	}
}
END_TEST

START_TEST(tables_cut_short_are_refused)
{
	good();
	table(FADT, "FACP", 100);
	table(HPET, "HPET", 40);
	table(MADT, "APIC", 40);
	ck_assert_int_eq(parse(), 0);
	ck_assert_uint_eq(f.pm_timer_port, 0);
	ck_assert_uint_eq(f.hpet_maddr, 0);
	ck_assert_uint_eq(f.nr_cpus, 0);
	ck_assert_uint_eq(fake_nr_messages, 3);
}
END_TEST

START_TEST(madt_entries_of_length_zero_end_the_walk)
{
	good();
	mem[MADT + 44 + 8 + 1] = 0;
	fix_sum(MADT, 44 + 38, 9);
	ck_assert_int_eq(parse(), 0);
	ck_assert_uint_eq(f.nr_cpus, 1);
	ck_assert_uint_eq(f.nr_ioapics, 0);
	ck_assert_uint_eq(fake_nr_messages, 1);
}
END_TEST

START_TEST(madt_entry_past_the_end_is_not_read)
{
	good();
	mem[MADT + 44 + 28 + 1] = 11;
	fix_sum(MADT, 44 + 38, 9);
	ck_assert_int_eq(parse(), 0);
	ck_assert_uint_eq(f.nr_ioapics, 1);
	ck_assert_uint_eq(f.nr_overrides, 0);
}
END_TEST

START_TEST(more_processors_than_room_are_dropped)
{
	u32 n = 400, p = 0x1000;

	good();
	for (u32 i = 0; i < n; i++)
		memcpy(mem + p + 44 + 8 * i, "\0\10\0\0\1\0\0\0", 8);
	table(p, "APIC", 44 + 8 * n);
	put(RSDT + 36, p, 4);
	fix_sum(RSDT, 52, 9);
	ck_assert_int_eq(parse(), 0);
	ck_assert_uint_eq(f.nr_cpus, ARRAY_SIZE(f.cpu));
}
END_TEST

START_TEST(random_damage_never_reads_outside)
{
	srand(3);
	for (int round = 0; round < 5000; round++) {
		good();
		for (int i = 0; i < 6; i++)
			mem[RSDT + rand() % 0xb00] = (u8)rand();
		/* let damage get past the checksums */
		fix_sum(RSDT, 52, 9);
		fix_sum(MADT, 82, 9);
		fix_sum(FADT, 129, 9);
		fix_sum(MCFG, 60, 9);
		parse();
	}
}
END_TEST

START_TEST(rsdp_is_found_at_its_two_places)
{
	static u8 low[0x100000];
	u8 out[36];

	good();
	ck_assert_uint_eq(acpi_find_rsdp(low, out), 0);
	memcpy(low + 0xf5a40, mem + RSDP, 20);
	ck_assert_uint_eq(acpi_find_rsdp(low, out), 20);
	ck_assert_int_eq(memcmp(out, mem + RSDP, 20), 0);
	low[0xf5a40 + 9] ^= 1;
	ck_assert_uint_eq(acpi_find_rsdp(low, out), 0);
	low[0x40e] = 0xc0; /* EBDA at 0x9fc0:0 */
	low[0x40f] = 0x9f;
	memcpy(low + 0x9fc00 + 16, mem + RSDP, 20);
	ck_assert_uint_eq(acpi_find_rsdp(low, out), 20);
	low[0x40e] = low[0x40f] = 0xff; /* nonsense: outside 1 MiB */
	ck_assert_uint_eq(acpi_find_rsdp(low, out), 0);
}
END_TEST

SUITE("acpi", good_tables_are_understood, bad_checksum_skips_one_table,
      bad_root_means_no_acpi, lengths_out_of_range_are_refused,
      tables_cut_short_are_refused, madt_entries_of_length_zero_end_the_walk,
      madt_entry_past_the_end_is_not_read,
      more_processors_than_room_are_dropped, random_damage_never_reads_outside,
      rsdp_is_found_at_its_two_places)
