/*
 * domain_test.c: making domains and finding them by number
 */
#include <hv/irq.h>
#include "../../tests/host/fake.h"
#include "internal.h"

/* ---- parts of a domain, made or refused ---- */

enum { EVENTS = 1, GRANTS, PIRQS };
static int refused;	  /* which part */
static unsigned int seen; /* found by number while being made */

/* What any other pcpu may do meanwhile. */
static void look(struct domain *d)
{
	struct domain *found = domain_get_by_id(d->id);

	ck_assert_ptr_eq(domain_lookup(d->id), d);
	seen += found != NULL;
	domain_put(found);
	found = domain_next(d->id);
	seen += found != NULL;
	domain_put(found);
}

int event_domain_init(struct domain *d)
{
	look(d);
	return refused == EVENTS ? -ENOMEM : 0;
}

void event_set_max_port(struct domain *d, u32 max_port)
{
}

int event_domain_destroy(struct domain *d)
{
	return 0;
}

void event_domain_free(struct domain *d)
{
}

static unsigned int settled;

/* All pcpus have answered: the number must be gone by now, the struct not. */
void tlb_flush_everywhere(void)
{
	ck_assert_ptr_null(domain_lookup(5));
	settled++;
}

int grant_domain_init(struct domain *d, unsigned int max_frames,
		      unsigned int max_maptrack_frames)
{
	look(d);
	return refused == GRANTS ? -ENOMEM : 0;
}

void grant_set_max_version(struct domain *d, unsigned int version)
{
}

void grant_domain_free(struct domain *d)
{
}

int pirq_domain_init(struct domain *d)
{
	look(d);
	return refused == PIRQS ? -ENOMEM : 0;
}

void pirq_domain_free(struct domain *d)
{
}

void sched_domain_init(struct domain *d)
{
}

void sched_domain_destroy(struct domain *d)
{
}

void time_update_wallclock(struct domain *d)
{
}

void vcpu_free(struct vcpu *v)
{
}

/* ---- */

static struct domain *make(domid_t id, int *rc)
{
	const struct xen_domctl_createdomain cfg = {.max_vcpus = 1};

	return domain_create(id, &cfg, false, rc);
}

static void end(struct domain *d)
{
	settled = 0;
	domain_put(d);
	ck_assert_ptr_null(domain_get_by_id(5)); /* no references left */
	domain_reap();
	ck_assert_uint_eq(settled, 1);
	ck_assert_ptr_null(domain_lookup(5));
}

static void setup(void)
{
	fake_base_init();
	fake_frames_init();
	domains_init();
	refused = 0;
}

START_TEST(half_made_domain_is_not_found)
{
	struct domain *d, *found;
	int rc;

	d = make(5, &rc);
	ck_assert_ptr_nonnull(d);
	ck_assert_uint_eq(seen, 0);
	found = domain_get_by_id(5);
	ck_assert_ptr_eq(found, d);
	domain_put(found);
	found = domain_next(0);
	ck_assert_ptr_eq(found, d);
	domain_put(found);
	ck_assert_ptr_null(make(5, &rc));
	ck_assert_int_eq(rc, -EEXIST);
	end(d);
}
END_TEST

START_TEST(failed_creation_leaves_nothing)
{
	unsigned int before;
	int rc;

	end(make(5, &rc)); /* the table of numbers stays */
	before = fake_allocs;
	refused = _i;
	ck_assert_ptr_null(make(5, &rc));
	ck_assert_int_eq(rc, -ENOMEM);
	ck_assert_uint_eq(seen, 0);
	ck_assert_uint_eq(fake_allocs, before);
	ck_assert_ptr_null(domain_lookup(5));
}
END_TEST

START_TEST(creation_without_memory)
{
	unsigned int before, n;
	struct domain *d = NULL;
	int rc;

	end(make(5, &rc));
	before = fake_allocs;
	for (n = 1; !d; n++) {
		fake_fail_alloc(n);
		d = make(5, &rc);
		fake_fail_alloc(0);
		if (!d) {
			ck_assert_int_eq(rc, -ENOMEM);
			ck_assert_uint_eq(fake_allocs, before);
		}
	}
	ck_assert_uint_gt(n, 3);
	end(d);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("domain");
	TCase *c = tcase_create("domain");

	tcase_add_checked_fixture(c, setup, fake_frames_done);
	tcase_add_test(c, half_made_domain_is_not_found);
	tcase_add_loop_test(c, failed_creation_leaves_nothing, EVENTS,
			    PIRQS + 1);
	tcase_add_test(c, creation_without_memory);
	suite_add_tcase(s, c);
	return fake_main(s);
}
