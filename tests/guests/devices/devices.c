/*
 * guests/devices: interrupt lines and PCI devices of dom0
 *
 * ABI: physdev_op, bind_pirq, level lines and their eoi, MSI.
 */
#include "edu.h"
#include <xen/physdev.h>

static const struct edu *edu;

#define NEEDS_EDU()                                   \
	do {                                          \
		edu = edu_get();                      \
		if (!edu)                             \
			skip("no edu device to use"); \
	} while (0)

static long physdev(u32 cmd, void *op)
{
	return hypercall(physdev_op, cmd, op);
}

static long bind_pirq(u32 pirq, u32 flags)
{
	struct evtchn_bind_pirq op = {.pirq = pirq, .flags = flags};
	long rc = hypercall(event_channel_op, EVTCHNOP_bind_pirq, &op);

	return rc ? rc : (long)op.port;
}

static long eoi(u32 pirq)
{
	struct physdev_eoi op = {.irq = pirq};

	return physdev(PHYSDEVOP_eoi, &op);
}

static bool wait_pending(u32 port)
{
	unsigned int i;

	for (i = 0; i < 200; i++) {
		if (event_pending(port))
			return true;
		sleep_ns(MS);
	}
	return false;
}

static long setup_gsi(u8 gsi, u8 level)
{
	struct physdev_setup_gsi op = {.gsi = gsi, .triggering = level};

	return physdev(PHYSDEVOP_setup_gsi, &op);
}

static long map_gsi(u8 gsi)
{
	struct physdev_map_pirq op = {
		.domid = DOMID_SELF,
		.type = MAP_PIRQ_TYPE_GSI,
		.index = gsi,
		.pirq = gsi,
	};
	long rc = physdev(PHYSDEVOP_map_pirq, &op);

	return rc ? rc : op.pirq;
}

PROMISE(gsi_is_set_up, "setup_gsi: 0, or -EEXIST when done before")
{
	long rc;

	NEEDS_EDU();
	rc = setup_gsi(edu->gsi, 1);
	answer_as("the call", rc);
	expect(rc == 0 || rc == -XEN_EEXIST);
	expect(setup_gsi(edu->gsi, 1) == 0 ||
	       setup_gsi(edu->gsi, 1) == -XEN_EEXIST);
	expect_refused(setup_gsi(250, 1));
}

PROMISE(gsi_is_mapped, "map_pirq of a GSI gives the pirq asked for, twice")
{
	NEEDS_EDU();
	expect_eq(map_gsi(edu->gsi), edu->gsi);
	expect_eq(map_gsi(edu->gsi), edu->gsi);
	expect_refused(map_gsi(250));
}

PROMISE(unmapped_pirq_cannot_be_bound, "bind_pirq of an unmapped pirq fails")
{
	NEEDS_EDU();
	expect_refused(bind_pirq(200, 0));
}

PROMISE(level_line_needs_eoi, "irq_status_query: a level line needs eoi")
{
	struct physdev_irq_status_query q;
	long port;

	NEEDS_EDU();
	setup_gsi(edu->gsi, 1);
	require(map_gsi(edu->gsi) == edu->gsi);
	port = bind_pirq(edu->gsi, BIND_PIRQ__WILL_SHARE);
	require(port > 0);
	q.irq = edu->gsi;
	q.flags = 0;
	expect_eq(physdev(PHYSDEVOP_irq_status_query, &q), 0);
	expect(q.flags & XENIRQSTAT_needs_eoi);
	expect_eq(event_close((u32)port), 0);
}

PROMISE(bound_pirq_is_reported, "a pirq port says so, and binds once")
{
	struct evtchn_status st;
	long port;

	NEEDS_EDU();
	require(map_gsi(edu->gsi) == edu->gsi);
	port = bind_pirq(edu->gsi, BIND_PIRQ__WILL_SHARE);
	require(port > 0);
	expect_eq(event_status((u32)port, &st), 0);
	expect_eq(st.status, EVTCHNSTAT_pirq);
	expect_eq(st.u.pirq, edu->gsi);
	expect_eq(bind_pirq(edu->gsi, 0), -XEN_EEXIST);
	expect_eq(event_close((u32)port), 0);
}

