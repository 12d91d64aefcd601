/*
 * evil/rights: what a domain with a PCI device may touch, and what not
 *
 * The device is QEMU's e1000; its places stand on the command line: mem= first
 * frame of its registers, port= of its window, gsi= of its line. other= is a
 * frame of another device. With given=0 the domain has no device.
 */
#include <xen/physdev.h>
#include "device.h"

#define STATUS	     8 /* a register that is never all ones */
#define WINDOW_DATA  4
#define LOCAL_APIC   0xfee00
#define IO_APIC	     0xfec00
#define SERIAL_STATE 0x3fd
#define PCI_ADDRESS  0xcf8
#define DEVFN	     (7 << 3) /* of a device with messages */
#define DETACH_S     60
#define TABLE_AT     0x7f0000000000

static bool is_given(void)
{
	return option_number("given", 1);
}

static u64 option(const char *name)
{
	u64 value = option_number(name, 0);

	if (!value)
		guest_broken("an option is missing");
	return value;
}

static long map_frame(u64 mfn)
{
	return map_at(0, TABLE_AT, mfn << 12 | PTE_DATA | PTE_PCD);
}

static u32 in32(u16 port)
{
	u32 value = 0;

	PROBE("inl %%dx, %%eax", : "=a"(value) : "d"(port) : "memory");
	return caught.happened ? ~0u : value;
}

static void out32(u16 port, u32 value)
{
	PROBE("outl %%eax, %%dx", : : "a"(value), "d"(port) : "memory");
}

static u8 in8(u16 port)
{
	u8 value = 0;

	PROBE("inb %%dx, %%al", : "=a"(value) : "d"(port) : "memory");
	return caught.happened ? 0xff : value;
}

static void want_ports(void)
{
	struct physdev_set_iopl op = {.iopl = 1};

	hypercall(physdev_op, PHYSDEVOP_set_iopl, &op);
}

PROMISE(rights_to_memory, "the device's frames can be mapped, no others")
{
	u64 mem = option("mem");
	u64 value = 0;

	if (is_given()) {
		expect_eq(map_frame(mem), 0);
		expect(probe_read((u8 *)TABLE_AT + STATUS, &value));
		expect((u32)value != ~0u);
		expect_eq(map_frame(mem + 31), 0);
	} else {
		expect(map_frame(mem) < 0);
	}
	expect(map_frame(mem + 32) < 0);
	expect(map_frame(option("other")) < 0);
	expect(map_frame(LOCAL_APIC) < 0);
	expect(map_frame(IO_APIC) < 0);
	expect(map_frame(0xb8) < 0);
	map_at(0, TABLE_AT, 0);
}

PROMISE(rights_to_ports, "the device's ports can be used, no others")
{
	u16 port = (u16)option("port");

	want_ports();
	out32(port, STATUS);
	expect_eq(in32((u16)(port + WINDOW_DATA)) != ~0u, is_given());
	expect_eq(in8(SERIAL_STATE), 0xff);
	expect_eq(in32(PCI_ADDRESS), ~0u);
	expect_eq(in32((u16)(port - 64)), ~0u);
	expect_eq(in32((u16)(port + 64)), ~0u);
}

static long bind(u32 pirq)
{
	struct evtchn_bind_pirq op = {.pirq = pirq, .flags = 1};
	long rc = hypercall(event_channel_op, EVTCHNOP_bind_pirq, &op);

	return rc ? rc : (long)op.port;
}

static long map_line(u32 gsi)
{
	struct physdev_map_pirq op = {
		.domid = DOMID_SELF,
		.type = MAP_PIRQ_TYPE_GSI,
		.index = (s32)gsi,
		.pirq = (s32)gsi,
	};

	return hypercall(physdev_op, PHYSDEVOP_map_pirq, &op);
}

/* Messages are dom0's to map, for us too. */
static long map_message(void)
{
	struct physdev_map_pirq op = {
		.domid = DOMID_SELF,
		.type = MAP_PIRQ_TYPE_MSI_SEG,
		.index = -1,
		.pirq = -1,
		.devfn = DEVFN,
	};

	return hypercall(physdev_op, PHYSDEVOP_map_pirq, &op);
}

PROMISE(rights_to_interrupts, "the device's line can be bound, no others")
{
	u32 gsi = (u32)option("gsi"), line;
	long port = bind(gsi);

	expect_eq(port > 0, is_given());
	if (port > 0)
		event_close((u32)port);
	for (line = 0; line < 24; line++) {
		if (line == gsi)
			continue;
		expect(bind(line) < 0);
		expect(map_line(line) < 0);
	}
	expect(map_message() < 0);
}

PROMISE(rights_end_with_the_device, "once it is taken away, nothing is left")
{
	u64 mem = option("mem");
	u16 window = (u16)option("port");
	u32 gsi = (u32)option("gsi"), left = DETACH_S * 10;
	long port;

	if (!is_given() || !option_number("taken", 0))
		skip("it keeps the device");
	port = bind(gsi);
	expect(port > 0);
	want_ports();
	printf("rights: all in use\n");
	while (!map_frame(mem) && --left) {
		map_at(0, TABLE_AT, 0);
		sleep_ns(100 * MS);
	}
	expect(left > 0);
	expect(map_frame(mem + 31) < 0);
	out32(window, STATUS);
	expect_eq(in32((u16)(window + WINDOW_DATA)), ~0u);
	expect_eq(event_close((u32)port), 0);
	expect(bind(gsi) < 0);
	expect(map_line(gsi) < 0);
}
