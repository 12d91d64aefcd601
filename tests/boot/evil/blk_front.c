/*
 * evil/blk_front: a disk's front end that means harm to its back end
 *
 * Each promise misuses the device in one way and then, over a new connection,
 * reads what a good front end would read: the back end survived.
 */
#include "device.h"

#define RING_REF  20
#define DATA_REF  30
#define OTHER_REF 31
#define WILD_REF  400000000
#define DOM0	  0
#define NOBODY	  77
#define SLOTS	  32
#define MARK	  0x5a /* what the good disk is filled with */

#define OKAY	  0

static struct front f;
static struct ring_header *ring;
static struct blk_request *slot;
static u8 *data;

static bool connect(void)
{
	if (!f.dir && !front_find(&f, "vbd"))
		return false;
	if (!ring) {
		ring = page_alloc();
		data = page_alloc();
		slot = (void *)((u8 *)ring + RING_HEADER_BYTES);
	}
	if (!front_restart(&f))
		return false;
	memset(ring, 0, PAGE_SIZE);
	ring->req_event = ring->rsp_event = 1;
	grant(RING_REF, DOM0, ring, 0);
	grant(DATA_REF, DOM0, data, 0);
	front_put(&f, "ring-ref", text("%u", RING_REF));
	front_put(&f, "event-channel", text("%u", f.port));
	front_put(&f, "protocol", "x86_64-abi");
	front_state(&f, INITIALISED);
	if (!front_wait(&f, CONNECTED))
		return false;
	front_state(&f, CONNECTED);
	return true;
}

static struct blk_request *next_slot(void)
{
	struct blk_request *r = slot + ring->req_prod % SLOTS;

	memset(r, 0, sizeof(*r));
	r->id = ring->req_prod;
	r->nr_segments = 1;
	r->segment[0] = (struct blk_segment){.gref = DATA_REF, .last = 7};
	return r;
}

static void push(void)
{
	__sync_synchronize();
	ring->req_prod++;
	__sync_synchronize();
	event_send(f.port);
}

/* The answer to the request pushed last; a status no back end gives: none. */
static int reply(void)
{
	struct blk_answer *a;

	if (!wait_index(&ring->rsp_prod, ring->req_prod))
		return 1000;
	a = (void *)(slot + (ring->rsp_prod - 1) % SLOTS);
	return a->status;
}

static int ask(void)
{
	push();
	return reply();
}

static int read_good(void)
{
	int status;

	memset(data, 0, PAGE_SIZE);
	next_slot();
	status = ask();
	return status || data[0] == MARK ? status : 1001;
}

PROMISE(blk_good_request_is_served, "the back end serves us at all")
{
	require(connect());
	expect_eq(read_good(), OKAY);
}

PROMISE(blk_grants_that_are_none, "requests with wrong grants get errors")
{
	static const u32 refs[] = {DATA_REF + 100, NR_GRANTS + 5, WILD_REF,
				   ~0u};
	unsigned int i;

	require(connect());
	for (i = 0; i < ARRAY_SIZE(refs); i++) {
		next_slot()->segment[0].gref = refs[i];
		expect(ask() != OKAY);
	}
	grant(OTHER_REF, NOBODY, data, 0);
	next_slot()->segment[0].gref = OTHER_REF;
	expect(ask() != OKAY);
	grant(OTHER_REF, DOM0, data, GTF_readonly);
	next_slot()->segment[0].gref = OTHER_REF;
	expect(ask() != OKAY);
	grants()[OTHER_REF].frame = 1; /* a frame that is not ours */
	grants()[OTHER_REF].flags = GTF_permit_access;
	next_slot()->segment[0].gref = OTHER_REF;
	expect(ask() != OKAY);
	grant_end(OTHER_REF);
	expect_eq(read_good(), OKAY);
}

PROMISE(blk_requests_out_of_range, "wild sectors, segments and operations")
{
	struct blk_request *r;
	struct blk_indirect *in;
	unsigned int op;

	require(connect());
	next_slot()->sector = 1ul << 62;
	expect(ask() != OKAY);
	next_slot()->sector = ~0ul;
	expect(ask() != OKAY);
	next_slot()->segment[0].first = 7;
	slot[ring->req_prod % SLOTS].segment[0].last = 3;
	expect(ask() != OKAY);
	next_slot()->segment[0].last = 200;
	expect(ask() != OKAY);
	next_slot()->nr_segments = 255;
	expect(ask() != OKAY);
	for (op = 6; op < 256; op += 25) {
		r = next_slot();
		r->op = (u8)op;
		ask();
	}
	in = (void *)next_slot();
	in->op = BLK_INDIRECT;
	in->what = 77;
	in->nr_segments = 65535;
	expect(ask() != OKAY);
	in = (void *)next_slot();
	in->op = BLK_INDIRECT;
	in->nr_segments = 200;
	in->list[0] = WILD_REF;
	expect(ask() != OKAY);
	expect(connect());
	expect_eq(read_good(), OKAY);
}

