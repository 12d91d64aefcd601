/* Unit tests of the store's core: no sockets, no rings, no hypervisor. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/ring.h"
#include "path.h"
#include "ringlink.h"
#include "state.h"
#include "test_client.h"
#include "tx.h"
#include "watch.h"

static struct store store;
static struct conn *dom0;

static void setup(void)
{
	ck_assert_int_eq(store_init(&store, &tc_ops, &store), 0);
	dom0 = conn_new(&store, 0);
}

static void teardown(void)
{
	store_check(&store);
	store_fini(&store);
}

START_TEST(canonical_paths)
{
	char out[PATH_BUF];

	ck_assert_int_eq(path_canonical(out, "a/b", 7, 2048, false), 0);
	ck_assert_str_eq(out, "/local/domain/7/a/b");
	ck_assert_int_eq(path_canonical(out, "@x", 7, 2048, false), -EINVAL);
	ck_assert_int_eq(path_canonical(out, "@x", 7, 2048, true), 0);
	ck_assert(path_is_below("/a/b", "/a") && path_is_below("/a", "/"));
	ck_assert(!path_is_below("/ab", "/a") && !path_is_below("@a", "/"));
	ck_assert_uint_eq(path_depth("/a/b/c", "/a"), 2);
	ck_assert_uint_eq(path_depth("/a/b/c", "/"), 3);
}
END_TEST

START_TEST(snapshot_keeps_its_tree)
{
	struct node *old = node_get(store.root);

	ck_assert(tc_write(dom0, 0, "/a/b", "new"));
	ck_assert_ptr_null(tree_lookup(old, "/a"));
	ck_assert_ptr_nonnull(tree_lookup(store.root, "/a/b"));
	tree_check(old);
	node_put(old);
}
END_TEST

START_TEST(doomed_transaction_sees_one_state)
{
	struct conn *b = conn_new(&store, 0);
	uint32_t tx;

	tc_write(dom0, 0, "/one", "old");
	tc_write(dom0, 0, "/two", "old");
	tx = tc_start(dom0);
	ck_assert_str_eq(tc_read(dom0, tx, "/one"), "old");
	tc_write(b, 0, "/one", "new");
	tc_write(b, 0, "/two", "new");
	ck_assert_str_eq(tc_read(dom0, tx, "/two"), "old");
	ck_assert_str_eq(tc_end(dom0, tx), "EAGAIN");
	ck_assert_str_eq(tc_read(dom0, 0, "/two"), "new");
}
END_TEST

START_TEST(commit_merges_with_unrelated_changes)
{
	struct conn *b = conn_new(&store, 0);
	uint32_t tx;

	tc_write(dom0, 0, "/x/gone/deep", "");
	tc_write(dom0, 0, "/y/theirs", "1");
	tx = tc_start(dom0);
	ck_assert(tc_say(dom0, XS_RM, tx, "/x/gone"));
	ck_assert(tc_write(dom0, tx, "/x/new/deep", "2"));
	tc_write(b, 0, "/y/theirs", "3");
	tc_write(b, 0, "/y/more", "4");
	ck_assert_str_eq(tc_read(dom0, tx, "/y/more"), "4");
	ck_assert_str_eq(tc_end(dom0, tx), "OK");
	ck_assert_str_eq(tc_read(b, 0, "/x/new/deep"), "2");
	ck_assert_str_eq(tc_read(b, 0, "/x/gone/deep"), "ENOENT");
	ck_assert_str_eq(tc_read(b, 0, "/y/theirs"), "3");
}
END_TEST

START_TEST(watch_depth_limits_events)
{
	static const char w[] = "/d\0tok\0"
				"1";

	ck_assert_uint_eq(tc_ask(dom0, XS_WATCH, 0, w, sizeof(w))->type,
			  XS_WATCH);
	tc_events(dom0);
	struct conn *b = conn_new(&store, 0);
	tc_write(b, 0, "/d", "");
	tc_write(b, 0, "/d/e", "");
	tc_write(b, 0, "/d/e/f", "");
	ck_assert_str_eq(tc_events(dom0), "/d:tok /d/e:tok");
}
END_TEST

START_TEST(ring_copies_around_its_end)
{
	char data[16], out[16];
	uint32_t cons = UINT32_MAX - 4, prod = cons;
	struct ring r = {data, sizeof(data), &cons, &prod};
	int i;

	for (i = 0; i < 100; i++) {
		ck_assert_int_eq(ring_put(&r, "0123456789abcdefgh", 11), 11);
		ck_assert_int_eq(ring_room(&r), 5);
		ck_assert_int_eq(ring_take(&r, out, 3), 3);
		ck_assert_int_eq(ring_take(&r, out + 3, 99), 8);
		ck_assert_int_eq(memcmp(out, "0123456789a", 11), 0);
	}
	ck_assert_int_eq(ring_put(&r, "0123456789abcdefgh", 18), 16);
	ck_assert_int_eq(ring_put(&r, "x", 1), 0);
	prod++;
	ck_assert_int_eq(ring_avail(&r), -EPROTO);
	ck_assert_int_eq(ring_room(&r), -EPROTO);
	ck_assert_int_eq(ring_take(&r, out, 1), -EPROTO);
	ck_assert_int_eq(ring_put(&r, out, 1), -EPROTO);
}
END_TEST

START_TEST(ring_indices_out_of_range_end_one_client)
{
	struct xenstore_domain_interface page = {.req_prod = 1025};
	struct conn *c = tc_domain(&store, 5);
	bool notify = false;

	ringlink_announce(&page);
	ck_assert_int_eq(ringlink_service(&page, c, &notify), RINGLINK_IDLE);
	ck_assert(notify);
	ck_assert_uint_eq(page.error, XENSTORE_ERROR_RINGIDX);
	ck_assert(tc_write(dom0, 0, "/still", "serving"));
	page.connection = XENSTORE_RECONNECT;
	ringlink_service(&page, c, &notify);
	ck_assert_uint_eq(page.connection, XENSTORE_CONNECTED);
	ck_assert_uint_eq(page.error, XENSTORE_ERROR_NONE);
	ck_assert_uint_eq(page.req_prod, 0);
	ck_assert_uint_eq(c->bad, 0);
}
END_TEST

START_TEST(half_a_request_stays_in_the_ring)
{
	struct xenstore_domain_interface page = {.req_prod = 0};
	struct {
		struct xsd_sockmsg hdr;
		char body[8];
	} m = {{XS_MKDIR, 1, 0, 8}, "abcdefg"};
	struct conn *c = tc_domain(&store, 5);
	bool notify = false;
	size_t i;

	tc_write(dom0, 0, "/local/domain/5", "");
	tc_ask(dom0, XS_SET_PERMS, 0, "/local/domain/5\0n5", 19);
	memcpy(page.req, &m, sizeof(m));
	for (i = 1; i < sizeof(m); i++) {
		page.req_prod = i;
		ck_assert_int_eq(ringlink_service(&page, c, &notify),
				 RINGLINK_SOON);
		ck_assert_uint_eq(page.req_cons, 0);
	}
	page.req_prod = i;
	ringlink_service(&page, c, &notify);
	ck_assert_uint_eq(page.req_cons, sizeof(m));
	ck_assert_uint_eq(page.rsp_prod, sizeof(struct xsd_sockmsg) + 3);
	ck_assert_str_eq(tc_read(c, 0, "abcdefg"), "");
}
END_TEST

/* A store with a bit of everything that is saved. */
static void fill(void)
{
	static const char w[] = "rel\0token", partial[] = {11, 0, 0, 0, 9};
	struct conn *c = tc_domain(&store, 5), *d = tc_domain(&store, 6);

	tc_say(dom0, XS_RM, 0, "/tool");
	tc_write(dom0, 0, "/local/domain/5", "");
	tc_ask(dom0, XS_SET_PERMS, 0, "/local/domain/5\0n5\0r6", 22);
	tc_write(c, 0, "a/b", "value");
	tc_start(c);
	tc_ask(c, XS_WATCH, 0, w, sizeof(w));
	tc_write(dom0, 0, "/local/domain/5/rel/x", "fires");
	conn_feed(c, partial, sizeof(partial));
	d->who.target = 5;
	list_del(&dom0->link); /* loading puts domains first */
	list_add_tail(&store.conns, &dom0->link);
	dom0->key = CONN_LOCAL + 9;
	store.handing_over = true;
	tc_ask(dom0, XS_WATCH, 0, "/x\0t", 5);
	store.quota.watches = 77;
}

