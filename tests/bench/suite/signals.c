/* suite: signals */
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"

static void nothing(int nr)
{
}

static void install(int nr, void (*handler)(int))
{
	struct sigaction act;

	memset(&act, 0, sizeof(act));
	act.sa_handler = handler;
	if (sigaction(nr, &act, NULL))
		fail("sigaction");
}

uint64_t run_sig_install(uint64_t n, struct watch *w)
{
	uint64_t i;

	watch_start(w);
	for (i = 0; i < n; i++)
		install(SIGUSR1, nothing);
	watch_stop(w);
	return n;
}

uint64_t run_sig_deliver(uint64_t n, struct watch *w)
{
	pid_t pid = getpid();
	uint64_t i;

	install(SIGUSR1, nothing);
	watch_start(w);
	for (i = 0; i < n; i++)
		kill(pid, SIGUSR1);
	watch_stop(w);
	return n;
}

static volatile uint64_t faults_left;
static void *volatile fault_page;

/* Returning repeats the store, until the page has become writable. */
static void count_fault(int nr)
{
	if (!--faults_left &&
	    mprotect(fault_page, PAGE, PROT_READ | PROT_WRITE))
		fail("mprotect");
}

uint64_t run_prot_fault(uint64_t n, struct watch *w)
{
	volatile char *p = map_pages(PAGE);

	*p = 1;
	fault_page = (void *)p;
	faults_left = n;
	if (mprotect(fault_page, PAGE, PROT_READ))
		fail("mprotect");
	install(SIGSEGV, count_fault);
	watch_start(w);
	*p = 2;
	watch_stop(w);
	install(SIGSEGV, SIG_DFL);
	munmap(fault_page, PAGE);
	return n;
}
