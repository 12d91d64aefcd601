/*
 * vchan: two domains share memory from their user space
 *
 *	vchan lend          wait for a client's domain number, lend it pages,
 *send vchan borrow        wait for an offer, map it, receive vchan fill N lend
 *domain N pages until that is refused
 *
 * The lender allocates with /dev/xen/gntalloc, the borrower maps with
 * /dev/xen/gntdev, both raise events with /dev/xen/evtchn. What one must know
 * of the other comes as store nodes of their own, data/client and data/offer,
 * written by the test's script. Both say what they saw on standard output.
 * Either tells the other when it goes, killed or not: its kernel clears its
 * byte in the first page and sends an event.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

typedef uint16_t domid_t;
typedef uint32_t grant_ref_t;
#include <xen/evtchn.h>
#include <xen/gntalloc.h>
#include <xen/gntdev.h>

#define PAGE	  4096u
#define PAGES	  17u /* one of control, the rest is a ring */
#define RING	  ((PAGES - 1) * PAGE)
#define MEGABYTES 32u
#define CHUNK	  16384u

struct control {
	uint8_t alive[2];     /* LENDER, BORROWER */
	uint32_t made, taken; /* bytes, modulo 2^32 */
	uint64_t sum;	      /* of all of them, by who took them */
	uint8_t finished;
};

enum side { LENDER, BORROWER };

static struct control *control;
static uint8_t *ring;
static int events;
static uint32_t port;

static void die(const char *what)
{
	printf("vchan: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int open_device(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		die(path);
	return fd;
}

/* ---- the store: one kind of request ---- */
#define XS_READ	 2
#define XS_ERROR 16

static int all(int fd, void *p, size_t n)
{
	ssize_t got;

	for (; n; p = (char *)p + got, n -= (size_t)got) {
		got = read(fd, p, n);
		if (got <= 0)
			return -1;
	}
	return 0;
}

/* Waits until our node @path exists; its value. */
static void await_node(const char *path, char *value, size_t room)
{
	struct {
		uint32_t type, req, tx, len;
	} head;
	char request[sizeof(head) + 64];
	int fd = open_device("/dev/xen/xenbus");

	for (;;) {
		head.type = XS_READ;
		head.req = head.tx = 0;
		head.len = (uint32_t)strlen(path) + 1;
		memcpy(request, &head, sizeof(head));
		memcpy(request + sizeof(head), path, head.len);
		if (write(fd, request, sizeof(head) + head.len) < 0 ||
		    all(fd, &head, sizeof(head)) || head.len >= room ||
		    all(fd, value, head.len))
			die("the store");
		value[head.len] = '\0';
		if (head.type != XS_ERROR)
			break;
		usleep(100000);
	}
	close(fd);
}

/* ---- events ---- */
static void tell(void)
{
	struct ioctl_evtchn_notify n = {port};

	if (ioctl(events, IOCTL_EVTCHN_NOTIFY, &n))
		die("cannot send an event");
}

/* Until an event came; it may have come already. */
static void listen_once(void)
{
	uint32_t got;

	if (read(events, &got, sizeof(got)) != sizeof(got) ||
	    write(events, &got, sizeof(got)) != sizeof(got))
		die("cannot read an event");
}

static uint32_t load(const uint32_t *p)
{
	return __atomic_load_n(p, __ATOMIC_SEQ_CST);
}

static void store(uint32_t *p, uint32_t v)
{
	__atomic_store_n(p, v, __ATOMIC_SEQ_CST);
}

static int lives(enum side who)
{
	return __atomic_load_n(&control->alive[who], __ATOMIC_SEQ_CST);
}

/* ---- what is transferred ---- */
static uint64_t sum_more(uint64_t sum, const uint8_t *p, uint32_t n)
{
	while (n--)
		sum = (sum ^ *p++) * 0x100000001b3ull;
	return sum;
}

static void make_bytes(uint8_t *p, uint32_t n)
{
	static uint64_t state = 88172645463325252ull;

	for (; n; n -= 8, p += 8) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		memcpy(p, &state, 8);
	}
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void send_all(void)
{
	uint32_t left = MEGABYTES << 20, made = 0;
	uint64_t sum = 0, begin;

	while (!lives(BORROWER))
		listen_once();
	begin = now_ms();
	for (; left; left -= CHUNK, made += CHUNK) {
		while (made - load(&control->taken) > RING - CHUNK)
			listen_once();
		make_bytes(ring + made % RING, CHUNK);
		sum = sum_more(sum, ring + made % RING, CHUNK);
		store(&control->made, made + CHUNK);
		tell();
	}
	while (load(&control->taken) != made)
		listen_once();
	printf("vchan: %u MB sent in %llu ms, sum %016llx, %s\n", MEGABYTES,
	       (unsigned long long)(now_ms() - begin), (unsigned long long)sum,
	       sum == control->sum ? "agreed" : "NOT what arrived");
}

static void receive_all(void)
{
	uint32_t taken = 0;
	uint64_t sum = 0;

	while (taken != MEGABYTES << 20) {
		while (load(&control->made) == taken)
			listen_once();
		sum = sum_more(sum, ring + taken % RING, CHUNK);
		taken += CHUNK;
		control->sum = sum;
		store(&control->taken, taken);
		tell();
	}
	printf("vchan: %u MB received, sum %016llx\n", MEGABYTES,
	       (unsigned long long)sum);
}

static void await_end_of(enum side who)
{
	while (lives(who))
		listen_once();
	printf("vchan: the %s is gone\n",
	       who == LENDER ? "lender" : "borrower");
}

/* ---- the two ends ---- */
static void use_memory(void *p)
{
	if (p == MAP_FAILED)
		die("cannot map the pages");
	control = p;
	ring = (uint8_t *)p + PAGE;
}

static struct ioctl_gntalloc_alloc_gref *allocate(int fd, unsigned int domid)
{
	struct ioctl_gntalloc_alloc_gref *op =
		calloc(1, sizeof(*op) + PAGES * sizeof(uint32_t));

	if (!op)
		die("no memory");
	op->domid = (uint16_t)domid;
	op->flags = GNTALLOC_FLAG_WRITABLE;
	op->count = PAGES;
	if (ioctl(fd, IOCTL_GNTALLOC_ALLOC_GREF, op))
		die("cannot allocate grants");
	return op;
}

static void lend(void)
{
	struct ioctl_gntalloc_alloc_gref *op;
	struct ioctl_gntalloc_unmap_notify notify = {0};
	struct ioctl_evtchn_bind_unbound_port bind = {0};
	int fd = open_device("/dev/xen/gntalloc");
	char text[64];
	uint32_t i;
	int rc;

	await_node("data/client", text, sizeof(text));
	bind.remote_domain = (unsigned int)atoi(text);
	rc = ioctl(events, IOCTL_EVTCHN_BIND_UNBOUND_PORT, &bind);
	if (rc < 0)
		die("cannot make a port");
	port = (uint32_t)rc;
	op = allocate(fd, bind.remote_domain);
	use_memory(mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
			fd, (off_t)op->index));
	notify.index = op->index + offsetof(struct control, alive[LENDER]);
	notify.action = UNMAP_NOTIFY_CLEAR_BYTE | UNMAP_NOTIFY_SEND_EVENT;
	notify.event_channel_port = port;
	if (ioctl(fd, IOCTL_GNTALLOC_SET_UNMAP_NOTIFY, &notify))
		die("gntalloc cannot notify");
	control->alive[LENDER] = 1;
	printf("vchan: offer %u", port);
	for (i = 0; i < PAGES; i++)
		printf(" %u", ((uint32_t *)op->gref_ids)[i]);
	printf("\n");
	free(op);
	send_all();
	await_end_of(BORROWER);
	pause();
}

