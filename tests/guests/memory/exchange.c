/*
 * guests/memory: XENMEM_exchange in every shape
 *
 * ABI: as many frames in as out; a chunk is traded or kept as a whole; what
 * was done is in nr_exchanged; the out list turns from pfns into mfns.
 */
#include <guest.h>
#include <xen/memory.h>

#define MANY 16

static u8 *page[MANY];
static u64 in[MANY], out[MANY];

/* MANY pages unmapped, so that only we ourselves hold their frames. */
static bool setup(void)
{
	unsigned int i;

	for (i = 0; i < MANY; i++) {
		if (!page[i])
			page[i] = page_alloc();
		in[i] = va_to_mfn(page[i]);
		out[i] = va_to_pfn(page[i]);
		if (va_map(page[i], 0))
			return false;
	}
	return true;
}

/* Pages as before, with what frames they have now. */
static void restore(void)
{
	unsigned int i;

	for (i = 0; i < MANY; i++)
		expect_eq(page_make_rw(page[i]), 0);
}

static void now_is(unsigned int i, u64 mfn)
{
	((u64 *)start_info->mfn_list)[va_to_pfn(page[i])] = mfn;
}

static struct xen_memory_exchange request(u64 n_in, u32 in_order, u64 n_out,
					  u32 out_order)
{
	struct xen_memory_exchange op = {
		.in = {.nr_extents = n_in,
		       .extent_order = in_order,
		       .domid = DOMID_SELF},
		.out = {.nr_extents = n_out,
			.extent_order = out_order,
			.domid = DOMID_SELF},
	};

	op.in.extent_start.p = in;
	op.out.extent_start.p = out;
	return op;
}

static long exchange(struct xen_memory_exchange *op)
{
	return hypercall(memory_op, XENMEM_exchange, op);
}

static long frames_held(void)
{
	domid_t self = DOMID_SELF;

	return hypercall(memory_op, XENMEM_current_reservation, &self);
}

PROMISE(exchange_makes_contiguous, "16 frames against one extent of order 4")
{
	struct xen_memory_exchange op = request(16, 0, 1, 4);
	long before = frames_held();
	unsigned int i;
	u64 old[MANY];

	require(setup());
	/* The out extent counts pfns on from the first: make them ours. */
	for (i = 1; i < MANY; i++)
		if (va_to_pfn(page[i]) != va_to_pfn(page[0]) + i)
			break;
	memcpy(old, in, sizeof(old));
	if (!expect_eq(exchange(&op), 0)) {
		restore();
		return;
	}
	expect_eq(op.nr_exchanged, 16);
	expect_eq(frames_held(), before);
	expect_eq(out[0] & 15, 0);
	for (i = 0; i < MANY; i++) {
		expect_eq(mfn_to_pfn(out[0] + i), va_to_pfn(page[0]) + i);
		expect_refused_as("the old frame",
				  va_map(page[i], old[i] << 12 | PTE_RO));
		now_is(i, out[0] + i);
		/* Names that fit our list. */
		expect_eq(pte_write((out[0] + i) << 12 | MMU_MACHPHYS_UPDATE,
				    va_to_pfn(page[i])),
			  0);
	}
	restore();
	for (i = 0; i < MANY; i++)
		expect(probe_write(page[i], i));
}

PROMISE(exchange_takes_apart, "one extent of order 4 against 16 frames")
{
	struct xen_memory_exchange op = request(1, 4, 16, 0);
	unsigned int i;

	require(setup());
	for (i = 1; i < MANY; i++)
		if (in[i] != in[0] + i) {
			restore();
			skip("the frames do not lie in a row");
		}
	if (expect_eq(exchange(&op), 0))
		for (i = 0; i < MANY; i++) {
			now_is(i, out[i]);
			expect_eq(mfn_to_pfn(out[i]), va_to_pfn(page[i]));
		}
	expect_eq(op.nr_exchanged, 1);
	restore();
}

PROMISE(exchange_lists_may_be_one, "in and out in the same memory: in place")
{
	struct xen_memory_exchange op = request(4, 0, 4, 0);
	unsigned int i;
	long before = frames_held();

	require(setup());
	/* What is taken as pfn is the number that stood there: an mfn. */
	op.out.extent_start.p = in;
	answer(exchange(&op));
	answer(op.nr_exchanged);
	expect_eq(frames_held(), before);
	for (i = 0; i < 4 && i < op.nr_exchanged; i++) {
		now_is(i, in[i]);
		expect_eq(pte_write(in[i] << 12 | MMU_MACHPHYS_UPDATE,
				    va_to_pfn(page[i])),
			  0);
	}
	restore();
}

PROMISE(exchange_lists_may_overlap, "the out list begins inside the in list")
{
	static u64 both[8];
	struct xen_memory_exchange op = request(4, 0, 4, 0);
	long before = frames_held();
	u64 n, i;

	require(setup());
	/* both: m0 m1 m2 m3 - -; results go to 2..5: m2 and m3 get lost. */
	for (i = 0; i < 4; i++)
		both[i] = in[i];
	both[4] = out[2];
	both[5] = out[3];
	op.in.extent_start.p = both;
	op.out.extent_start.p = both + 2;
	answer(exchange(&op));
	n = (u64)answer(op.nr_exchanged);
	expect_eq(frames_held(), before);
	require(n <= 4);
	/*
	 * The frames that chunks 0 and 1 put there are what 2 and 3 found, so
	 * those went again, and the old ones of 2 and 3 are still ours.
	 */
	require(n == 4);
	for (i = 0; i < 2; i++) {
		now_is((unsigned int)i, both[4 + i]);
		expect_eq(pte_write(both[4 + i] << 12 | MMU_MACHPHYS_UPDATE,
				    va_to_pfn(page[i])),
			  0);
	}
	restore();
}

