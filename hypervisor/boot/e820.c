/*
 * e820.c: the firmware's memory map, made sorted and free of overlaps
 */
#include <hv/boot.h>

void e820_add(struct e820_map *m, u64 start, u64 size, u32 type)
{
	if (!size || start + size < start || m->nr == E820_MAX)
		return;
	m->r[m->nr++] = (struct e820_range){start, size, type};
}

static u64 end_of(const struct e820_range *r)
{
	return r->start + r->size;
}

/* Where ranges overlap the more restrictive one is believed. */
static int badness(u32 type)
{
	switch (type) {
	case E820_RAM:
		return 0;
	case E820_ACPI:
		return 1;
	case E820_NVS:
		return 2;
	case E820_UNUSABLE:
		return 4;
	default:
		return 3;
	}
}

/* First range boundary above @a, or ~0 */
static u64 next_edge(const struct e820_map *m, u64 a)
{
	u64 edge = ~0ull;

	for (unsigned int i = 0; i < m->nr; i++) {
		if (m->r[i].start > a)
			edge = min(edge, m->r[i].start);
		if (end_of(&m->r[i]) > a)
			edge = min(edge, end_of(&m->r[i]));
	}
	return edge;
}

/* Type of the byte at @a, 0 when no range covers it */
static u32 type_at(const struct e820_map *m, u64 a)
{
	u32 type = 0;

	for (unsigned int i = 0; i < m->nr; i++) {
		const struct e820_range *r = &m->r[i];

		if (a < r->start || a >= end_of(r))
			continue;
		if (!type || badness(r->type) > badness(type))
			type = r->type;
	}
	return type;
}

static void append(struct e820_map *m, u64 start, u64 end, u32 type)
{
	struct e820_range *last = m->nr ? &m->r[m->nr - 1] : NULL;

	if (last && last->type == type && end_of(last) == start)
		last->size += end - start;
	else
		e820_add(m, start, end - start, type);
}

void e820_sanitize(struct e820_map *m)
{
	static struct e820_map out; /* too large for the stack */
	u64 a = 0;

	out.nr = 0;
	if (!type_at(m, 0))
		a = next_edge(m, 0);
	while (a != ~0ull) {
		u64 end = next_edge(m, a);
		u32 type = type_at(m, a);

		if (type)
			append(&out, a, end, type);
		a = end;
	}
	*m = out;
}

u64 e820_ram_bytes(const struct e820_map *m)
{
	u64 sum = 0;

	for (unsigned int i = 0; i < m->nr; i++)
		if (m->r[i].type == E820_RAM)
			sum += m->r[i].size;
	return sum;
}
