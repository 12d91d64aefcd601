/*
 * emul/store_test.c: every store form against the processor itself
 *
 * Each instruction runs twice from the same registers and memory: natively,
 * in a page of executable memory, and through the decoder. Registers, memory
 * and defined flags must agree.
 */
#include <check.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <hv/cpu.h>
#include <hv/emul.h>

struct ctx {
	u64 rax, rcx, rdx, rbx, r8, flags;
};

/* r11 = ctx; the slot of 16 bytes is patched with the instruction */
__asm__(".pushsection .rodata\n"
	"thunk: push %rbx\n"
	"	mov %rdi, %r11\n"
	"	mov (%r11), %rax\n"
	"	mov 8(%r11), %rcx\n"
	"	mov 16(%r11), %rdx\n"
	"	mov 24(%r11), %rbx\n"
	"	mov 32(%r11), %r8\n"
	"	push 40(%r11)\n"
	"	popf\n"
	"thunk_slot: .fill 16, 1, 0x90\n"
	"	pushf\n"
	"	pop 40(%r11)\n"
	"	mov %rax, (%r11)\n"
	"	mov %rcx, 8(%r11)\n"
	"	mov %rdx, 16(%r11)\n"
	"	mov %rbx, 24(%r11)\n"
	"	mov %r8, 32(%r11)\n"
	"	pop %rbx\n"
	"	ret\n"
	"thunk_end:\n"
	".popsection\n");
extern const u8 thunk[], thunk_slot[], thunk_end[];

struct insn_case {
	const char *name;
	const char *bytes;
	unsigned int len;
};

#define I(name, b)                     \
	{                              \
		name, b, sizeof(b) - 1 \
	}

/* The operand is at 64(%r8) or near it. */
static const struct insn_case cases[] = {
	I("mov %rdx, 64(%r8)", "\x49\x89\x50\x40"),
	I("mov %edx, 64(%r8)", "\x41\x89\x50\x40"),
	I("mov %dx, 64(%r8)", "\x66\x41\x89\x50\x40"),
	I("mov %dl, 64(%r8)", "\x41\x88\x50\x40"),
	I("movq $imm, 64(%r8)", "\x49\xc7\x40\x40\x78\x56\x34\x92"),
	I("movl $imm, 64(%r8)", "\x41\xc7\x40\x40\x78\x56\x34\x92"),
	I("movb $imm, 64(%r8)", "\x41\xc6\x40\x40\x9a"),
	I("mov %rdx, (%r8,%rcx,8)", "\x49\x89\x14\xc8"),
	I("mov %rdx, 0x40(%r8,%rcx,4)", "\x49\x89\x54\x88\x40"),
	I("xchg %rdx, 64(%r8)", "\x49\x87\x50\x40"),
	I("xchg %edx, 64(%r8)", "\x41\x87\x50\x40"),
	I("xchg %dl, 64(%r8)", "\x41\x86\x50\x40"),
	I("lock cmpxchg %rdx, 64(%r8)", "\xf0\x49\x0f\xb1\x50\x40"),
	I("lock cmpxchg %edx, 64(%r8)", "\xf0\x41\x0f\xb1\x50\x40"),
	I("cmpxchg %dl, 64(%r8)", "\x41\x0f\xb0\x50\x40"),
	I("lock andb $0xfd, 64(%r8)", "\xf0\x41\x80\x60\x40\xfd"),
	I("lock andq $-3, 64(%r8)", "\xf0\x49\x83\x60\x40\xfd"),
	I("lock andl $imm, 64(%r8)", "\xf0\x41\x81\x60\x40\xff\x0f\x00\x80"),
	I("and %rdx, 64(%r8)", "\x49\x21\x50\x40"),
	I("lock orb $0x42, 64(%r8)", "\xf0\x41\x80\x48\x40\x42"),
	I("lock or %rdx, 64(%r8)", "\xf0\x49\x09\x50\x40"),
	I("lock btrq $5, 64(%r8)", "\xf0\x49\x0f\xba\x70\x40\x05"),
	I("lock btsl $6, 64(%r8)", "\xf0\x41\x0f\xba\x68\x40\x06"),
	I("lock btcq $63, 64(%r8)", "\xf0\x49\x0f\xba\x78\x40\x3f"),
	I("lock btr %rcx, 64(%r8)", "\xf0\x49\x0f\xb3\x48\x40"),
	I("lock bts %ecx, 64(%r8)", "\xf0\x41\x0f\xab\x48\x40"),
	I("btc %rcx, 64(%r8)", "\x49\x0f\xbb\x48\x40"),
};

/* Flags each operation defines. */
static u64 defined_flags(enum store_op op)
{
	switch (op) {
	case STORE_CMPXCHG:
		return 0x8d5;
	case STORE_AND:
	case STORE_OR:
		return 0x8c5;
	case STORE_BTS:
	case STORE_BTR:
	case STORE_BTC:
		return 0x1;
	default:
		return 0x8d5;
	}
}

static u8 *code;
static u64 native_mem[64], emul_mem[64];

static void setup(void)
{
	code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(code, MAP_FAILED);
	memcpy(code, thunk, (size_t)(thunk_end - thunk));
}

static void teardown(void)
{
	munmap(code, 4096);
}

static void run_native(const struct insn_case *c, struct ctx *x)
{
	u8 *slot = code + (thunk_slot - thunk);
	void (*fn)(struct ctx *);

	memset(slot, 0x90, 16);
	memcpy(slot, c->bytes, c->len);
	memcpy(&fn, &code, sizeof(fn));
	fn(x);
}

