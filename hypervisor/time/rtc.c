/*
 * time/rtc.c: the CMOS clock: read at boot, shown to dom0 afterwards
 */
#include <hv/cpu.h>
#include <hv/domain.h>
#include "internal.h"

#define RTC_INDEX 0x70
#define RTC_DATA  0x71

enum {
	SECONDS = 0,
	MINUTES = 2,
	HOURS = 4,
	DAY = 7,
	MONTH = 8,
	YEAR = 9,
	REG_A = 10,
	REG_B = 11
};
#define REG_A_UPDATING 0x80
#define REG_B_BINARY   0x04
#define REG_B_24H      0x02
#define HOURS_PM       0x80
#define CMOS_INDEX     0x7f /* the bit above masks NMIs */

static spinlock_t rtc_lock = SPINLOCK_INIT(DEV);
/* The platform's one CMOS is given to one domain: its chosen register. */
static u8 guest_index;

static u8 cmos_read(u8 index)
{
	outb(RTC_INDEX, index);
	return inb(RTC_DATA);
}

static void read_fields(u8 f[YEAR + 1])
{
	unsigned int spins = 0;

	/* an update takes 2 ms at most; a port read about a microsecond */
	while ((cmos_read(REG_A) & REG_A_UPDATING) && ++spins < 10000)
		cpu_relax();
	f[SECONDS] = cmos_read(SECONDS);
	f[MINUTES] = cmos_read(MINUTES);
	f[HOURS] = cmos_read(HOURS);
	f[DAY] = cmos_read(DAY);
	f[MONTH] = cmos_read(MONTH);
	f[YEAR] = cmos_read(YEAR);
}

static unsigned int from_bcd(unsigned int v)
{
	return (v >> 4) * 10 + (v & 15);
}

u64 rtc_read_clock(void)
{
	u8 f[YEAR + 1] = {0}, again[YEAR + 1] = {0}, b;
	unsigned int i, hour, tries = 0;
	bool pm;

	spin_lock(&rtc_lock);
	read_fields(f);
	do {
		memcpy(again, f, sizeof(f));
		read_fields(f);
	} while (memcmp(f, again, sizeof(f)) && ++tries < 10);
	b = cmos_read(REG_B);
	spin_unlock(&rtc_lock);

	pm = f[HOURS] & HOURS_PM;
	f[HOURS] &= ~HOURS_PM;
	if (!(b & REG_B_BINARY))
		for (i = 0; i <= YEAR; i++)
			f[i] = (u8)from_bcd(f[i]);
	hour = f[HOURS];
	if (!(b & REG_B_24H))
		hour = hour % 12 + (pm ? 12 : 0);
	return civil_to_seconds(f[YEAR] < 70 ? 2000u + f[YEAR]
					     : 1900u + f[YEAR],
				f[MONTH] ? f[MONTH] : 1, f[DAY] ? f[DAY] : 1,
				hour, f[MINUTES], f[SECONDS]);
}

u8 rtc_emul_read(struct domain *d)
{
	u8 v;

	spin_lock(&rtc_lock);
	v = cmos_read(guest_index);
	spin_unlock(&rtc_lock);
	return v;
}

void rtc_emul_write(struct domain *d, u8 val)
{
	spin_lock(&rtc_lock);
	outb(RTC_INDEX, guest_index);
	outb(RTC_DATA, val);
	spin_unlock(&rtc_lock);
}

void rtc_emul_index(struct domain *d, u8 index)
{
	guest_index = index & CMOS_INDEX;
}
