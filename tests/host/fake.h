/*
 * fake.h: a small machine for the hypervisor's unit tests
 *
 * One pcpu, a few domains with vcpus, a clock that moves when told to, frames
 * in host memory, and an allocator that counts and fails on demand. Each
 * fake_*.c is linked by the tests that need it.
 */
#ifndef TESTS_HOST_FAKE_H
#define TESTS_HOST_FAKE_H

#include <check.h>
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/mm.h>

/* fake_base.c */
extern struct pcpu fake_pcpu;
extern unsigned int fake_allocs; /* live allocations */
/** fake_fail_alloc() - the @n-th allocation from now fails; 0: none does */
void fake_fail_alloc(unsigned int n);
void fake_base_init(void);
/** fake_run_one() - run all of @s in this process; exit status for main() */
int fake_main(Suite *s);

/* fake_domain.c */
#define FAKE_DOMAINS 4
/** fake_domain() - domain @id with @nr vcpus, shared_info, nothing else */
struct domain *fake_domain(domid_t id, unsigned int nr, bool privileged);
void fake_domain_free(struct domain *d);
/** fake_become() - @v is running */
void fake_become(struct vcpu *v);

/* fake_frames.c: FAKE_FRAMES frames of RAM from mfn 0 on */
#define FAKE_FRAMES 512
void fake_frames_init(void);
/** fake_frames_again() - as after init; quicker, with few of them used */
void fake_frames_again(void);
void fake_frames_done(void);
/** fake_frame() - a new frame of @d */
struct page *fake_frame(struct domain *d);
/** fake_frames_held() - references over all frames */
u64 fake_frames_held(void);

#endif