START_TEST(saved_state_comes_back)
{
	char *one, *two;
	size_t len1, len2;
	struct conn *c;

	fill();
	ck_assert_int_eq(state_save(&store, &one, &len1), 0);
	teardown();
	ck_assert_int_eq(store_init(&store, &tc_ops, &store), 0);
	ck_assert_int_eq(state_load(&store, one, len1, len1), 0);
	store_check(&store);
	store.handing_over = true;
	ck_assert_int_eq(state_save(&store, &two, &len2), 0);
	ck_assert_uint_eq(len1, len2);
	ck_assert_int_eq(memcmp(one, two, len1), 0);
	c = dom_find(&store, 5)->conn;
	ck_assert_str_eq(tc_events(c), "rel:token rel/x:token");
	ck_assert_uint_eq(c->have, 5);
	c->have = 0;
	ck_assert(tc_write(c, 1, "in/tx", ""));
	ck_assert_str_eq(tc_end(c, 1), "EAGAIN");
	ck_assert_uint_eq(tc_start(c), 2);
	c = conn_find(&store, CONN_LOCAL + 9);
	ck_assert_str_eq(tc_events(c), "/x:t");
	ck_assert_ptr_null(tree_lookup(store.root, "/tool"));
	free(one);
	free(two);
}
END_TEST

