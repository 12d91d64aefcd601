/*
 * tests/host/fakes.c: see fakes.h
 */
#include <stdio.h>
#include <malloc.h>
#include <stdlib.h>
#include <hv/lib.h>
#include <hv/mm.h>
#include "fakes.h"

unsigned int fake_nr_messages;
char fake_message[512];
int fake_nr_allocs;
int fake_alloc_budget = -1;

void fakes_reset(void)
{
	fake_nr_messages = 0;
	fake_message[0] = '\0';
	fake_alloc_budget = -1;
}

void printk(enum loglevel level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(fake_message, sizeof(fake_message), fmt, ap);
	va_end(ap);
	fake_nr_messages++;
}

void panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	abort();
}

void *hv_alloc(size_t bytes)
{
	void *p;

	if (!fake_alloc_budget)
		return NULL;
	if (fake_alloc_budget > 0)
		fake_alloc_budget--;
	p = calloc(1, bytes);
	if (p)
		fake_nr_allocs++;
	return p;
}

size_t hv_size(const void *p)
{
	return p ? malloc_usable_size((void *)(uintptr_t)p) : 0;
}

void hv_free(void *p)
{
	if (p)
		fake_nr_allocs--;
	free(p);
}
