/*
 * evil/back: back ends of a disk and a network that mean harm to their front
 * ends, stock Linux, and to the tools that wait for them
 *
 * `attack=` on the command line names a row of the table below.
 */
#include <xen/sched.h>
#include "device.h"

#define ATTACK_NS    (6 * 1000 * MS)
#define GOOD_NS	     (4 * 1000 * MS)
#define BLK_SLOTS    32
#define NET_SLOTS    256
#define WAIT_SECONDS 400

enum phase { LOOKING, WAITING, RUNNING };

struct ring {
	struct ring_header *page;
	u32 cons; /* requests taken */
};

struct back {
	const char *kind;
	enum phase phase;
	char dir[STORE_PATH], front[STORE_PATH];
	u16 domid;
	u32 port;
	struct ring ring, rx; /* a disk has one */
};

struct attack {
	const char *name;
	void (*publish)(struct back *b);
	void (*blk)(struct back *b);
	void (*net)(struct back *b);
};

static const struct attack *attack;
static struct back blk = {.kind = "vbd"}, net = {.kind = "vif"};

/* -- nodes --------------------------------------------------------------- */

static void put(struct back *b, const char *node, const char *value)
{
	store_write(text("%s/%s", b->dir, node), value);
}

static bool is_blk(const struct back *b)
{
	return b->kind[1] == 'b';
}

static void publish_good(struct back *b)
{
	if (is_blk(b)) {
		put(b, "sectors", "2048");
		put(b, "info", "0");
		put(b, "sector-size", "512");
	} else {
		put(b, "feature-rx-copy", "1");
		put(b, "feature-sg", "1");
	}
	put(b, "state", "2");
	put(b, "hotplug-status", "connected");
}

static void publish_lies(struct back *b)
{
	static const char *const nodes[] = {"max-ring-page-order",
					    "multi-queue-max-queues",
					    "feature-max-indirect-segments",
					    "feature-persistent",
					    "feature-discard",
					    "discard-granularity",
					    "discard-alignment",
					    "discard-secure",
					    "feature-flush-cache",
					    "feature-barrier",
					    "feature-gso-tcpv4",
					    "feature-gso-tcpv6",
					    "feature-ipv6-csum-offload",
					    "feature-multicast-control",
					    "feature-ctrl-ring",
					    "feature-split-event-channels",
					    "feature-xdp-headroom",
					    "mtu"};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(nodes); i++)
		put(b, nodes[i], "4294967295");
	publish_good(b);
	if (is_blk(b)) {
		put(b, "sectors", "18446744073709551615");
		put(b, "info", "4294967295");
	}
}

static void publish_nothing(struct back *b)
{
	(void)b;
}

static void publish_refusal(struct back *b)
{
	put(b, "state", "2");
	put(b, "hotplug-error",
	    "two\nlines, and \033[2J\007 for your terminal");
	put(b, "hotplug-status", "error");
}

static void publish_half(struct back *b)
{
	put(b, "state", "2");
}

static void publish_end(struct back *b)
{
	put(b, "state", "6");
}

/* Every state from every state, numbers and other things. */
static void publish_states(struct back *b)
{
	unsigned int i, j;

	publish_good(b);
	for (i = 0; i < NR_JUMPS; i++) {
		for (j = 0; j < NR_JUMPS; j++) {
			put(b, "state", state_jumps[i]);
			put(b, "state", state_jumps[j]);
			put(b, "hotplug-status", "");
			sleep_ns(5 * MS);
		}
	}
	for (i = 0; i < NR_ENDS; i++) {
		put(b, "state", state_ends[i]);
		sleep_ns(5 * MS);
	}
	publish_good(b);
}

/* -- answers -------------------------------------------------------------- */

static void *slot(struct ring *r, u32 index, size_t size, u32 count)
{
	return (u8 *)r->page + RING_HEADER_BYTES + index % count * size;
}

static void answer_blk(struct back *b, u64 id)
{
	struct ring *r = &b->ring;
	struct blk_answer *a = slot(r, r->page->rsp_prod,
				    sizeof(struct blk_request), BLK_SLOTS);

	*a = (struct blk_answer){.id = id};
	__sync_synchronize();
	r->page->rsp_prod++;
	event_send(b->port);
}