static void run_emulated(const struct insn_case *c, struct ctx *x, u64 *defined)
{
	struct cpu_user_regs r = {.rip = 0x1000};
	struct store s;
	u64 old = 0, new;

	r.rax = x->rax;
	r.rcx = x->rcx;
	r.rdx = x->rdx;
	r.rbx = x->rbx;
	r.r8 = x->r8;
	r.rflags = x->flags;
	ck_assert_msg(
		!emul_decode_store((const u8 *)c->bytes, c->len, &r, 0, 0, &s),
		"%s: refused", c->name);
	ck_assert_uint_eq(s.len, c->len);
	ck_assert(s.ea >= (u64)emul_mem &&
		  s.ea + s.bytes <= (u64)(emul_mem + 64));
	memcpy(&old, (void *)s.ea, s.bytes);
	new = emul_store_value(&s, &r, old);
	memcpy((void *)s.ea, &new, s.bytes);
	emul_store_finish(&s, &r, old);
	ck_assert_uint_eq(r.rip, 0x1000 + c->len);
	x->rax = r.rax;
	x->rcx = r.rcx;
	x->rdx = r.rdx;
	x->rbx = r.rbx;
	x->flags = r.rflags;
	*defined = defined_flags(s.op);
}

static u64 rnd(void)
{
	return (u64)random() << 42 ^ (u64)random() << 21 ^ (u64)random();
}

static void one(const struct insn_case *c)
{
	struct ctx n, e;
	u64 defined;
	unsigned int i;

	for (i = 0; i < 64; i++)
		native_mem[i] = emul_mem[i] = rnd();
	n.rax = random() & 1 ? native_mem[8] : rnd();
	n.rcx = (u64)random() % 16; /* index or bit number: in range */
	n.rdx = rnd();
	n.rbx = rnd();
	n.r8 = (u64)native_mem;
	n.flags = 0x202 | ((u64)random() & 0x8d5);
	e = n;
	e.r8 = (u64)emul_mem;
	run_native(c, &n);
	run_emulated(c, &e, &defined);
	ck_assert_msg(!memcmp(native_mem, emul_mem, sizeof(emul_mem)),
		      "%s: memory differs", c->name);
	ck_assert_msg(n.rax == e.rax && n.rcx == e.rcx && n.rdx == e.rdx &&
			      n.rbx == e.rbx,
		      "%s: registers differ", c->name);
	ck_assert_msg(!((n.flags ^ e.flags) & defined),
		      "%s: flags %lx, want %lx", c->name,
		      (unsigned long)e.flags, (unsigned long)n.flags);
}

START_TEST(agrees_with_the_processor)
{
	unsigned int i;

	for (i = 0; i < 2000; i++)
		one(&cases[_i]);
}
END_TEST

START_TEST(refuses_what_is_no_store)
{
	static const struct insn_case bad[] = {
		I("mov %rax, %rdx", "\x48\x89\xc2"),
		I("mov (%r8), %rdx", "\x49\x8b\x10"),
		I("add %rdx, (%r8)", "\x49\x01\x10"),
		I("xadd %rdx, (%r8)", "\x49\x0f\xc1\x10"),
		I("subq $1, (%r8)", "\x49\x83\x28\x01"),
		I("lock mov", "\xf0\x49\x89\x10"),
		I("btq $5, (%r8)", "\x49\x0f\xba\x20\x05"),
		I("addr32 mov", "\x67\x89\x10"),
	};
	struct cpu_user_regs r = {0};
	struct store s;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_msg(emul_decode_store((const u8 *)bad[i].bytes,
						bad[i].len, &r, 0, 0,
						&s) == -EINVAL,
			      "%s: accepted", bad[i].name);
}
END_TEST

START_TEST(asks_for_more_bytes)
{
	struct cpu_user_regs r = {0};
	const struct insn_case *c = &cases[_i];
	struct store s;
	unsigned int n;

	for (n = 0; n < c->len; n++)
		ck_assert_int_eq(emul_decode_store((const u8 *)c->bytes, n, &r,
						   0, 0, &s),
				 -EFAULT);
}
END_TEST

START_TEST(applies_segment_and_rip_bases)
{
	struct cpu_user_regs r = {.rip = 0x5000, .rdx = 7};
	struct store s;

	/* mov %rdx, %gs:0x10(%rdx); mov %rdx, 0x100(%rip) */
	ck_assert(!emul_decode_store((const u8 *)"\x65\x48\x89\x52\x10", 5, &r,
				     0x1000, 0x2000, &s));
	ck_assert_uint_eq(s.ea, 0x2000 + 7 + 0x10);
	ck_assert(!emul_decode_store((const u8 *)"\x48\x89\x15\x00\x01\x00\x00",
				     7, &r, 0x1000, 0x2000, &s));
	ck_assert_uint_eq(s.ea, 0x5000 + 7 + 0x100);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("emul/store");
	TCase *tc = tcase_create("decode");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, agrees_with_the_processor, 0,
			    ARRAY_SIZE(cases));
	tcase_add_loop_test(tc, asks_for_more_bytes, 0, ARRAY_SIZE(cases));
	tcase_add_test(tc, refuses_what_is_no_store);
	tcase_add_test(tc, applies_segment_and_rip_bases);
	suite_add_tcase(suite, tc);
	sr = srunner_create(suite);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
