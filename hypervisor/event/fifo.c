/*
 * event/fifo.c: the FIFO ABI: a word per port, a queue per vcpu and priority
 *
 * A raised, unmasked port is linked to the tail of its queue: its LINKED bit
 * is set, and its number goes into the link field of the tail's word, or into
 * the queue's head when the tail has left the queue. Guests take from the
 * head at any time, by compare-and-swap of the same words; a guest that
 * writes nonsense into them loses events of its own, nothing else.
 *
 * queue_lock orders raisers. It also guards the pointers to guest frames,
 * which go when the domain is reset or dies.
 */
#include <hv/mm.h>
#include "internal.h"

#define WORDS_PER_PAGE (PAGE_SIZE / sizeof(event_word_t))
#define MAX_PAGES      (EVTCHN_FIFO_NR_CHANNELS / WORDS_PER_PAGE)
#define BIT(b)	       (1u << EVTCHN_FIFO_##b)
#define LINK_TRIES     4

struct fifo_vcpu {
	struct evtchn_fifo_control_block *control; /* guest memory, or NULL */
	u32 tail[EVTCHN_FIFO_MAX_QUEUES];
};

struct fifo_domain {
	spinlock_t queue_lock; /* EVQUEUE */
	u32 frame[MAX_PAGES];  /* mfns of the event words, 0: not given */
	u32 nr_pages;	       /* EVENT */
	struct fifo_vcpu vcpu[];
};

static bool word_test(const event_word_t *w, u32 mask)
{
	return READ_ONCE(*w) & mask;
}

/* The two below return the bits of @mask that were set before. */
static u32 word_set(event_word_t *w, u32 mask)
{
	return __atomic_fetch_or(w, mask, __ATOMIC_SEQ_CST) & mask;
}

static u32 word_clear(event_word_t *w, u32 mask)
{
	return __atomic_fetch_and(w, ~mask, __ATOMIC_SEQ_CST) & mask;
}

/* NULL while the guest has not given the page. */
static event_word_t *word_at(const struct fifo_domain *f, u32 port)
{
	event_word_t *page;
	u32 mfn;

	if (port >= EVTCHN_FIFO_NR_CHANNELS)
		return NULL;
	port = (u32)index_nospec(port, EVTCHN_FIFO_NR_CHANNELS);
	mfn = READ_ONCE(f->frame[port / WORDS_PER_PAGE]);
	if (!mfn)
		return NULL;
	page = mfn_to_virt(MFN(mfn));
	return &page[port % WORDS_PER_PAGE];
}

/*
 * Make @tail point to @port, if it still is in a queue. BUSY keeps a guest
 * that is unmasking from changing the word under us again and again.
 *
 * Returns:  false when the tail has left: its queue is empty
 */
static bool link_after(event_word_t *tail, u32 port)
{
	event_word_t w = READ_ONCE(*tail), new;
	unsigned int tries;

	for (tries = 0; tries < LINK_TRIES; tries++) {
		if (!(w & BIT(LINKED))) {
			word_clear(tail, BIT(BUSY));
			return false;
		}
		new = (w & ~(EVTCHN_FIFO_LINK_MASK | BIT(BUSY))) | port;
		if (__atomic_compare_exchange_n(tail, &w, new, false,
						__ATOMIC_SEQ_CST,
						__ATOMIC_SEQ_CST))
			return true;
		w = __atomic_or_fetch(tail, BIT(BUSY), __ATOMIC_SEQ_CST);
	}
	/* only a guest that keeps writing gets here: its event is lost */
	word_clear(tail, BIT(BUSY));
	return true;
}

/* The port was on another queue, or is the only one that was on this. */
static void leave_old_queue(struct fifo_domain *f, u32 port, struct port *p)
{
	u32 *tail = &f->vcpu[p->last_vcpu].tail[p->last_priority];

	if (*tail == port)
		*tail = 0;
}

/*
 * Put @port, whose LINKED bit was just set, at the end of its queue.
 * Returns true when the queue was empty: the guest must be told.
 */
static bool enqueue(struct fifo_domain *f, u32 port, struct port *p, u32 vcpu,
		    u32 prio)
{
	struct fifo_vcpu *fv = &f->vcpu[vcpu];
	event_word_t *tail;
	bool linked = false;

	leave_old_queue(f, port, p);
	p->last_vcpu = (u16)vcpu;
	p->last_priority = (u8)prio;
	tail = fv->tail[prio] ? word_at(f, fv->tail[prio]) : NULL;
	if (tail)
		linked = link_after(tail, port);
	if (!linked)
		WRITE_ONCE(fv->control->head[prio], port);
	fv->tail[prio] = port;
	return !linked;
}

