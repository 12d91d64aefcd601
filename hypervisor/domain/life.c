/*
 * domain/life.c: pause, shut down, crash, kill, resume
 *
 * alive -> (shut down <-> resumed) -> dying -> dead. Only domain_kill() moves
 * to dying; it may be called again until everything has been given back.
 */
#include <hv/boot.h>
#include <hv/irq.h>
#include <hv/mm.h>
#include <xen/sched.h>
#include "internal.h"

#define MAX_CTL_PAUSES 255
#define CRASH_DELAY_US 5000000u

static void pause_nosync(struct domain *d)
{
	struct vcpu *v;
	unsigned int i;

	__atomic_add_fetch(&d->pause_count, 1, __ATOMIC_SEQ_CST);
	for_each_vcpu (d, v, i)
		sched_sleep_nosync(v);
}

void domain_pause(struct domain *d)
{
	struct vcpu *v;
	unsigned int i;

	ASSERT(!current || d != current->d);
	__atomic_add_fetch(&d->pause_count, 1, __ATOMIC_SEQ_CST);
	for_each_vcpu (d, v, i) {
		sched_sleep_sync(v);
		vcpu_sync(v);
	}
}

void domain_unpause(struct domain *d)
{
	struct vcpu *v;
	unsigned int i;

	if (__atomic_sub_fetch(&d->pause_count, 1, __ATOMIC_SEQ_CST))
		return;
	for_each_vcpu (d, v, i)
		sched_wake(v);
}

void vcpu_pause(struct vcpu *v)
{
	ASSERT(v != current);
	__atomic_add_fetch(&v->sched.pause_count, 1, __ATOMIC_SEQ_CST);
	sched_sleep_sync(v);
	vcpu_sync(v);
}

void vcpu_unpause(struct vcpu *v)
{
	if (!__atomic_sub_fetch(&v->sched.pause_count, 1, __ATOMIC_SEQ_CST))
		sched_wake(v);
}

int domain_ctl_pause(struct domain *d)
{
	int rc = 0;

	spin_lock(&d->lock);
	if (d->ctl_pauses >= MAX_CTL_PAUSES)
		rc = -EOVERFLOW;
	else
		d->ctl_pauses++;
	spin_unlock(&d->lock);
	if (!rc)
		domain_pause(d);
	return rc;
}

int domain_ctl_unpause(struct domain *d)
{
	int rc = 0;

	spin_lock(&d->lock);
	if (d->ctl_pauses == 0)
		rc = -EINVAL;
	else if (--d->ctl_pauses == 0)
		d->started = true;
	spin_unlock(&d->lock);
	if (!rc)
		domain_unpause(d);
	return rc;
}

int may_control(const struct domain *d)
{
	return is_control_domain(current->d) ? 0 : -EPERM;
}

/* The machine goes with its control domain. */
static void __noreturn dom0_shutdown(u32 reason)
{
	switch (reason) {
	case SHUTDOWN_poweroff:
		printk(LOG_ERR, "dom0 powered off: halting the machine\n");
		machine_halt();
	case SHUTDOWN_reboot:
		printk(LOG_ERR, "dom0 asked for a reboot\n");
		machine_restart();
	case SHUTDOWN_watchdog:
		printk(LOG_ERR, "dom0's watchdog fired: rebooting\n");
		machine_restart();
	case SHUTDOWN_crash:
		printk(LOG_ERR, "dom0 crashed\n");
		break;
	default:
		printk(LOG_ERR, "dom0 shut down for unknown reason %u\n",
		       reason);
		break;
	}
	if (opt_noreboot) {
		printk(LOG_ERR, "noreboot is set: halting the machine\n");
		machine_halt();
	}
	printk(LOG_ERR, "rebooting in 5 seconds\n");
	udelay(CRASH_DELAY_US);
	machine_restart();
}

