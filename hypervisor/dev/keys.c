/*
 * keys.c: what single letters on the console show or do
 */
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/grant.h>
#include <hv/irq.h>
#include <hv/mm.h>
#include "internal.h"

static const char *domain_state(const struct domain *d)
{
	if (d->dying != DOM_ALIVE)
		return "dying";
	if (d->shut_down)
		return "shut down";
	return d->pause_count ? "paused" : "alive";
}

/* The running vcpu's, and the last one's while idle, are on the stack. */
static const struct cpu_user_regs *regs_of(const struct vcpu *v)
{
	return this_pcpu()->loaded == v ? guest_regs() : &v->regs;
}

static void show_domains(void)
{
	struct domain *d;
	struct vcpu *v;
	unsigned int i;

	for (unsigned int id = 0; (d = domain_next(id)); id = d->id + 1u) {
		printk(LOG_ERR,
		       "d%u: %s refs=%u pages=%u/%u pt=%llu ports=%u "
		       "grant-frames=%u maps=%u hypervisor-bytes=%lu\n",
		       d->id, domain_state(d), d->refs, d->tot_pages,
		       d->max_pages, (unsigned long long)d->nr_pt_pages,
		       event_nr_ports(d), grant_nr_frames(d), grant_nr_maps(d),
		       (unsigned long)domain_bytes(d));
		for_each_vcpu (d, v, i)
			printk(LOG_ERR,
			       "  v%u: rip %016llx rsp %016llx %s%s%s "
			       "pending=%u mask=%u\n",
			       v->id, (unsigned long long)regs_of(v)->rip,
			       (unsigned long long)regs_of(v)->rsp,
			       v->gate.kernel ? "kernel" : "user",
			       v->sched.running ? " running" : "",
			       v->sched.blocked ? " blocked" : "",
			       v->info ? v->info->evtchn_upcall_pending : 0,
			       v->info ? v->info->evtchn_upcall_mask : 0);
		domain_put(d);
	}
}

static void show_memory(void)
{
	printk(LOG_ERR, "Heap: %llu of %llu pages free\n",
	       (unsigned long long)heap_free_pages(),
	       (unsigned long long)heap_total_pages());
}

static void show_events(void)
{
	struct domain *d;

	for (unsigned int id = 0; (d = domain_next(id)); id = d->id + 1u) {
		event_dump(d);
		domain_put(d);
	}
}

static void show_grants(void)
{
	struct domain *d;

	for (unsigned int id = 0; (d = domain_next(id)); id = d->id + 1u) {
		grant_dump(d, printk);
		domain_put(d);
	}
}

static void show_registers(void)
{
	show_regs(guest_regs());
	show_stack(NULL);
	cpu_dump_others();
}

static void show_dom0(void)
{
	struct vcpu *v;
	unsigned int i;

	if (!dom0)
		return;
	for_each_vcpu (dom0, v, i) {
		printk(LOG_ERR, "dom0 vcpu %u:\n", v->id);
		show_regs(regs_of(v));
	}
}

static void check_tables(void)
{
	struct domain *d;
	bool alone = cpu_hold_others();
	unsigned int bad = pt_check();

	for (unsigned int id = 0; (d = domain_next(id)); id = d->id + 1u) {
		bad += grant_check(d);
		domain_put(d);
	}
	if (alone)
		cpu_release_others();
	printk(LOG_ERR, "Page types and grants: %u inconsistencies%s\n", bad,
	       alone ? "" : "; other CPUs kept running");
}

static void show_counters(void)
{
	static const char *const name[NR_PERF] = {
#define PERF(id, what) [PERF_##id] = what,
#include <hv/perf.def>
#undef PERF
	};

	for (unsigned int p = 0; p < nr_pcpus; p++) {
		for (unsigned int i = 0; i < NR_PERF; i++)
			printk(LOG_ERR, "CPU %u: %s %llu\n", p, name[i],
			       (unsigned long long)pcpus[p]->perf[i]);
		printk(LOG_ERR, "CPU %u: unknown NMIs %llu\n", p,
		       (unsigned long long)pcpus[p]->nmis);
	}
}

static void reboot(void)
{
	printk(LOG_ERR, "Rebooting as asked on the console\n");
	machine_restart();
}

static void show_all(void);
static void help(void);

static const struct key {
	char c;
	bool harmless; /* part of '*' */
	void (*fn)(void);
	const char *what;
} keys[] = {
	{'*', false, show_all, "everything below that only shows"},
	{'0', true, show_dom0, "registers of dom0's vcpus"},
	{'R', false, reboot, "restart the machine at once"},
	{'c', true, show_counters, "counters of each CPU"},
	{'d', true, show_registers, "registers and stack of each CPU"},
	{'e', true, show_events, "event channels"},
	{'g', true, show_grants, "grant tables"},
	{'h', false, help, "this list"},
	{'i', true, irq_dump, "interrupt lines and who has them"},
	{'m', true, show_memory, "free memory"},
	{'p', true, check_tables, "check page types and grants"},
	{'q', true, show_domains, "domains and their vcpus"},
	{'r', true, sched_dump, "run queues"},
};

static void help(void)
{
	printk(LOG_ERR, "Keys:\n");
	for (unsigned int i = 0; i < ARRAY_SIZE(keys); i++)
		printk(LOG_ERR, " %c: %s\n", keys[i].c, keys[i].what);
}

static void show_all(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].harmless) {
			printk(LOG_ERR, "['%c': %s]\n", keys[i].c,
			       keys[i].what);
			keys[i].fn();
		}
}

void console_handle_key(char c)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].c == c) {
			printk(LOG_ERR, "'%c' pressed: %s\n", c, keys[i].what);
			keys[i].fn();
			return;
		}
	if (c > ' ' && c < 0x7f)
		printk(LOG_ERR, "'%c' does nothing; 'h' lists the keys\n", c);
}