PROMISE(blk_grants_revoked, "grants end while the back end uses them")
{
	unsigned int i;

	require(connect());
	for (i = 0; i < 200; i++) {
		grant(OTHER_REF, DOM0, data, 0);
		next_slot()->segment[0].gref = OTHER_REF;
		push();
		if (i % 3)
			hypercall(sched_op, 0, 0);
		grant_end(OTHER_REF);
		if (!expect_eq(reply() == 1000, 0))
			break;
	}
	expect(connect());
	expect_eq(read_good(), OKAY);
}

PROMISE(blk_ring_changes_while_read, "a request changes under the back end")
{
	unsigned int i, n;

	require(connect());
	for (i = 0; i < 100; i++) {
		struct blk_request *r = next_slot();

		push();
		for (n = 0; n < 200; n++) {
			WRITE_ONCE(r->nr_segments, (u8)n);
			WRITE_ONCE(r->segment[0].gref, n * 77);
		}
		hypercall(sched_op, 0, 0);
		if (reply() == 1000)
			break;
	}
	expect(connect());
	expect_eq(read_good(), OKAY);
}

PROMISE(blk_indices_out_of_range, "more requests than the ring has slots")
{
	static const u32 jumps[] = {SLOTS + 1, 4000, 0x7fffffff, 0x80000000,
				    0xffffffff};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(jumps); i++) {
		require(connect());
		WRITE_ONCE(ring->req_prod, ring->req_prod + jumps[i]);
		event_send(f.port);
		sleep_ns(50 * MS);
		event_send(f.port);
		WRITE_ONCE(ring->rsp_prod, 12345);
		WRITE_ONCE(ring->rsp_event, 1u << 31);
		event_send(f.port);
		sleep_ns(50 * MS);
	}
	expect(connect());
	expect_eq(read_good(), OKAY);
}

PROMISE(blk_ring_is_taken_away, "the ring's grants end while it is used")
{
	require(connect());
	grant_end(RING_REF);
	next_slot();
	push();
	sleep_ns(50 * MS);
	expect(connect());
	expect_eq(read_good(), OKAY);
}

PROMISE(blk_states_out_of_order, "the state node jumps at every state")
{
	require(front_jump_states(&f, connect));
	expect(connect());
	expect_eq(read_good(), OKAY);
}

struct wrong {
	const char *node, *value;
};

static const struct wrong wrongs[] = {
	{"ring-ref", "0"},
	{"ring-ref", "511"},
	{"ring-ref", "4294967295"},
	{"ring-ref", "-1"},
	{"ring-ref", "many"},
	{"ring-ref", ""},
	{"event-channel", "0"},
	{"event-channel", "1"},
	{"event-channel", "4095"},
	{"event-channel", "4294967295"},
	{"event-channel", "x"},
	{"protocol", "morse"},
	{"protocol", ""},
	{"ring-page-order", "60"},
	{"ring-page-order", "1"},
	{"multi-queue-num-queues", "4000000000"},
	{"multi-queue-num-queues", "2"},
	{"feature-persistent", "9"},
};

PROMISE(blk_wrong_nodes, "every node with values that cannot be")
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wrongs); i++) {
		require(connect());
		require(front_restart(&f));
		front_put(&f, "ring-ref", text("%u", RING_REF));
		front_put(&f, "event-channel", text("%u", f.port));
		front_put(&f, "protocol", "x86_64-abi");
		front_put(&f, wrongs[i].node, wrongs[i].value);
		front_state(&f, INITIALISED);
		sleep_ns(30 * MS);
		store_rm(text("%s/%s", f.dir, wrongs[i].node));
	}
	require(front_restart(&f));
	front_state(&f, INITIALISED); /* with nodes missing */
	sleep_ns(30 * MS);
	expect(connect());
	expect_eq(read_good(), OKAY);
}

PROMISE(blk_endless_events, "events without end and without requests")
{
	unsigned int i;

	require(connect());
	for (i = 0; i < 20000; i++)
		event_send(f.port);
	expect_eq(read_good(), OKAY);
}

PROMISE(blk_endless_requests, "more bad requests than anybody wants")
{
	u64 end = system_time() + 2000 * MS;
	unsigned int i;

	require(connect());
	while (system_time() < end) {
		for (i = 0; i < SLOTS; i++) {
			next_slot()->segment[0].gref = WILD_REF + i;
			ring->req_prod++;
		}
		event_send(f.port);
		if (!expect_eq(reply() == 1000, 0))
			break;
	}
	expect(connect());
	expect_eq(read_good(), OKAY);
}

/* Last: the domain ends with its requests. */
PROMISE(blk_vanishes, "its front end ends in the middle of its requests")
{
	unsigned int i;

	require(connect());
	for (i = 0; i < SLOTS; i++) {
		next_slot();
		ring->req_prod++;
	}
	event_send(f.port);
}

/* These are asked for by themselves. */

PROMISE(clings_blk, "its front end never lets go")
{
	require(connect());
	printf("clinging\n");
	for (;;)
		sleep_ns(100 * MS);
}

PROMISE(ends_blk, "a state that is none, with which its back end goes")
{
	unsigned int n = (unsigned int)option_number("n", 0);

	require(connect());
	next_slot();
	push();
	front_put(&f, "state", state_ends[n % NR_ENDS]);
	sleep_ns(100 * MS);
	front_state(&f, INITIALISING);
	front_state(&f, CONNECTED);
	sleep_ns(100 * MS);
}