static void answer_tx(struct back *b, u16 id)
{
	struct ring *r = &b->ring;
	struct net_tx_answer *a =
		slot(r, r->page->rsp_prod, sizeof(struct net_tx), NET_SLOTS);

	*a = (struct net_tx_answer){.id = id};
	__sync_synchronize();
	r->page->rsp_prod++;
	event_send(b->port);
}

static void answer_rx(struct back *b, struct net_rx_answer answer)
{
	struct ring *r = &b->rx;
	struct net_rx_answer *a =
		slot(r, r->page->rsp_prod, sizeof(struct net_rx), NET_SLOTS);

	*a = answer;
	__sync_synchronize();
	r->page->rsp_prod++;
	event_send(b->port);
}

/* The next request, NULL without one. */
static void *take(struct ring *r, size_t size, u32 count)
{
	if (r->cons == READ_ONCE(r->page->req_prod))
		return NULL;
	__sync_synchronize();
	return slot(r, r->cons++, size, count);
}

static struct blk_request *take_blk(struct back *b)
{
	return take(&b->ring, sizeof(struct blk_request), BLK_SLOTS);
}

static struct net_tx *take_tx(struct back *b)
{
	return take(&b->ring, sizeof(struct net_tx), NET_SLOTS);
}

static struct net_rx *take_rx(struct back *b)
{
	return take(&b->rx, sizeof(struct net_rx), NET_SLOTS);
}

/* -- attacks -------------------------------------------------------------- */

static void blk_good(struct back *b)
{
	struct blk_request *r;

	while ((r = take_blk(b)))
		answer_blk(b, r->id);
}

static void net_good(struct back *b)
{
	struct net_tx *r;

	while ((r = take_tx(b)))
		answer_tx(b, r->id);
}

static void blk_wrong_ids(struct back *b)
{
	static u64 id = 5;

	while (take_blk(b))
		answer_blk(b, id *= 31);
}

static void net_wrong_ids(struct back *b)
{
	static u16 id = 5;

	while (take_tx(b))
		answer_tx(b, id = (u16)(id * 31));
	while (take_rx(b))
		answer_rx(b, (struct net_rx_answer){.id = id = (u16)(id * 31),
						    .status = 60});
}

/* Right numbers, but what they say of lengths and places cannot be. */
static void net_wrong_lengths(struct back *b)
{
	static const s16 status[] = {1, 13, 4097, 32767, -1, -32768, 60, 0};
	static const u16 offset[] = {0, 4095, 4096, 65535, 1, 4000};
	static unsigned int n;
	struct net_rx *r;

	net_good(b);
	while ((r = take_rx(b))) {
		answer_rx(b, (struct net_rx_answer){
				     .id = r->id,
				     .offset = offset[n % ARRAY_SIZE(offset)],
				     .flags = (u16)(n & 15),
				     .status = status[n % ARRAY_SIZE(status)]});
		n++;
	}
}

/* The same answer twice. */
static void blk_twice(struct back *b)
{
	struct blk_request *r;

	while ((r = take_blk(b))) {
		u64 id = r->id;

		answer_blk(b, id);
		answer_blk(b, id);
	}
}

static void jump(struct back *b, struct ring *r)
{
	r->page->rsp_prod += 100000;
	event_send(b->port);
	r->page->rsp_prod = 0x80000000;
	event_send(b->port);
}

static void blk_indices(struct back *b)
{
	if (take_blk(b))
		jump(b, &b->ring);
}

static void net_indices(struct back *b)
{
	if (take_rx(b))
		jump(b, &b->rx);
	if (take_tx(b))
		jump(b, &b->ring);
}

/* Answers and events without end, for requests never made. */
static void blk_endless(struct back *b)
{
	unsigned int i;

	blk_good(b);
	for (i = 0; i < 1000; i++)
		event_send(b->port);
	for (i = 0; i < 8; i++)
		answer_blk(b, i);
}

static void net_endless(struct back *b)
{
	unsigned int i;

	net_good(b);
	for (i = 0; i < 1000; i++)
		event_send(b->port);
	for (i = 0; i < 8; i++) {
		answer_tx(b, (u16)i);
		answer_rx(b,
			  (struct net_rx_answer){.id = (u16)i, .status = 60});
	}
}

