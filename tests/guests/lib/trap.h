/*
 * lib/trap.h: exceptions, events and user mode of a test guest
 *
 * Every entry arrives in handle_entry(). An exception is taken by, in this
 * order: the hook, an armed probe, user_run(); else the guest is broken.
 */
#ifndef GUEST_TRAP_H
#define GUEST_TRAP_H

#include "lib.h"
#include <xen/xen.h>

enum {
	VEC_DE = 0,
	VEC_DB = 1,
	VEC_NMI = 2,
	VEC_BP = 3,
	VEC_OF = 4,
	VEC_UD = 6,
	VEC_NM = 7,
	VEC_NP = 11,
	VEC_SS = 12,
	VEC_GP = 13,
	VEC_PF = 14,
	VEC_AC = 17,
	ENTRY_EVENT = 256,
	ENTRY_SYSCALL = 257,
	ENTRY_SYSCALL32 = 258,
	ENTRY_SYSENTER = 259,
	ENTRY_NMI = 260,
	ENTRY_FAILSAFE = 261,
};

struct frame {
	u64 r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi,
		rdi;
	u64 vector, error;
	u64 rip, cs, rflags, rsp, ss;
};

/* What the last entry that a probe or user_run() caught looked like. */
struct caught {
	bool happened;
	u64 at; /* address of the frame */
	u64 cr2;
	u8 mask_at_entry; /* evtchn_upcall_mask as the handler began */
	struct frame f;
};

extern struct caught caught;

/* A hook returns true when the frame may simply be resumed. */
typedef bool (*entry_hook)(struct frame *f);
extern entry_hook hook;

extern u64 probe_resume;
extern u8 hypercall_page[];
extern u8 trap_stubs[256][16];
extern u8 event_entry[], syscall_entry[], syscall32_entry[], sysenter_entry[],
	nmi_entry[], failsafe_entry[];

/* The state at the very first instruction. */
extern u64 entry_regs[22];
extern u32 entry_segments[4]; /* ds es fs gs */

/* Installs the trap table and all callbacks. */
void trap_init(void);
/* struct trap_info row for a stub of ours. */
struct trap_info trap_row(u8 vector, u8 flags);

/*
 * Runs one instruction; an exception in it is recorded in `caught` and
 * execution goes on behind it. The operands follow as for __asm__.
 */
#define PROBE(insn, ...)                                                    \
	do {                                                                \
		caught.happened = false;                                    \
		__asm__ volatile("movq $771f, probe_resume\n\t"             \
				 "770: " insn "\n\t"                        \
				 "771: movq $0, probe_resume" __VA_ARGS__); \
	} while (0)

/* Access one word, recording a fault instead of dying of it. */
bool probe_read(const void *va, u64 *value);
bool probe_write(void *va, u64 value);

/* Resumes @f and returns after the next entry that no hook took. */
void user_run(struct frame *f);
void __attribute__((noreturn)) user_stop(void);

static inline u64 flags_read(void)
{
	u64 flags;

	__asm__ volatile("pushfq; popq %0" : "=r"(flags));
	return flags;
}

#endif
