/*
 * tests/fuzz/fuzz_emul.c: the decoder of emulated stores
 *
 * Input: 16 bytes that spread over the registers, then at most 15 bytes of
 * code, which lie at the end of their buffer. What is decoded must not depend
 * on the bytes behind the instruction, and no fewer than its own will do.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <hv/cpu.h>
#include <hv/emul.h>

#define MAX_INSN 15
#define HEAD	 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int condition)
{
	if (!condition)
		abort();
}

static void fill(struct cpu_user_regs *regs, const uint8_t *seed)
{
	u64 *word = (u64 *)(void *)regs;
	unsigned int i;

	memset(regs, 0, sizeof(*regs));
	for (i = 0; i < sizeof(*regs) / sizeof(u64); i++)
		word[i] = (u64)(int8_t)seed[i % HEAD]
			  << seed[(i + 3) % HEAD] % 64;
	regs->rflags = 0x202;
}

static int decode(const uint8_t *insn, size_t n, struct cpu_user_regs *regs,
		  struct store *s)
{
	uint8_t *copy = malloc(n ? n : 1); /* no byte behind it */
	int rc;

	must(copy != NULL);
	memcpy(copy, insn, n);
	memset(s, 0, sizeof(*s));
	rc = emul_decode_store(copy, n, regs, 0x10000, 0x20000, s);
	free(copy);
	return rc;
}

static bool same(const struct store *a, const struct store *b)
{
	return a->op == b->op && a->len == b->len && a->bytes == b->bytes &&
	       a->ea == b->ea && a->src == b->src && a->dst_reg == b->dst_reg &&
	       a->high_byte == b->high_byte;
}

static bool is_register(const struct cpu_user_regs *regs, const u64 *p)
{
	return !p || ((const u8 *)p >= (const u8 *)regs &&
		      (const u8 *)p < (const u8 *)(regs + 1));
}

/* Only rip, flags and the register named may change. */
static void run(const struct store *s, struct cpu_user_regs *regs, u64 old)
{
	struct cpu_user_regs was = *regs;
	u64 mask = s->bytes == 8 ? ~0ull : (1ull << s->bytes * 8) - 1;
	u64 *dst = s->op == STORE_CMPXCHG ? &regs->rax : s->dst_reg;
	u64 i = dst ? (u64)(dst - (u64 *)(void *)regs) : ~0ull;
	u64 *now = (u64 *)(void *)regs, *before = (u64 *)(void *)&was, k;

	must((emul_store_value(s, regs, old & mask) & ~mask) == 0);
	emul_store_finish(s, regs, old & mask);
	must(regs->rip == was.rip + s->len);
	regs->rip = was.rip;
	must(((regs->rflags ^ was.rflags) & ~0x8d5ull) == 0);
	regs->rflags = was.rflags;
	for (k = 0; k < sizeof(was) / sizeof(u64); k++)
		must(k == i || now[k] == before[k]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cpu_user_regs regs;
	struct store s, again;
	size_t n, k;

	if (size <= HEAD)
		return 0;
	fill(&regs, data);
	n = size - HEAD < MAX_INSN ? size - HEAD : MAX_INSN;
	if (decode(data + HEAD, n, &regs, &s))
		return 0;
	must(s.len > 0 && s.len <= n);
	must(s.bytes == 1 || s.bytes == 2 || s.bytes == 4 || s.bytes == 8);
	must(is_register(&regs, s.dst_reg));
	must(!decode(data + HEAD, s.len, &regs, &again) && same(&s, &again));
	for (k = 0; k < s.len; k++)
		must(decode(data + HEAD, k, &regs, &again) != 0);
	run(&s, &regs, data[0] * 0x0101010101010101ull);
	return 0;
}
