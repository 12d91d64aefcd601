/*
 * bench/sched: making, tuning and ending mini domains
 */
#include "mini.h"

struct mini mini[MAX_MINIS];
static u8 windows[MAX_MINIS][PAGE_SIZE] __attribute__((aligned(4096)));

static struct report *map_data(unsigned int i)
{
	struct mmu_update req = {
		.ptr = pte_maddr(windows[i], 1),
		.val = mini[i].n.mfn[DATA] << 12 | PTE_DATA,
	};

	if (hypercall(mmu_update, &req, 1, 0, mini[i].n.id))
		guest_broken("cannot map a mini domain's data");
	mmuext(MMUEXT_INVLPG_LOCAL, (u64)windows[i], 0);
	return (struct report *)windows[i];
}

void mini_make(unsigned int i, struct kernel k, u64 argument)
{
	struct neighbour *n = &mini[i].n;
	struct report *r;

	if (!neighbour_make(n, k.from, k.to, i))
		guest_broken("cannot make a mini domain");
	r = mini[i].r = map_data(i);
	r->shared_info = neighbour_info(n).shared_info_frame << 12;
	r->time = shared_info->vcpu_info[0].time;
	r->argument = argument;
}

void mini_start(unsigned int i)
{
	struct xen_domctl op = {0};

	if (control(&op, XEN_DOMCTL_unpausedomain, mini[i].n.id))
		guest_broken("cannot start a mini domain");
}

void mini_tune(unsigned int i, u16 weight, u16 cap)
{
	struct xen_sysctl sys = {.cmd = XEN_SYSCTL_sched_id,
				 .interface_version =
					 XEN_SYSCTL_INTERFACE_VERSION};
	struct xen_domctl op = {0};
	struct xen_domctl_scheduler_op *s = &op.u.scheduler_op;
	bool credit;

	if (hypercall(sysctl, &sys))
		guest_broken("no scheduler says its name");
	credit = sys.u.sched_id.sched_id == XEN_SCHEDULER_CREDIT;
	s->sched_id = sys.u.sched_id.sched_id;
	s->cmd = XEN_DOMCTL_SCHEDOP_putinfo;
	if (credit) {
		s->u.credit.weight = weight;
		s->u.credit.cap = cap;
	} else {
		s->u.credit2.weight = weight;
		s->u.credit2.cap = cap;
	}
	if (control(&op, XEN_DOMCTL_scheduler_op, mini[i].n.id))
		guest_broken("cannot tune a mini domain");
}

void mini_end(unsigned int n)
{
	unsigned int i;
	long rc;

	for (i = 0; i < n; i++) {
		if (va_map(windows[i], 0))
			guest_broken("cannot clear a window");
		do
			rc = neighbour_destroy(&mini[i].n);
		while (rc == -XEN_EAGAIN || rc == -XEN_ERESTART);
		if (rc)
			guest_broken("cannot end a mini domain");
	}
}

u64 mini_cpu_time(unsigned int i)
{
	return neighbour_info(&mini[i].n).cpu_time;
}

u32 mini_port(unsigned int to, domid_t from)
{
	struct evtchn_alloc_unbound op = {.dom = mini[to].n.id,
					  .remote_dom = from};

	if (hypercall(event_channel_op, EVTCHNOP_alloc_unbound, &op))
		guest_broken("no port in a mini domain");
	return op.port;
}
