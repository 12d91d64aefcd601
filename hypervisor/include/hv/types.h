/*
 * hv/types.h: words every unit uses
 *
 * Frame numbers and byte addresses are one-member structs so that mixing
 * them does not compile. Linear addresses are plain u64 named va.
 */
#ifndef HV_TYPES_H
#define HV_TYPES_H

#include <stdint.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdarg.h>
#include <hv/config.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

typedef struct {
	u64 v;
} mfn_t; /* machine frame number */
typedef struct {
	u64 v;
} pfn_t; /* a guest's own frame number; never trusted */
typedef struct {
	u64 v;
} maddr_t; /* machine address, bytes */

#define MFN(x)	    ((mfn_t){(x)})
#define PFN(x)	    ((pfn_t){(x)})
#define MADDR(x)    ((maddr_t){(x)})
#define INVALID_MFN MFN(~0ull)

static inline bool mfn_eq(mfn_t a, mfn_t b)
{
	return a.v == b.v;
}

static inline bool mfn_none(mfn_t m)
{
	return m.v == ~0ull;
}

static inline maddr_t mfn_to_maddr(mfn_t m)
{
	return MADDR(m.v << PAGE_SHIFT);
}

static inline mfn_t maddr_to_mfn(maddr_t a)
{
	return MFN(a.v >> PAGE_SHIFT);
}

#define ARRAY_SIZE(a)		 (sizeof(a) / sizeof((a)[0]))
#define container_of(p, type, m) ((type *)((char *)(p)-offsetof(type, m)))
#define min(a, b)		 ((a) < (b) ? (a) : (b))
#define max(a, b)		 ((a) > (b) ? (a) : (b))
#define ROUND_UP(x, a)		 (((x) + ((a)-1)) & ~((a)-1ull))
#define ROUND_DOWN(x, a)	 ((x) & ~((a)-1ull))
#define DIV_UP(x, y)		 (((x) + (y)-1) / (y))

#define __packed		 __attribute__((packed))
#define __aligned(n)		 __attribute__((aligned(n)))
#define __noreturn		 __attribute__((noreturn))
#define __must_check		 __attribute__((warn_unused_result))
#define __printf(f, a)		 __attribute__((format(printf, f, a)))
#define __section(s)		 __attribute__((section(s), used))
#define likely(x)		 __builtin_expect(!!(x), 1)
#define unlikely(x)		 __builtin_expect(!!(x), 0)
#define barrier()		 __asm__ volatile("" ::: "memory")

/* One access, never torn, never repeated: for memory others write. */
#define READ_ONCE(x)		 __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v)	 __atomic_store_n(&(x), (v), __ATOMIC_RELAXED)
#define LOAD_ACQ(x)		 __atomic_load_n(&(x), __ATOMIC_ACQUIRE)
#define STORE_REL(x, v)		 __atomic_store_n(&(x), (v), __ATOMIC_RELEASE)

#endif
