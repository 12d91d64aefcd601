/*
 * lib/trap.c: what happens on an exception, an event, a user's system call
 */
#include <xen/callback.h>
#include "guest.h"

struct caught caught;
entry_hook hook;
u64 probe_resume;

struct trap_info trap_row(u8 vector, u8 flags)
{
	struct trap_info row = {
		.vector = vector,
		.flags = flags,
		.cs = FLAT_KERNEL_CS,
		.address = (u64)trap_stubs[vector],
	};

	return row;
}

static void register_callback(u16 type, u16 flags, const void *entry)
{
	struct callback_register reg = {
		.type = type,
		.flags = flags,
		.address = (u64)entry,
	};

	if (hypercall(callback_op, CALLBACKOP_register, &reg))
		printf("callback type %u is refused\n", type);
}

void trap_init(void)
{
	static struct trap_info table[34];
	unsigned int v;

	/* int3 and overflow may come from anywhere, as may vector 0x80. */
	for (v = 0; v < 32; v++)
		table[v] = trap_row((u8)v, 4 | (v == 3 || v == 4 ? 3 : 0));
	table[32] = trap_row(0x80, 4 | 3);
	table[33].address = 0;
	if (hypercall(set_trap_table, table))
		guest_broken("set_trap_table is refused");
	register_callback(CALLBACKTYPE_event, 0, event_entry);
	register_callback(CALLBACKTYPE_failsafe, CALLBACKF_mask_events,
			  failsafe_entry);
	register_callback(CALLBACKTYPE_syscall, CALLBACKF_mask_events,
			  syscall_entry);
}

static void record(const struct frame *f, u8 mask)
{
	caught.happened = true;
	caught.at = (u64)f;
	caught.cr2 = vcpu_info()->arch.cr2;
	caught.mask_at_entry = mask;
	caught.f = *f;
}

static void __attribute__((noreturn)) unexpected(const struct frame *f)
{
	printf("entry %lu error %lx at %lx cs %lx flags %lx rsp %lx cr2 %lx\n",
	       f->vector, f->error, f->rip, f->cs, f->rflags, f->rsp,
	       vcpu_info()->arch.cr2);
	guest_broken("unexpected exception");
}

void handle_entry(struct frame *f);
void handle_entry(struct frame *f)
{
	u8 mask = vcpu_info()->evtchn_upcall_mask;
	bool from_user = (f->cs & 3) == 3;

	if (hook && hook(f))
		return;
	if (f->vector == ENTRY_EVENT) {
		event_upcall(f);
		return;
	}
	if (!from_user && probe_resume) {
		record(f, mask);
		f->rip = probe_resume;
		f->rflags &= ~0x100UL; /* a single step is over */
		probe_resume = 0;
		return;
	}
	if (from_user) {
		record(f, mask);
		user_stop();
	}
	unexpected(f);
}

bool probe_read(const void *va, u64 *value)
{
	u64 v = 0;

	PROBE("movq (%1), %0", : "+r"(v) : "r"(va) : "memory");
	*value = v;
	return !caught.happened;
}

bool probe_write(void *va, u64 value)
{
	PROBE("movq %0, (%1)", : : "r"(value), "r"(va) : "memory");
	return !caught.happened;
}