PROMISE(exchange_of_one_frame_twice,
	"the same frame twice in the list: refused")
{
	struct xen_memory_exchange op = request(2, 0, 1, 1);
	long before = frames_held();

	require(setup());
	in[1] = in[0];
	expect_refused(exchange(&op));
	expect_eq(op.nr_exchanged, 0);
	expect_eq(frames_held(), before);
	restore(); /* the frame is still ours */
}

PROMISE(exchange_stops_at_a_bad_frame,
	"a frame of others: those before are done")
{
	struct xen_memory_exchange op = request(4, 0, 4, 0);
	long before = frames_held();

	require(setup());
	in[2] = 0xffffffff;
	expect_refused(exchange(&op));
	expect_eq(op.nr_exchanged, 2);
	expect_eq(frames_held(), before);
	now_is(0, out[0]);
	now_is(1, out[1]);
	restore();
}

PROMISE(exchange_is_all_or_nothing_in_a_chunk,
	"a bad frame of an extent: none of it is traded")
{
	struct xen_memory_exchange op = request(8, 0, 2, 2);
	long before = frames_held();
	unsigned int i;

	require(setup());
	in[6] = root_mfn();
	out[1] = va_to_pfn(page[4]);
	expect_refused(exchange(&op));
	expect_eq(op.nr_exchanged, 4);
	expect_eq(frames_held(), before);
	for (i = 0; i < 4; i++) {
		now_is(i, out[0] + i);
		expect_eq(pte_write((out[0] + i) << 12 | MMU_MACHPHYS_UPDATE,
				    va_to_pfn(page[i])),
			  0);
	}
	restore();
}

PROMISE(exchange_wants_frames_free, "mapped, pinned, loaded frames: refused")
{
	struct xen_memory_exchange op = request(1, 0, 1, 0);

	require(setup());
	restore(); /* mapped */
	expect_refused_as("mapped RW", exchange(&op));
	require(!page_make_ro(page[0]));
	expect_refused_as("mapped RO", exchange(&op));
	require(!mmuext(MMUEXT_PIN_L1_TABLE, in[0], 0));
	require(!va_map(page[0], 0));
	expect_refused_as("pinned", exchange(&op));
	require(!mmuext(MMUEXT_UNPIN_TABLE, in[0], 0));
	in[0] = root_mfn();
	expect_refused_as("a root", exchange(&op));
	in[0] = start_info->shared_info >> 12;
	expect_refused_as("shared_info", exchange(&op));
	restore();
}

PROMISE(exchange_below_an_address,
	"address_bits: the frame lies below, or none")
{
	struct xen_memory_exchange op = request(1, 0, 1, 0);
	unsigned int bits;

	for (bits = 32; bits >= 24; bits -= 4) {
		require(setup());
		op = request(1, 0, 1, 0);
		op.out.mem_flags = XENMEMF_address_bits(bits);
		if (!exchange(&op)) {
			expect(out[0] < 1UL << (bits - 12));
			now_is(0, out[0]);
		} else {
			expect_eq(op.nr_exchanged, 0);
		}
		restore();
	}
	require(setup());
	for (bits = 1; bits <= 13; bits += 4) {
		op = request(1, 0, 1, 0);
		op.out.mem_flags = XENMEMF_address_bits(bits);
		expect_refused_as("too few bits", exchange(&op));
	}
	restore();
}

PROMISE(exchange_refusals, "domids, orders, counts and pointers that are wrong")
{
	struct xen_memory_exchange op;

	require(setup());
	op = request(1, 0, 1, 0);
	op.out.domid = 0x1234;
	expect_refused_as("two domids", exchange(&op));
	op.in.domid = 0x1234;
	expect_refused_as("an absent domain", exchange(&op));
	op = request(1, 0, 1, 0);
	op.in.domid = op.out.domid = DOMID_IO;
	expect_refused_as("DOMID_IO", exchange(&op));
	op = request(1, 40, 1, 40);
	expect_refused_as("order 40", exchange(&op));
	op = request(1, 0, 1, 0);
	op.nr_exchanged = 2;
	expect_refused_as("more done than there is", exchange(&op));
	op = request(1, 0, 1, 0);
	op.in.extent_start.p = BAD_UNMAPPED;
	expect_refused_as("in list absent", exchange(&op));
	op = request(1, 0, 1, 0);
	op.in.extent_start.p = BAD_HYPERVISOR;
	expect_refused_as("in list the hypervisor's", exchange(&op));
	expect_refused_as("no argument",
			  hypercall(memory_op, XENMEM_exchange, BAD_UNMAPPED));
	op = request(0, 0, 0, 0);
	expect_eq(answer_as("nothing", exchange(&op)), 0);
	restore();
}
