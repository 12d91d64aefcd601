/*
 * evil/net_front: a network's front end that means harm to its back end
 *
 * As blk_front: after each misuse a packet passes over a new connection.
 */
#include "device.h"

#define TX_REF	  40
#define RX_REF	  41
#define DATA_REF  42
#define OTHER_REF 43
#define WILD_REF  400000000
#define BUF_REF	  50 /* and on: what the back end may fill */
#define NR_BUFS	  64
#define DOM0	  0
#define NOBODY	  77
#define SLOTS	  256
#define PACKET	  60
#define OKAY	  0
#define SILENT	  1000

static struct front f;
static struct ring_header *tx, *rx;
static struct net_tx *tx_slot;
static struct net_rx *rx_slot;
static u8 *data;

static void *slots(struct ring_header *ring)
{
	return (u8 *)ring + RING_HEADER_BYTES;
}

static void make_pages(void)
{
	tx = page_alloc();
	rx = page_alloc();
	data = page_alloc();
	tx_slot = slots(tx);
	rx_slot = slots(rx);
	/* To everybody, from us, of a kind nobody listens to. */
	memset(data, 0xff, 6);
	memcpy(data + 6, "\x00\x16\x3e\x0e\x11\x66", 6);
	memcpy(data + 12, "\x88\xb5", 2);
}

static void fresh_ring(struct ring_header *ring, u32 ref)
{
	memset(ring, 0, PAGE_SIZE);
	ring->req_event = ring->rsp_event = 1;
	grant(ref, DOM0, ring, 0);
}

static void put_nodes(void)
{
	front_put(&f, "tx-ring-ref", text("%u", TX_REF));
	front_put(&f, "rx-ring-ref", text("%u", RX_REF));
	front_put(&f, "event-channel", text("%u", f.port));
	front_put(&f, "request-rx-copy", "1");
	front_put(&f, "feature-rx-notify", "1");
	front_put(&f, "feature-sg", "1");
	front_put(&f, "feature-gso-tcpv4", "1");
}

static bool connect(void)
{
	if (!f.dir && !front_find(&f, "vif"))
		return false;
	if (!tx)
		make_pages();
	if (!front_restart(&f))
		return false;
	fresh_ring(tx, TX_REF);
	fresh_ring(rx, RX_REF);
	grant(DATA_REF, DOM0, data, 0);
	put_nodes();
	front_state(&f, CONNECTED);
	return front_wait(&f, CONNECTED);
}

static struct net_tx *next_slot(void)
{
	struct net_tx *r = tx_slot + tx->req_prod % SLOTS;

	*r = (struct net_tx){.gref = DATA_REF,
			     .id = (u16)(tx->req_prod % SLOTS),
			     .size = PACKET};
	tx->req_prod++;
	return r;
}

static void push(void)
{
	__sync_synchronize();
	event_send(f.port);
}

static int reply(void)
{
	if (!wait_index(&tx->rsp_prod, tx->req_prod))
		return SILENT;
	return ((struct net_tx_answer *)(tx_slot + (tx->rsp_prod - 1) % SLOTS))
		->status;
}

static int ask(void)
{
	push();
	return reply();
}

static int send_good(void)
{
	next_slot();
	return ask();
}

PROMISE(net_good_packet_is_sent, "the back end serves us at all")
{
	require(connect());
	expect_eq(send_good(), OKAY);
}

PROMISE(net_grants_that_are_none, "packets with wrong grants get errors")
{
	static const u32 refs[] = {DATA_REF + 200, NR_GRANTS + 5, WILD_REF,
				   ~0u};
	unsigned int i;

	require(connect());
	for (i = 0; i < ARRAY_SIZE(refs); i++) {
		next_slot()->gref = refs[i];
		expect(ask() != OKAY);
	}
	grant(OTHER_REF, NOBODY, data, 0);
	next_slot()->gref = OTHER_REF;
	expect(ask() != OKAY);
	grants()[OTHER_REF].frame = 1;
	next_slot()->gref = OTHER_REF;
	expect(ask() != OKAY);
	grant_end(OTHER_REF);
	expect_eq(send_good(), OKAY);
}

