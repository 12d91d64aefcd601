/*
 * fake_base.c: one pcpu, memory, messages
 */
#include <stdio.h>
#include <malloc.h>
#include <stdlib.h>
#include "fake.h"

HOST_TLS struct stack_info host_stack;
struct pcpu fake_pcpu;
struct pcpu *pcpus[NR_PCPUS];
unsigned int nr_pcpus;
unsigned int fake_allocs;
static unsigned int fail_in;

void fake_fail_alloc(unsigned int n)
{
	fail_in = n;
}

void *hv_alloc(size_t bytes)
{
	if (fail_in && --fail_in == 0)
		return NULL;
	fake_allocs++;
	return calloc(1, bytes);
}

size_t hv_size(const void *p)
{
	return p ? malloc_usable_size((void *)(uintptr_t)p) : 0;
}

void hv_free(void *p)
{
	if (p)
		fake_allocs--;
	free(p);
}

void printk(enum loglevel level, const char *fmt, ...)
{
}

void gprintk(enum loglevel level, const char *fmt, ...)
{
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

void fake_base_init(void)
{
	memset(&host_stack, 0, sizeof(host_stack));
	memset(&fake_pcpu, 0, sizeof(fake_pcpu));
	fake_pcpu.online = true;
	pcpus[0] = &fake_pcpu;
	nr_pcpus = 1;
	host_stack.pcpu = &fake_pcpu;
	fail_in = 0;
}

int fake_main(Suite *s)
{
	SRunner *r = srunner_create(s);
	int failed;

	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
