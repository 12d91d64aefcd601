/*
 * guests/garbage: a guest that makes random hypercalls
 *
 * ABI: none of them may harm the hypervisor; each returns, or ends the guest
 * only where the ABI lets it. Options: seed=N count=N.
 */
#include <guest.h>
#include <xen/version.h>

/* Left out: calls that end or silence this domain, and iret. */
static bool harmless(u64 number, u64 first)
{
	switch (number) {
	case HYPERCALL_iret:
	case HYPERCALL_set_callbacks:
	case HYPERCALL_set_trap_table:
	case HYPERCALL_callback_op:
	case HYPERCALL_multicall:
	case HYPERCALL_set_debugreg:
	case HYPERCALL_platform_op:
	case HYPERCALL_console_io:
	case HYPERCALL_mca:
	case HYPERCALL_vm_assist:
	case 37: /* kexec_op */
		return false;
	case HYPERCALL_sched_op:
	case 6: /* the old sched_op */
		return first == 0;
	case HYPERCALL_vcpu_op:
		return first == 3 || first == 4 || first > 13;
	case HYPERCALL_mmuext_op:
		return true;
	case HYPERCALL_physdev_op:
		return first < 8;
	default:
		return true;
	}
}

static u64 seed;
static u8 *scratch;

/* Mostly plausible values: small numbers, our pages, edges. */
static u64 argument(void)
{
	u64 r = random_next(&seed);

	switch (r % 8) {
	case 0:
		return r >> 8 & 0x3f;
	case 1:
		return 0;
	case 2:
		return (u64)scratch + (r >> 8 & 0xff8);
	case 3:
		return (u64)BAD_UNMAPPED;
	case 4:
		return (u64)BAD_HYPERVISOR;
	case 5:
		return DOMID_SELF;
	case 6:
		return r;
	default:
		return 1UL << (r >> 8 & 63);
	}
}

/* A call may have taken the page away or made it a table. */
static void fill(void)
{
	u64 *word;
	unsigned int i;

	mmuext(MMUEXT_INVLPG_LOCAL, (u64)scratch, 0);
	if (!probe_write(scratch, 0) &&
	    (page_make_rw(scratch) || !probe_write(scratch, 0)))
		scratch = page_alloc();
	word = (u64 *)scratch;

	for (i = 0; i < 512; i++)
		word[i] = argument();
}

PROMISE(garbage_is_survived, "random hypercalls leave a working hypervisor")
{
	u64 count = option_number("count", 20000), i;
	u64 refused = 0;

	seed = option_number("seed", 1) * 2 + 1;
	scratch = page_alloc();
	for (i = 0; i < count; i++) {
		u64 number = random_next(&seed) % 64;
		u64 first = argument();

		if (i % 64 == 0)
			fill();
		if (!harmless(number, first))
			continue;
		if (hypercall_raw(number, first, argument(), argument() % 64,
				  argument(), argument()) < 0)
			refused++;
	}
	printf("garbage: %lu of %lu calls refused\n", refused, count);
	expect(refused > 0);
	expect_eq(hypercall(xen_version, XENVER_version, 0), 4 << 16 | 17);
}
