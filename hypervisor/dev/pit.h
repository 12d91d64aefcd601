/*
 * dev/pit.h: channel 2 of an 8254 and the speaker port, as dom0 sees them
 *
 * The real one may be our calibration source, so dom0 gets a model that
 * counts our system time. Pure: time comes in as an argument.
 *
 * Lock:  the caller's (dev/ioport.c)
 */
#ifndef DEV_PIT_H
#define DEV_PIT_H

#include <hv/types.h>

struct pit2 {
	u64 start;		    /* ns, when counting began */
	u32 count;		    /* 1 .. 65536 ticks */
	u16 latch;		    /* value frozen by a latch command */
	u8 mode;		    /* 0 .. 5 */
	u8 access;		    /* 1 low byte, 2 high byte, 3 both */
	bool write_high, read_high; /* second byte comes next */
	u8 low;			    /* first byte of a 16-bit write */
	bool latched;
	bool gate, speaker;
};

void pit2_reset(struct pit2 *p);
void pit2_control(struct pit2 *p, u8 val, u64 now_ns);
void pit2_write(struct pit2 *p, u8 val, u64 now_ns);
u8 pit2_read(struct pit2 *p, u64 now_ns);
/** pit2_port61_read(), _write() - gate, speaker, output, refresh toggle */
u8 pit2_port61_read(const struct pit2 *p, u64 now_ns);
void pit2_port61_write(struct pit2 *p, u8 val, u64 now_ns);

#endif