/* It ends while somebody waits for it. */
static void vanish(struct back *b)
{
	if (b->ring.cons != READ_ONCE(b->ring.page->req_prod)) {
		printf("attack over\n");
		guest_shutdown(SHUTDOWN_crash);
	}
}

static void silence(struct back *b)
{
	(void)b;
}

static const struct attack attacks[] = {
	{"good", publish_good, blk_good, net_good},
	{"lies", publish_lies, blk_good, net_good},
	{"ids", publish_good, blk_wrong_ids, net_wrong_ids},
	{"lengths", publish_good, blk_twice, net_wrong_lengths},
	{"indices", publish_good, blk_indices, net_indices},
	{"endless", publish_good, blk_endless, net_endless},
	{"states", publish_states, blk_good, net_good},
	{"vanish", publish_good, vanish, vanish},
	{"silent", publish_nothing, silence, silence},
	{"refuse", publish_refusal, silence, silence},
	{"half", publish_half, silence, silence},
	{"end", publish_end, silence, silence},
};

/* -- a back end's life ----------------------------------------------------- */

static void look(struct back *b)
{
	const char *dom = store_first(text("backend/%s", b->kind));
	const char *id, *front;

	if (!*dom)
		return;
	id = store_first(text("backend/%s/%s", b->kind, dom));
	if (!*id)
		return;
	b->domid = (u16)number_of(dom);
	id = text("backend/%s/%s/%s", b->kind, dom, id);
	memcpy(b->dir, id, strlen(id) + 1);
	front = store_read(text("%s/frontend", b->dir));
	memcpy(b->front, front, strlen(front) + 1);
	printf("serves %s\n", b->dir);
	b->phase = WAITING;
	attack->publish(b);
}

static u32 front_number(struct back *b, const char *node)
{
	return (u32)store_number(text("%s/%s", b->front, node));
}

static bool map_ring(struct back *b, struct ring *r, const char *node)
{
	u32 handle;

	r->page = page_alloc();
	return !va_map(r->page, 0) &&
	       !grant_map(b->domid, front_number(b, node), r->page, &handle);
}

static void connect(struct back *b)
{
	u32 state = front_number(b, "state"), remote;
	long port;

	if (state != INITIALISED && state != CONNECTED)
		return;
	remote = front_number(b, "event-channel");
	if (!remote)
		remote = front_number(b, "event-channel-tx");
	port = event_connect(b->domid, remote);
	if (port < 0 || (is_blk(b) && !map_ring(b, &b->ring, "ring-ref")) ||
	    (!is_blk(b) && (!map_ring(b, &b->ring, "tx-ring-ref") ||
			    !map_ring(b, &b->rx, "rx-ring-ref")))) {
		printf("cannot connect %s: port %d\n", b->kind, (int)port);
		guest_shutdown(SHUTDOWN_crash);
	}
	b->port = (u32)port;
	event_mask_port(b->port, true);
	put(b, "state", "4");
	printf("connected %s\n", b->kind);
	b->phase = RUNNING;
}

static void step(struct back *b, bool attacking)
{
	if (b->phase == LOOKING)
		look(b);
	else if (b->phase == WAITING)
		connect(b);
	else if (is_blk(b))
		(attacking ? attack->blk : blk_good)(b);
	else
		(attacking ? attack->net : net_good)(b);
}

static void run_both(u64 ns, bool attacking)
{
	u64 end = system_time() + ns;

	while (system_time() < end) {
		step(&blk, attacking);
		step(&net, attacking);
		sleep_ns(MS);
	}
}

PROMISE(back_attacks, "front ends survive it")
{
	u64 end = system_time() + WAIT_SECONDS * 1000 * MS;
	char name[16];
	unsigned int i;

	require(option_string("attack", name, sizeof(name)));
	for (i = 0; i < ARRAY_SIZE(attacks); i++)
		if (!strcmp(attacks[i].name, name))
			attack = &attacks[i];
	require(attack);
	store_write("data/devd", "1");
	printf("attack %s begins\n", name);
	while (blk.phase != RUNNING || net.phase != RUNNING) {
		run_both(5 * MS, false);
		require(system_time() < end);
	}
	/* Linux first does what it does with a device that has come. */
	run_both(GOOD_NS, false);
	printf("attack now\n");
	run_both(ATTACK_NS, true);
	printf("attack over\n");
	for (;;)
		sleep_ns(100 * MS);
}