PROMISE(net_packets_of_every_shape, "small, many-part and odd packets")
{
	static const u8 count[] = {2, 10, 17};
	struct net_extra multicast = {2, 0, {1, 2, 3, 4, 5}};
	unsigned int i, n;

	require(connect());
	for (i = 0; i < 14; i++) {
		next_slot()->size = (u16)i;
		expect(ask() != OKAY);
	}
	for (n = 0; n < ARRAY_SIZE(count); n++) {
		for (i = 0; i < count[n]; i++) {
			next_slot()->flags = NET_MORE;
			tx_slot[(tx->req_prod - 1) % SLOTS].size =
				i ? 10 : 1000;
		}
		next_slot();
		expect(ask() != SILENT);
	}
	next_slot()->flags = NET_EXTRA | NET_CSUM_BLANK;
	memcpy(next_slot(), &multicast, sizeof(multicast));
	push();
	sleep_ns(30 * MS);
	expect(connect());
	expect_eq(send_good(), OKAY);
}

PROMISE(net_grants_revoked, "grants end while the back end uses them")
{
	unsigned int i;

	require(connect());
	for (i = 0; i < 200; i++) {
		grant(OTHER_REF, DOM0, data, 0);
		next_slot()->gref = OTHER_REF;
		push();
		if (i % 3)
			hypercall(sched_op, 0, 0);
		grant_end(OTHER_REF);
		if (!expect_eq(reply() == SILENT, 0))
			break;
	}
	expect(connect());
	expect_eq(send_good(), OKAY);
}

/* Buffers for what the bridge floods to us, of a kind that @n says. */
static void offer(unsigned int n)
{
	static const u32 refs[] = {DATA_REF, OTHER_REF, WILD_REF, 0};
	unsigned int i;

	for (i = 0; i < NR_BUFS; i++) {
		struct net_rx *r = rx_slot + rx->req_prod % SLOTS;

		*r = (struct net_rx){.id = (u16)(n * 9999 + i),
				     .gref = refs[n % 4]};
		rx->req_prod++;
	}
	push();
	sleep_ns(200 * MS);
}

PROMISE(net_buffers_that_are_none, "wrong buffers for what arrives")
{
	unsigned int i;

	grant(OTHER_REF, DOM0, data, GTF_readonly);
	for (i = 0; i < 4; i++) {
		require(connect());
		offer(i);
	}
	grant_end(OTHER_REF);
	expect(connect());
	expect_eq(send_good(), OKAY);
}

PROMISE(net_buffers_out_of_range, "more buffers than the ring has slots")
{
	static const u32 jumps[] = {SLOTS + 1, 4000, 0x7fffffff, 0x80000000,
				    0xffffffff};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(jumps); i++) {
		require(connect());
		WRITE_ONCE(rx->req_prod, rx->req_prod + jumps[i]);
		WRITE_ONCE(rx->rsp_prod, 54321);
		WRITE_ONCE(tx->rsp_event, 1u << 31);
		push();
		sleep_ns(100 * MS);
	}
	expect(connect());
	expect_eq(send_good(), OKAY);
}

PROMISE(net_states_out_of_order, "the state node jumps at every state")
{
	require(front_jump_states(&f, connect));
	expect(connect());
	expect_eq(send_good(), OKAY);
}

static const struct wrong {
	const char *node, *value;
} wrongs[] = {
	{"tx-ring-ref", "0"},
	{"tx-ring-ref", "4294967295"},
	{"tx-ring-ref", "many"},
	{"rx-ring-ref", "511"},
	{"rx-ring-ref", "-1"},
	{"event-channel", "0"},
	{"event-channel", "1"},
	{"event-channel", "4095"},
	{"event-channel", "4294967295"},
	{"event-channel", ""},
	{"event-channel-tx", "3"},
	{"request-rx-copy", "0"},
	{"request-rx-copy", "x"},
	{"multi-queue-num-queues", "4000000000"},
	{"multi-queue-num-queues", "0"},
	{"multi-queue-num-queues", "1"},
	{"ctrl-ring-ref", "4294967295"},
	{"ctrl-ring-ref", "20"},
	{"feature-gso-tcpv4-prefix", "1"},
	{"feature-multicast-control", "-1"},
	{"request-multicast-control", "1"},
	{"xdp-headroom", "65535"},
};