START_TEST(damaged_state_is_refused)
{
	size_t len, cut, refused = 0;
	char *buf, *copy;

	fill();
	ck_assert_int_eq(state_save(&store, &buf, &len), 0);
	teardown();
	for (cut = 0; cut < len; cut++) {
		/* A block of just this size: reading on would be noticed. */
		copy = malloc(cut ? cut : 1);
		memcpy(copy, buf, cut);
		ck_assert_int_eq(store_init(&store, &tc_ops, &store), 0);
		refused += state_load(&store, copy, cut, len) != 0;
		store_fini(&store);
		free(copy);
	}
	ck_assert_uint_eq(refused, len);
	free(buf);
	setup();
}
END_TEST

/* -- memory runs out ------------------------------------------------------ */

static long allocations_left = -1; /* -1: endless */

static bool may_allocate(void)
{
	return allocations_left < 0 || allocations_left-- > 0;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t m);
void *__real_realloc(void *p, size_t n);
char *__real_strdup(const char *s);
char *__real_strndup(const char *s, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t m);
void *__wrap_realloc(void *p, size_t n);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);

void *__wrap_malloc(size_t n)
{
	return may_allocate() ? __real_malloc(n) : NULL;
}

void *__wrap_calloc(size_t n, size_t m)
{
	return may_allocate() ? __real_calloc(n, m) : NULL;
}

void *__wrap_realloc(void *p, size_t n)
{
	return may_allocate() ? __real_realloc(p, n) : NULL;
}

char *__wrap_strdup(const char *s)
{
	return may_allocate() ? __real_strdup(s) : NULL;
}

char *__wrap_strndup(const char *s, size_t n)
{
	return may_allocate() ? __real_strndup(s, n) : NULL;
}

/* Some of everything; true if nothing was refused. */
static bool busy_client(struct conn *c)
{
	static const char w[] = "/m\0tok", p[] = "/m/x\0n0\0r5\0b6",
			  part[] = "/m\0"
				   "0";
	struct conn *b = conn_new(&store, 0);
	bool ok = b != NULL;
	uint32_t tx;

	ok &= tc_ask(c, XS_WATCH, 0, w, sizeof(w))->type == XS_WATCH;
	ok &= tc_write(c, 0, "/m/x/y/z", "value");
	ok &= tc_ask(c, XS_SET_PERMS, 0, p, sizeof(p))->type == XS_SET_PERMS;
	tx = tc_start(c);
	ok &= tx != 0;
	ok &= tc_write(c, tx, "/m/in/tx", "1");
	ok &= tc_say(c, XS_RM, tx, "/m/x");
	ok &= b && tc_write(b, 0, "/elsewhere", "1");
	ok &= tc_say(c, XS_DIRECTORY, tx, "/m");
	ok &= !strcmp(tc_end(c, tx), "OK");
	ok &= tc_ask(c, XS_DIRECTORY_PART, 0, part, sizeof(part))->type ==
	      XS_DIRECTORY_PART;
	ok &= tc_say(c, XS_RM, 0, "/m");
	ok &= tc_domain(&store, 5) != NULL;
	ok &= !c->bad && b && !b->bad;
	return ok;
}

START_TEST(lost_allocations_leave_a_sound_store)
{
	bool complete = false;
	long n;

	teardown();
	for (n = 0; !complete && n < 2000; n++) {
		setup();
		allocations_left = n;
		complete = busy_client(dom0);
		complete &= allocations_left > 0;
		allocations_left = -1;
		store_check(&store);
		if (!complete)
			teardown();
	}
	ck_assert(complete);
	ck_assert_int_gt(n, 50);
}
END_TEST

START_TEST(lost_allocations_leave_a_sound_restart)
{
	size_t len;
	char *buf;
	int rc = -ENOMEM;
	long n;

	fill();
	ck_assert_int_eq(state_save(&store, &buf, &len), 0);
	teardown();
	for (n = 0; rc && n < 2000; n++) {
		ck_assert_int_eq(store_init(&store, &tc_ops, &store), 0);
		allocations_left = n;
		rc = state_load(&store, buf, len, len);
		allocations_left = -1;
		store_fini(&store);
	}
	ck_assert_int_eq(rc, 0);
	ck_assert_int_gt(n, 20);
	free(buf);
	setup();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("store");
	TCase *t = tcase_create("core");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, canonical_paths);
	tcase_add_test(t, snapshot_keeps_its_tree);
	tcase_add_test(t, doomed_transaction_sees_one_state);
	tcase_add_test(t, commit_merges_with_unrelated_changes);
	tcase_add_test(t, watch_depth_limits_events);
	tcase_add_test(t, ring_copies_around_its_end);
	tcase_add_test(t, ring_indices_out_of_range_end_one_client);
	tcase_add_test(t, half_a_request_stays_in_the_ring);
	tcase_add_test(t, saved_state_comes_back);
	tcase_add_test(t, damaged_state_is_refused);
	tcase_add_test(t, lost_allocations_leave_a_sound_store);
	tcase_add_test(t, lost_allocations_leave_a_sound_restart);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
