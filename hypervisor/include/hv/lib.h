/*
 * hv/lib.h: pure helpers, the same on a host
 *
 * Owns:  nothing. No function here allocates or takes a lock, but printk()
 *        and what it is built on (dev/console.c).
 */
#ifndef HV_LIB_H
#define HV_LIB_H

#include <hv/types.h>
#ifdef HOST_TEST
#include <errno.h>
#else
#include <xen/errno_plain.h>
#endif

void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strstr(const char *s, const char *what);

/** hv_strlcpy() - copy at most @size - 1 bytes and a NUL; returns strlen(@src)
 */
size_t hv_strlcpy(char *dst, const char *src, size_t size);

/**
 * hv_strtoul() - number with C prefixes (0x, 0) in @base 0, or plain
 * @end: first byte not consumed; equal to @s when there is no number
 */
u64 hv_strtoul(const char *s, const char **end, int base);

/** hv_parse_size() - number with suffix B, K, M, G (default @unit_shift) */
u64 hv_parse_size(const char *s, const char **end, unsigned int unit_shift);

/**
 * hv_vformat() - the engine under the two below: what vsnprintf() promises,
 * for %d %i %u %x %X %o %c %s %p %% with flags, width, precision and the
 * lengths h hh l ll z; no floating point, no %n
 */
int hv_vformat(char *buf, size_t size, const char *fmt, va_list ap)
	__printf(3, 0);
int snprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);
int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
	__printf(3, 0);

/* Levels as Xen's: XENLOG_ERR is always shown. dev/console.c filters. */
enum loglevel { LOG_ERR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/** printk() - one line to console and ring; "\n" is the caller's */
void printk(enum loglevel level, const char *fmt, ...) __printf(2, 3);
/** gprintk() - about the running guest: rate-limited, prefixed d<dom>v<vcpu> */
void gprintk(enum loglevel level, const char *fmt, ...) __printf(2, 3);

/** panic() - our own state is wrong: registers, trace, every pcpu, stop */
void panic(const char *fmt, ...) __printf(1, 2) __noreturn;

#define BUG() panic("BUG at %s:%d", __FILE__, __LINE__)
#define BUG_ON(c)                                                          \
	do {                                                               \
		if (unlikely(c))                                           \
			panic("BUG at %s:%d: %s", __FILE__, __LINE__, #c); \
	} while (0)
#if CONFIG_DEBUG
#define ASSERT(c)                                                             \
	do {                                                                  \
		if (unlikely(!(c)))                                           \
			panic("Assertion '%s' failed at %s:%d", #c, __FILE__, \
			      __LINE__);                                      \
	} while (0)
#else
#define ASSERT(c) ((void)sizeof(!(c)))
#endif

/* ---- bits ---- */
#define BITS_PER_LONG		64
#define BITS_TO_LONGS(n)	DIV_UP(n, BITS_PER_LONG)
#define DECLARE_BITMAP(name, n) u64 name[BITS_TO_LONGS(n)]

static inline bool bit_test(const u64 *map, unsigned int n)
{
	return (READ_ONCE(map[n / 64]) >> (n % 64)) & 1;
}

/* The three below are atomic, full barriers, and return the old bit. */
static inline bool bit_test_set(u64 *map, unsigned int n)
{
	u64 m = 1ull << (n % 64);

	return __atomic_fetch_or(&map[n / 64], m, __ATOMIC_SEQ_CST) & m;
}

static inline bool bit_test_clear(u64 *map, unsigned int n)
{
	u64 m = 1ull << (n % 64);

	return __atomic_fetch_and(&map[n / 64], ~m, __ATOMIC_SEQ_CST) & m;
}

#define bit_set(map, n)	  ((void)bit_test_set(map, n))
#define bit_clear(map, n) ((void)bit_test_clear(map, n))

/** bitmap_find_zero() - first clear bit below @nbits, or @nbits */
unsigned int bitmap_find_zero(const u64 *map, unsigned int nbits);

/**
 * index_nospec() - @i when below @n, else 0, decided without a branch
 *
 * For indices that came from a guest, after the range check.
 */
static inline u64 index_nospec(u64 i, u64 n)
{
	u64 mask;

	__asm__ volatile("cmp %1, %2; sbb %0, %0"
			 : "=r"(mask)
			 : "r"(n), "r"(i)
			 : "cc");
	return i & mask;
}

/* ---- lists: circular, doubly linked, head is a node ---- */
struct list {
	struct list *next, *prev;
};

#define LIST_INIT(name)          \
	{                        \
		&(name), &(name) \
	}

static inline void list_init(struct list *l)
{
	l->next = l;
	l->prev = l;
}

static inline bool list_empty(const struct list *l)
{
	return l->next == l;
}

static inline void list_add(struct list *n, struct list *after)
{
	n->next = after->next;
	n->prev = after;
	after->next->prev = n;
	after->next = n;
}

static inline void list_add_tail(struct list *n, struct list *head)
{
	list_add(n, head->prev);
}

/* Leaves @n empty, so a second removal does no harm. */
static inline void list_del(struct list *n)
{
	n->next->prev = n->prev;
	n->prev->next = n->next;
	list_init(n);
}

#define list_entry(p, type, m) container_of(p, type, m)
#define list_for_each(pos, head, m)                               \
	for (pos = list_entry((head)->next, __typeof__(*pos), m); \
	     &pos->m != (head);                                   \
	     pos = list_entry(pos->m.next, __typeof__(*pos), m))

/* ---- rangesets: sorted, disjoint [first, last] of frames, ports, irqs ---- */
struct rangeset;
struct rangeset *rangeset_alloc(void);
void rangeset_free(struct rangeset *r);
/** rangeset_add() - merge [first, last] in; -ENOMEM */
int rangeset_add(struct rangeset *r, u64 first, u64 last);
/** rangeset_remove() - cut [first, last] out; -ENOMEM when a split needs it */
int rangeset_remove(struct rangeset *r, u64 first, u64 last);
/** rangeset_bytes() - memory it takes */
size_t rangeset_bytes(const struct rangeset *r);
/** rangeset_contains() - all of [first, last]? NULL contains nothing */
bool rangeset_contains(const struct rangeset *r, u64 first, u64 last);

#endif
