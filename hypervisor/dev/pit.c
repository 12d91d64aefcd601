/*
 * pit.c: see pit.h
 */
#include "pit.h"

#define PIT_HZ	   1193182ull
#define NS_PER_S   1000000000ull
#define CHANNEL_2  2
#define READ_BACK  3
#define GATE	   0x01
#define SPEAKER	   0x02
#define REFRESH	   0x10
#define OUTPUT	   0x20
#define REFRESH_NS 15085 /* between two memory refreshes */

void pit2_reset(struct pit2 *p)
{
	*p = (struct pit2){.count = 65536, .mode = 3, .access = 3};
}

static u64 ticks(const struct pit2 *p, u64 now_ns)
{
	u64 ns = now_ns - p->start;

	if (!p->gate)
		return 0;
	/* In two parts: the product may not overflow. */
	return ns / NS_PER_S * PIT_HZ + ns % NS_PER_S * PIT_HZ / NS_PER_S;
}

static u16 counter(const struct pit2 *p, u64 now_ns)
{
	u64 t = ticks(p, now_ns);

	switch (p->mode) {
	case 2:
		return (u16)(p->count - t % p->count);
	case 3:
		return (u16)(p->count - 2 * t % p->count);
	default:
		return (u16)(p->count - t);
	}
}

static bool output(const struct pit2 *p, u64 now_ns)
{
	u64 t = ticks(p, now_ns);

	switch (p->mode) {
	case 0:
	case 1:
		return t >= p->count;
	case 2:
		return t % p->count != p->count - 1;
	case 3:
		return t % p->count < (p->count + 1) / 2;
	default:
		return t != p->count;
	}
}

void pit2_control(struct pit2 *p, u8 val, u64 now_ns)
{
	unsigned int channel = val >> 6, access = val >> 4 & 3;
	unsigned int mode = val >> 1 & 7;

	if (channel == READ_BACK) {
		/* Bit 5 clear latches the count of the chosen channels. */
		if (!(val & (1u << (CHANNEL_2 + 1))) || (val & 0x20))
			return;
		access = 0;
	} else if (channel != CHANNEL_2) {
		return;
	}
	if (!access) {
		if (!p->latched)
			p->latch = counter(p, now_ns);
		p->latched = true;
		return;
	}
	p->access = (u8)access;
	p->mode = (u8)(mode > 5 ? mode - 4 : mode);
	p->write_high = p->read_high = false;
	p->latched = false;
}

static void load(struct pit2 *p, u16 count, u64 now_ns)
{
	p->count = count ? count : 65536;
	p->start = now_ns;
}

void pit2_write(struct pit2 *p, u8 val, u64 now_ns)
{
	if (p->access == 1) {
		load(p, val, now_ns);
	} else if (p->access == 2) {
		load(p, (u16)(val << 8), now_ns);
	} else if (!p->write_high) {
		p->low = val;
		p->write_high = true;
	} else {
		load(p, (u16)(p->low | val << 8), now_ns);
		p->write_high = false;
	}
}

u8 pit2_read(struct pit2 *p, u64 now_ns)
{
	u16 v = p->latched ? p->latch : counter(p, now_ns);
	bool high = p->access == 2 || (p->access == 3 && p->read_high);

	if (p->access == 3)
		p->read_high = !p->read_high;
	if (p->access != 3 || high)
		p->latched = false;
	return (u8)(high ? v >> 8 : v);
}

u8 pit2_port61_read(const struct pit2 *p, u64 now_ns)
{
	return (u8)((p->gate ? GATE : 0) | (p->speaker ? SPEAKER : 0) |
		    (now_ns / REFRESH_NS & 1 ? REFRESH : 0) |
		    (output(p, now_ns) ? OUTPUT : 0));
}

void pit2_port61_write(struct pit2 *p, u8 val, u64 now_ns)
{
	bool gate = val & GATE;

	/* A rising gate starts the count again. */
	if (gate && !p->gate)
		p->start = now_ns;
	p->gate = gate;
	p->speaker = val & SPEAKER;
}