PROMISE(line_raises_its_port, "the device's line raises the bound port")
{
	long port;

	NEEDS_EDU();
	require(map_gsi(edu->gsi) == edu->gsi);
	port = bind_pirq(edu->gsi, BIND_PIRQ__WILL_SHARE);
	require(port > 0);
	event_mask_port((u32)port, true);
	event_clear((u32)port);
	eoi(edu->gsi);
	edu->reg[EDU_RAISE] = 1;
	expect(wait_pending((u32)port));
	/* Still asserted: eoi lets it come again, if it did not already. */
	event_clear((u32)port);
	expect_eq(eoi(edu->gsi), 0);
	expect(wait_pending((u32)port));
	edu->reg[EDU_ACK] = 1;
	event_clear((u32)port);
	expect_eq(eoi(edu->gsi), 0);
	sleep_ns(20 * MS);
	expect(!event_pending((u32)port));
	expect_eq(event_close((u32)port), 0);
}

PROMISE(line_again_and_again, "50 interrupts on the line all arrive")
{
	unsigned int i;
	long port;

	NEEDS_EDU();
	require(map_gsi(edu->gsi) == edu->gsi);
	port = bind_pirq(edu->gsi, BIND_PIRQ__WILL_SHARE);
	require(port > 0);
	event_mask_port((u32)port, true);
	for (i = 0; i < 50; i++) {
		edu->reg[EDU_RAISE] = 1;
		if (!wait_pending((u32)port))
			break;
		edu->reg[EDU_ACK] = 1;
		event_clear((u32)port);
		eoi(edu->gsi);
	}
	expect_eq(i, 50);
	expect_eq(event_close((u32)port), 0);
}

PROMISE(pirq_page_shows_needs_eoi,
	"pirq_eoi_gmfn: the bit of a level line is set")
{
	struct physdev_pirq_eoi_gmfn op;
	static u8 *bits;
	long port;

	NEEDS_EDU();
	if (!bits)
		bits = page_alloc();
	op.gmfn = va_to_mfn(bits);
	if (physdev(PHYSDEVOP_pirq_eoi_gmfn_v2, &op))
		skip("not offered");
	require(map_gsi(edu->gsi) == edu->gsi);
	port = bind_pirq(edu->gsi, BIND_PIRQ__WILL_SHARE);
	require(port > 0);
	expect(bits[edu->gsi / 8] & 1 << edu->gsi % 8);
	expect_eq(physdev(PHYSDEVOP_pirq_eoi_gmfn_v1, &op), -XEN_EBUSY);
	op.gmfn = ~0UL >> 12;
	expect_eq(physdev(PHYSDEVOP_pirq_eoi_gmfn_v2, &op), -XEN_EINVAL);
	expect_eq(event_close((u32)port), 0);
}

PROMISE(device_can_be_announced, "pci_device_add of a present device: 0")
{
	struct physdev_pci_device_add op = {0};
	long rc;

	NEEDS_EDU();
	op.devfn = edu->devfn;
	rc = physdev(PHYSDEVOP_pci_device_add, &op);
	answer_as("the call", rc);
	expect(rc == 0 || rc == -XEN_EEXIST);
}

static u8 msi_capability(void)
{
	u8 at = (u8)pci_read(edu->address, 0x34);

	while (at && (pci_read(edu->address, at) & 0xff) != 5)
		at = (u8)(pci_read(edu->address, at) >> 8);
	return at;
}

static void msi_enable(u8 at, bool on)
{
	u32 v = pci_read(edu->address, at);

	pci_write(edu->address, at, on ? v | 1U << 16 : v & ~(1U << 16));
}