static void fifo_raise(struct domain *d, u32 port, struct port *p)
{
	struct fifo_domain *f = d->event->fifo;
	struct vcpu *v = domain_vcpu(d, READ_ONCE(p->vcpu));
	struct vcpu *tell = NULL;
	struct fifo_vcpu *fv;
	event_word_t *w;
	bool was_pending;

	if (!v)
		return;
	spin_lock(&f->queue_lock);
	w = word_at(f, port);
	if (!w) {
		p->fifo_pending = 1;
		spin_unlock(&f->queue_lock);
		return;
	}
	fv = &f->vcpu[v->id];
	was_pending = word_set(w, BIT(PENDING));
	if (!word_test(w, BIT(MASKED)) && fv->control &&
	    !word_set(w, BIT(LINKED))) {
		u32 prio = READ_ONCE(p->priority);

		if (enqueue(f, port, p, v->id, prio) &&
		    !word_set(&fv->control->ready, 1u << prio))
			tell = v;
	}
	spin_unlock(&f->queue_lock);
	if (tell)
		event_mark_pending(tell);
	if (!was_pending)
		event_check_pollers(d, port);
}

static bool fifo_test(struct domain *d, u32 port, u32 mask)
{
	struct fifo_domain *f = d->event->fifo;
	event_word_t *w;
	bool set;

	spin_lock(&f->queue_lock);
	w = word_at(f, port);
	set = w && word_test(w, mask);
	spin_unlock(&f->queue_lock);
	return set;
}

static bool fifo_is_pending(struct domain *d, u32 port)
{
	return fifo_test(d, port, BIT(PENDING));
}

/* A closed port may still hang in a queue until the guest gets to it. */
static bool fifo_is_busy(struct domain *d, u32 port)
{
	return fifo_test(d, port, BIT(LINKED));
}

static void fifo_clear(struct domain *d, u32 port)
{
	struct fifo_domain *f = d->event->fifo;
	struct port *p = port_at(d, port);
	event_word_t *w;

	spin_lock(&f->queue_lock);
	p->fifo_pending = 0;
	w = word_at(f, port);
	if (w)
		word_clear(w, BIT(PENDING));
	spin_unlock(&f->queue_lock);
}

static void fifo_unmask(struct domain *d, u32 port, struct port *p)
{
	struct fifo_domain *f = d->event->fifo;
	event_word_t *w;
	bool pending = false;

	spin_lock(&f->queue_lock);
	w = word_at(f, port);
	if (w) {
		word_clear(w, BIT(MASKED));
		pending = word_test(w, BIT(PENDING));
	}
	spin_unlock(&f->queue_lock);
	if (pending)
		fifo_raise(d, port, p);
}

/* A port already queued stays where it is; the next time counts. */
static int fifo_set_priority(struct port *p, u32 priority)
{
	if (priority > EVTCHN_FIFO_PRIORITY_MIN)
		return -EINVAL;
	WRITE_ONCE(p->priority, (u8)priority);
	return 0;
}

static const struct event_abi fifo_abi = {
	.max_ports = EVTCHN_FIFO_NR_CHANNELS,
	.raise = fifo_raise,
	.is_pending = fifo_is_pending,
	.clear = fifo_clear,
	.unmask = fifo_unmask,
	.set_priority = fifo_set_priority,
	.is_busy = fifo_is_busy,
};

/* ---- frames the guest gives ---- */
static void *hold_frame(struct domain *d, u64 gfn)
{
	mfn_t m = MFN(gfn);

	if (!mfn_valid(m) || page_get_and_type(mfn_to_page(m), d, PGT_writable))
		return NULL;
	return mfn_to_virt(m);
}

static void drop_frame(void *va)
{
	if (va)
		page_put_and_type(mfn_to_page(virt_to_mfn(va)));
}

/* ---- changing over ---- */
/* Events that wait in the two-level bits must not be forgotten. */
static void take_over_pending(struct domain *d)
{
	u32 port, nr = min(d->event->nr_valid, (u32)EVTCHN_2L_NR_CHANNELS);

	for (port = 1; port < nr; port++)
		if (bit_test(d->shared_info->evtchn_pending, port))
			port_at(d, port)->fifo_pending = 1;
}