/* No lock: crashes are found with locks of any rank held. */
void domain_shutdown(struct domain *d, u32 reason)
{
	if (d == dom0)
		dom0_shutdown(reason);

	if (__atomic_exchange_n(&d->shutting_down, true, __ATOMIC_SEQ_CST))
		return;
	WRITE_ONCE(d->shutdown_code, reason);
	pause_nosync(d);
	STORE_REL(d->shut_down, true);
	event_send_virq_global(VIRQ_DOM_EXC);
}

void domain_resume(struct domain *d)
{
	if (!LOAD_ACQ(d->shut_down))
		return;
	WRITE_ONCE(d->shut_down, false);
	WRITE_ONCE(d->shutdown_code, SHUTDOWN_NONE);
	__atomic_store_n(&d->shutting_down, false, __ATOMIC_SEQ_CST);
	domain_unpause(d);
}

static void show_guest(const struct cpu_user_regs *r)
{
	printk(LOG_DEBUG, " rip %04x:%016lx rsp %04x:%016lx flags %08lx\n",
	       r->cs, r->rip, r->ss, r->rsp, r->rflags);
	printk(LOG_DEBUG, " rax %016lx rbx %016lx rcx %016lx rdx %016lx\n",
	       r->rax, r->rbx, r->rcx, r->rdx);
	printk(LOG_DEBUG, " rsi %016lx rdi %016lx rbp %016lx r8  %016lx\n",
	       r->rsi, r->rdi, r->rbp, r->r8);
	printk(LOG_DEBUG, " r9  %016lx r10 %016lx r11 %016lx r12 %016lx\n",
	       r->r9, r->r10, r->r11, r->r12);
	printk(LOG_DEBUG, " r13 %016lx r14 %016lx r15 %016lx\n", r->r13, r->r14,
	       r->r15);
}

static void crash_line(struct domain *d, const char *why)
{
	struct vcpu *v = current;

	if (!v || v->d != d) {
		printk(LOG_ERR, "d%u crashed: %s\n", d->id, why);
		return;
	}
	printk(LOG_ERR, "d%uv%u crashed at rip %016lx: %s\n", d->id, v->id,
	       guest_regs()->rip, why);
	if (d == dom0)
		show_regs(guest_regs());
	else
		show_guest(guest_regs());
}

void domain_crash(struct domain *d, const char *fmt, ...)
{
	char why[160];
	va_list ap;

	if (!__atomic_exchange_n(&d->crashed_line, true, __ATOMIC_RELAXED)) {
		va_start(ap, fmt);
		vsnprintf(why, sizeof(why), fmt, ap);
		va_end(ap);
		crash_line(d, why);
	}
	domain_shutdown(d, SHUTDOWN_crash);
}

/* Everything but frames that others may still reference. */
static int relinquish(struct domain *d)
{
	struct vcpu *v;
	unsigned int i;
	int rc;

	for_each_vcpu (d, v, i) {
		vcpu_sync(v);
		time_vcpu_destroy(v);
	}
	sched_domain_destroy(d);
	rc = event_domain_destroy(d);
	if (rc)
		return rc;
	pirq_domain_destroy(d);
	/* Last of those: senders on other pcpus wrote there until now. */
	for_each_vcpu (d, v, i)
		vcpu_unmap_info(v);
	rc = grant_domain_release(d);
	if (!rc)
		rc = pt_relinquish(d);
	return rc;
}

int domain_kill(struct domain *d)
{
	bool first, dead;
	int rc;

	if (d == current->d || d == dom0)
		return -EINVAL;
	spin_lock(&d->lock);
	first = d->dying == DOM_ALIVE;
	if (first)
		WRITE_ONCE(d->dying, DOM_DYING);
	dead = d->dying == DOM_DEAD;
	spin_unlock(&d->lock);
	if (dead)
		return 0;
	if (first)
		domain_pause(d);

	rc = relinquish(d);
	if (rc)
		return rc;
	WRITE_ONCE(d->dying, DOM_DEAD);
	heap_claim(d, 0);
	event_send_virq_global(VIRQ_DOM_EXC);
	domain_put(d); /* the list's */
	return 0;
}