PROMISE(msi_raises_its_port, "map_pirq MSI_SEG: the device's MSI arrives")
{
	struct physdev_map_pirq op = {
		.domid = DOMID_SELF,
		.type = MAP_PIRQ_TYPE_MSI_SEG,
		.index = -1,
		.pirq = -1,
	};
	struct physdev_unmap_pirq un = {.domid = DOMID_SELF};
	unsigned int i;
	long port;
	u8 at;

	NEEDS_EDU();
	at = msi_capability();
	require(at != 0);
	op.devfn = edu->devfn;
	if (!expect_eq(physdev(PHYSDEVOP_map_pirq, &op), 0))
		return;
	port = bind_pirq((u32)op.pirq, 0);
	expect(port > 0);
	if (port <= 0)
		return;
	event_mask_port((u32)port, true);
	event_clear((u32)port);
	/* The hypervisor wrote the message and enables it when bound. */
	expect(pci_read(edu->address, at + 4) >> 20 == 0xfee);
	msi_enable(at, true);
	for (i = 0; i < 20; i++) {
		edu->reg[EDU_RAISE] = 1;
		if (!wait_pending((u32)port))
			break;
		edu->reg[EDU_ACK] = 1;
		event_clear((u32)port);
	}
	expect_eq(i, 20);
	msi_enable(at, false);
	expect_eq(event_close((u32)port), 0);
	un.pirq = op.pirq;
	expect_eq(physdev(PHYSDEVOP_unmap_pirq, &un), 0);
}

PROMISE(msi_of_no_device, "map_pirq MSI of an absent device fails")
{
	struct physdev_map_pirq op = {
		.domid = DOMID_SELF,
		.type = MAP_PIRQ_TYPE_MSI_SEG,
		.index = -1,
		.pirq = -1,
		.bus = 0x42,
	};

	NEEDS_EDU();
	expect_refused(physdev(PHYSDEVOP_map_pirq, &op));
	op.type = 77;
	expect_refused(physdev(PHYSDEVOP_map_pirq, &op));
}

PROMISE(irq_vector_is_zero, "alloc_irq_vector of a line: 0")
{
	struct physdev_irq op = {0};

	NEEDS_EDU();
	op.irq = edu->gsi;
	expect_eq(physdev(PHYSDEVOP_alloc_irq_vector, &op), 0);
}

PROMISE(mmcfg_may_be_reserved, "pci_mmcfg_reserved does not fail hard")
{
	struct physdev_pci_mmcfg_reserved op = {
		.address = 0xb0000000, .end_bus = 255, .flags = 0};
	long rc;

	NEEDS_EDU();
	rc = physdev(PHYSDEVOP_pci_mmcfg_reserved, &op);
	answer_as("the call", rc);
	expect(rc == 0 || rc == -XEN_ENODEV || rc == -XEN_ENOSYS ||
	       rc == -XEN_EINVAL);
}

PROMISE(ioapic_can_be_read, "apic_read of the version register")
{
	struct physdev_apic op = {.apic_physbase = 0xfec00000, .reg = 1};

	NEEDS_EDU();
	if (physdev(PHYSDEVOP_apic_read, &op))
		skip("not offered");
	expect_eq(op.value & 0xff, 0x20);
}

PROMISE(unmapping_takes_the_right, "unmap_pirq ends a binding, and the right")
{
	struct physdev_unmap_pirq un = {.domid = DOMID_SELF};
	long port;

	NEEDS_EDU();
	require(map_gsi(edu->gsi) == edu->gsi);
	port = bind_pirq(edu->gsi, BIND_PIRQ__WILL_SHARE);
	require(port > 0);
	un.pirq = edu->gsi;
	expect_eq(physdev(PHYSDEVOP_unmap_pirq, &un), 0);
	expect_refused(physdev(PHYSDEVOP_unmap_pirq, &un));
	expect_refused(bind_pirq(edu->gsi, 0));
	expect_eq(event_close((u32)port), 0);
	expect_refused(bind_pirq(edu->gsi, 0));
}

PROMISE(pirq_bad_numbers, "eoi and status of absurd pirqs: -EINVAL")
{
	struct physdev_irq_status_query q = {.irq = ~0U};

	expect_eq(eoi(~0U), -XEN_EINVAL);
	expect_eq(physdev(PHYSDEVOP_irq_status_query, &q), -XEN_EINVAL);
}
