/*
 * lib/lib.h: strings, console and output of test guests
 */
#ifndef GUEST_LIB_H
#define GUEST_LIB_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t s64;

#define ARRAY_SIZE(a)	 (sizeof(a) / sizeof((a)[0]))
#define READ_ONCE(x)	 (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))
#define barrier()	 __asm__ volatile("" ::: "memory")

void *memcpy(void *to, const void *from, size_t n);
void *memset(void *to, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strstr(const char *s, const char *word);

/* %d %u %x %lx %p %s %c with width and zero padding; l is 64 bits. */
void printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Where output goes: console_io in dom0, the console ring in a domU. */
void console_init(void);
void console_write(const char *text, size_t n);

/* The value of `name=` on the command line, or @fallback. */
u64 option_number(const char *name, u64 fallback);
bool option_string(const char *name, char *value, size_t room);

/* Ends the domain; @reason is SHUTDOWN_*. */
void __attribute__((noreturn)) guest_shutdown(unsigned int reason);

u64 random_next(u64 *state);

static inline u64 rdtsc(void)
{
	u32 lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (u64)hi << 32 | lo;
}

#endif