static void borrow(void)
{
	size_t room = sizeof(struct ioctl_gntdev_map_grant_ref) +
		      PAGES * sizeof(struct ioctl_gntdev_grant_ref);
	struct ioctl_gntdev_map_grant_ref *op = calloc(1, room);
	struct ioctl_gntdev_unmap_notify notify = {0};
	struct ioctl_evtchn_bind_interdomain bind;
	int fd = open_device("/dev/xen/gntdev");
	char text[512], *p = text;
	uint32_t i;
	int rc;

	if (!op)
		die("no memory");
	/* lender's number, its port, its references */
	await_node("data/offer", text, sizeof(text));
	bind.remote_domain = (unsigned int)strtoul(p, &p, 10);
	bind.remote_port = (unsigned int)strtoul(p, &p, 10);
	op->count = PAGES;
	for (i = 0; i < PAGES; i++) {
		op->refs[i].domid = bind.remote_domain;
		op->refs[i].ref = (uint32_t)strtoul(p, &p, 10);
	}
	if (ioctl(fd, IOCTL_GNTDEV_MAP_GRANT_REF, op))
		die("gntdev takes no references");
	use_memory(mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
			fd, (off_t)op->index));
	rc = ioctl(events, IOCTL_EVTCHN_BIND_INTERDOMAIN, &bind);
	if (rc < 0)
		die("cannot connect to the port");
	port = (uint32_t)rc;
	notify.index = op->index + offsetof(struct control, alive[BORROWER]);
	notify.action = UNMAP_NOTIFY_CLEAR_BYTE | UNMAP_NOTIFY_SEND_EVENT;
	notify.event_channel_port = port;
	if (ioctl(fd, IOCTL_GNTDEV_SET_UNMAP_NOTIFY, &notify))
		die("gntdev cannot notify");
	free(op);
	__atomic_store_n(&control->alive[BORROWER], 1, __ATOMIC_SEQ_CST);
	tell();
	receive_all();
	await_end_of(LENDER);
	pause();
}

int main(int argc, char **argv)
{
	char value[64];

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 3 && !strcmp(argv[1], "await")) {
		await_node(argv[2], value, sizeof(value));
		return 0;
	}
	events = open_device("/dev/xen/evtchn");
	if (argc == 2 && !strcmp(argv[1], "lend"))
		lend();
	else if (argc == 2 && !strcmp(argv[1], "borrow"))
		borrow();
	else
		fprintf(stderr, "usage: vchan lend | borrow | await NODE\n");
	return 1;
}
