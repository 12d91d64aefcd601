/*
 * boot/hostile: a guest that means harm; `attack=` on its command line says how
 *
 * Each attack uses only what the ABI offers any guest. It may end this domain
 * and must touch nobody else.
 */
#include <guest.h>
#include <xen/sched.h>

/* Never gives the processor away of its own will. */
static void spin(void)
{
	vcpu_info()->evtchn_upcall_mask = 1;
	for (;;)
		barrier();
}

/* Faults with no handler left. */
static void fault(void)
{
	hypercall(set_trap_table, 0);
	*(volatile u64 *)BAD_UNMAPPED = 0;
}

/* Takes its own kernel out of its page tables, legally. */
static void tables(void)
{
	pte_write(pte_maddr((void *)VIRT_BASE, 4), 0);
}

/* Loads an empty root. */
static void root(void)
{
	u8 *page = page_alloc();

	page_make_ro(page);
	mmuext(MMUEXT_PIN_L4_TABLE, va_to_mfn(page), 0);
	mmuext(MMUEXT_NEW_BASEPTR, va_to_mfn(page), 0);
}

/* Pushes its exception frame nowhere. */
static void stack(void)
{
	hypercall(stack_switch, 0xe02b, BAD_HYPERVISOR);
	__asm__ volatile("mov %0, %%rsp; ud2" : : "r"(BAD_NONCANONICAL));
}

/* Any call with anything, for ever; only ending itself is left out. */
static void garbage(void)
{
	u64 seed = option_number("seed", 1) * 2 + 1;

	for (;;) {
		u64 number = random_next(&seed) % 64;
		u64 a = random_next(&seed) >> (random_next(&seed) % 64);
		u64 b = random_next(&seed) >> (random_next(&seed) % 64);
		u64 c = random_next(&seed) >> (random_next(&seed) % 64);

		if (number == HYPERCALL_sched_op || number == HYPERCALL_iret)
			continue;
		if (number == HYPERCALL_multicall)
			a = (u64)start_info;
		hypercall_raw(number, a, b, c, a ^ b, b ^ c);
	}
}

/* Wakes its own ports as fast as it can. */
static void storm(void)
{
	struct evtchn_alloc_unbound alloc = {.dom = DOMID_SELF,
					     .remote_dom = DOMID_SELF};
	struct evtchn_send send;

	hypercall(event_channel_op, EVTCHNOP_alloc_unbound, &alloc);
	send.port = alloc.port;
	for (;;)
		hypercall(event_channel_op, EVTCHNOP_send, &send);
}

/* Promises to be there in time, and is not. */
static void watchdog(void)
{
	struct sched_watchdog w = {.timeout = 2};

	hypercall(sched_op, SCHEDOP_watchdog, &w);
	spin();
}

/* The console daemon reads what was printed before the ring is harmed. */
static void let_others_read(void)
{
	u64 begin = rdtsc();

	while (rdtsc() - begin < 2000000000)
		hypercall(sched_op, SCHEDOP_yield, 0);
}

static const struct {
	const char *name;
	void (*run)(void);
} attacks[] = {
	{"spin", spin},	  {"fault", fault},	  {"tables", tables},
	{"root", root},	  {"stack", stack},	  {"garbage", garbage},
	{"storm", storm}, {"watchdog", watchdog},
};

PROMISE(attack, "nobody else notices")
{
	char name[16];

	if (!option_string("attack", name, sizeof(name)))
		skip("no attack= on the command line");
	for (unsigned int i = 0; i < ARRAY_SIZE(attacks); i++) {
		if (!strcmp(attacks[i].name, name)) {
			printf("attack %s begins\n", name);
			let_others_read();
			attacks[i].run();
			printf("attack %s is over\n", name);
			return;
		}
	}
	guest_broken("no such attack");
}