PROMISE(net_wrong_nodes, "every node with values that cannot be")
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wrongs); i++) {
		require(connect());
		require(front_restart(&f));
		put_nodes();
		front_put(&f, wrongs[i].node, wrongs[i].value);
		front_state(&f, CONNECTED);
		sleep_ns(30 * MS);
		store_rm(text("%s/%s", f.dir, wrongs[i].node));
	}
	require(front_restart(&f));
	store_rm(text("%s/event-channel", f.dir));
	front_state(&f, CONNECTED);
	sleep_ns(30 * MS);
	expect(connect());
	expect_eq(send_good(), OKAY);
}

PROMISE(net_endless_events, "events without end and without packets")
{
	unsigned int i;

	require(connect());
	for (i = 0; i < 20000; i++)
		event_send(f.port);
	expect_eq(send_good(), OKAY);
}

PROMISE(net_endless_packets, "more bad packets than anybody wants")
{
	u64 end = system_time() + 2000 * MS;
	unsigned int i;

	require(connect());
	while (system_time() < end) {
		for (i = 0; i < SLOTS; i++)
			next_slot()->gref = WILD_REF + i;
		if (!expect_eq(ask() == SILENT, 0))
			break;
	}
	expect(connect());
	expect_eq(send_good(), OKAY);
}

/* Last: the domain ends with its packets and buffers. */
PROMISE(net_vanishes, "its front end ends in the middle of its packets")
{
	unsigned int i;

	require(connect());
	offer(0);
	for (i = 0; i < SLOTS; i++)
		next_slot();
	push();
}

/* These are asked for by themselves: the back end switches the device off. */

static void parts_without_end(void)
{
	unsigned int i;

	for (i = 0; i < 200; i++) {
		next_slot()->flags = NET_MORE;
		tx_slot[(tx->req_prod - 1) % SLOTS].size = 10;
	}
}

static void crosses_its_page(void)
{
	next_slot()->size = 4000;
	tx_slot[(tx->req_prod - 1) % SLOTS].offset = 4090;
}

static void with_extra(struct net_extra extra)
{
	next_slot()->flags = NET_EXTRA;
	memcpy(next_slot(), &extra, sizeof(extra));
}

static void segments_of_no_bytes(void)
{
	with_extra((struct net_extra){1, 0, {0, 0, 1}});
}

static void segments_of_no_protocol(void)
{
	with_extra((struct net_extra){1, 0, {100, 0, 99}});
}

static void unknown_extra(void)
{
	with_extra((struct net_extra){255, 255, {255}});
}

static void extra_is_missing(void)
{
	next_slot()->flags = NET_EXTRA;
}

static void changes_while_read(void)
{
	unsigned int i, n;

	for (i = 0; i < 100; i++) {
		struct net_tx *r = next_slot();

		push();
		for (n = 0; n < 200; n++) {
			WRITE_ONCE(r->size, (u16)(n * 331));
			WRITE_ONCE(r->gref, n * 77);
			WRITE_ONCE(r->flags, (u16)n);
		}
		hypercall(sched_op, 0, 0);
	}
}

static void too_many(void)
{
	WRITE_ONCE(tx->req_prod, tx->req_prod + SLOTS + 1);
}

static void very_many(void)
{
	WRITE_ONCE(tx->req_prod, tx->req_prod + 0x80000000);
}

static void ring_without_grant(void)
{
	grant_end(TX_REF);
	grant_end(RX_REF);
	next_slot();
}

static void (*const fatal[])(void) = {
	parts_without_end,	 crosses_its_page, segments_of_no_bytes,
	segments_of_no_protocol, unknown_extra,	   extra_is_missing,
	changes_while_read,	 too_many,	   very_many,
	ring_without_grant,
};

PROMISE(ends_net, "what no back end can forgive")
{
	unsigned int n = (unsigned int)option_number("n", 0);

	require(connect());
	if (n < ARRAY_SIZE(fatal)) {
		fatal[n]();
		push();
	} else {
		next_slot();
		push();
		front_put(&f, "state", state_ends[n % NR_ENDS]);
	}
	sleep_ns(200 * MS);
	push();
	front_state(&f, INITIALISING);
	front_state(&f, CONNECTED);
	sleep_ns(100 * MS);
}