static int fifo_start(struct domain *d)
{
	struct event_domain *e = d->event;
	struct fifo_domain *f;

	if (!e->fifo) {
		f = hv_alloc(sizeof(*f) + d->max_vcpus * sizeof(f->vcpu[0]));
		if (!f)
			return -ENOMEM;
		spin_lock_init(&f->queue_lock, LOCK_EVQUEUE);
		e->fifo = f;
	}
	take_over_pending(d);
	STORE_REL(e->abi, &fifo_abi);
	return 0;
}

int event_init_control(struct domain *d, u64 gfn, u32 offset, u32 vcpu)
{
	struct event_domain *e = d->event;
	struct fifo_vcpu *fv;
	void *va;
	int rc = 0;

	if (!domain_vcpu(d, vcpu))
		return -ENOENT;
	vcpu = (u32)index_nospec(vcpu, d->max_vcpus);
	if (offset > PAGE_SIZE - sizeof(*fv->control) || (offset & 7))
		return -EINVAL;
	va = hold_frame(d, gfn);
	if (!va)
		return -EINVAL;
	spin_lock(&e->lock);
	if (e->abi != &fifo_abi)
		rc = fifo_start(d);
	if (!rc) {
		fv = &e->fifo->vcpu[vcpu];
		spin_lock(&e->fifo->queue_lock);
		if (fv->control)
			rc = -EINVAL;
		else
			fv->control = (void *)((u8 *)va + offset);
		spin_unlock(&e->fifo->queue_lock);
	}
	spin_unlock(&e->lock);
	if (rc)
		drop_frame(va);
	return rc;
}

/* What was raised while the page was missing. */
static void raise_saved(struct domain *d, u32 first)
{
	struct port *p;
	u32 i;

	for (i = first; i < first + WORDS_PER_PAGE; i++) {
		p = port_at(d, i);
		if (!p || !p->fifo_pending)
			continue;
		p->fifo_pending = 0;
		if (p->state != PORT_FREE)
			fifo_raise(d, i, p);
	}
}

int event_expand_array(struct domain *d, u64 gfn)
{
	struct event_domain *e = d->event;
	struct fifo_domain *f;
	void *va;
	int rc;

	va = hold_frame(d, gfn);
	spin_lock(&e->lock);
	f = e->fifo;
	if (e->abi != &fifo_abi) {
		rc = -EOPNOTSUPP;
	} else if (f->nr_pages == MAX_PAGES) {
		rc = -ENOSPC;
	} else if (!va) {
		rc = -EINVAL;
	} else {
		spin_lock(&f->queue_lock);
		WRITE_ONCE(f->frame[f->nr_pages], (u32)gfn);
		spin_unlock(&f->queue_lock);
		raise_saved(d, f->nr_pages * (u32)WORDS_PER_PAGE);
		f->nr_pages++;
		rc = 0;
	}
	spin_unlock(&e->lock);
	if (rc)
		drop_frame(va);
	return rc;
}

/* Back to two levels, without events; all ports are closed. */
void fifo_stop(struct domain *d)
{
	struct event_domain *e = d->event;
	struct fifo_domain *f = e->fifo;
	struct evtchn_fifo_control_block *c;
	u32 i, mfn;

	if (!f)
		return;
	spin_lock(&e->lock);
	STORE_REL(e->abi, &twolevel_abi);
	for (i = 0; i < d->max_vcpus; i++) {
		spin_lock(&f->queue_lock);
		c = f->vcpu[i].control;
		f->vcpu[i] = (struct fifo_vcpu){0};
		spin_unlock(&f->queue_lock);
		drop_frame((void *)((u64)c & ~(PAGE_SIZE - 1ull)));
	}
	for (i = 0; i < f->nr_pages; i++) {
		spin_lock(&f->queue_lock);
		mfn = f->frame[i];
		WRITE_ONCE(f->frame[i], 0);
		spin_unlock(&f->queue_lock);
		drop_frame(mfn_to_virt(MFN(mfn)));
	}
	f->nr_pages = 0;
	spin_unlock(&e->lock);
}

void event_count_frames(struct domain *d, void (*held)(u64 mfn, bool writable))
{
	const struct fifo_domain *f = d->event ? d->event->fifo : NULL;
	u32 i;

	if (!f)
		return;
	for (i = 0; i < d->max_vcpus; i++)
		if (f->vcpu[i].control)
			held(virt_to_mfn(f->vcpu[i].control).v, true);
	for (i = 0; i < f->nr_pages; i++)
		held(f->frame[i], true);
}
