/* The store client against a store daemon: $STORE_DAEMON, socket only. */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "xs_client.h"

static char dir[] = "/tmp/xs-client-XXXXXX", path[64], pidfile[64];
static struct xs_client *a, *b;
static pid_t daemon_pid;

static void start_daemon(void)
{
	const char *program = getenv("STORE_DAEMON");

	ck_assert_msg(program != NULL, "STORE_DAEMON is not set");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/socket", dir);
	snprintf(pidfile, sizeof(pidfile), "%s/pid", dir);
	daemon_pid = fork();
	if (daemon_pid)
		return;
	if (!freopen("/dev/null", "w", stderr))
		_exit(1);
	execl(program, program, "-N", "-D", "--no-state", "-s", path, "-F",
	      pidfile, NULL);
	_exit(1);
}

static void setup(void)
{
	int tries = 1000;

	start_daemon();
	while (xsc_open(&a, path) && tries--)
		usleep(10000);
	ck_assert_int_eq(xsc_open(&b, path), 0);
}

static void teardown(void)
{
	int status;

	xsc_close(a);
	xsc_close(b);
	kill(daemon_pid, SIGTERM);
	ck_assert_int_eq(waitpid(daemon_pid, &status, 0), daemon_pid);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	rmdir(dir);
}

START_TEST(values_come_back)
{
	uint64_t n;
	size_t len;
	char *val;

	ck_assert_int_eq(xsc_write(a, 0, "/t/bin", "x\0y", 3), 0);
	ck_assert_int_eq(xsc_read(b, 0, "/t/bin", &val, &len), 0);
	ck_assert_uint_eq(len, 3);
	ck_assert_int_eq(memcmp(val, "x\0y", 4), 0);
	free(val);
	ck_assert_int_eq(xsc_printf(a, 0, "/t/n", "%d", 42), 0);
	ck_assert_int_eq(xsc_read_u64(b, 0, "/t/n", &n), 0);
	ck_assert_uint_eq(n, 42);
	ck_assert_int_eq(xsc_read_u64(b, 0, "/t/bin", &n), -EINVAL);
	ck_assert_int_eq(xsc_readf(a, 0, &val, "/t/%s", "none"), -ENOENT);
	ck_assert_int_eq(xsc_read(a, 0, "//", &val, NULL), -EINVAL);
	ck_assert_int_eq(xsc_mkdir(a, 0, "/t/d"), 0);
	ck_assert_int_eq(xsc_rm(a, 0, "/t"), 0);
	ck_assert_int_eq(xsc_rm(a, 0, "/t/d"), -ENOENT);
}
END_TEST

START_TEST(directories_of_any_size)
{
	unsigned int count, i, n[] = {0, 1, 5, 2000};
	char **names, node[64], want[32];

	for (i = 0; i < sizeof(n) / sizeof(n[0]); i++) {
		xsc_rm(a, 0, "/many");
		xsc_mkdir(a, 0, "/many");
		for (unsigned int k = 0; k < n[i]; k++) {
			snprintf(node, sizeof(node), "/many/child-%05u", k);
			ck_assert_int_eq(xsc_mkdir(a, 0, node), 0);
		}
		ck_assert_int_eq(xsc_directory(b, 0, "/many", &names, &count),
				 0);
		ck_assert_uint_eq(count, n[i]);
		ck_assert_ptr_null(names[count]);
		for (unsigned int k = 0; k < n[i]; k++) {
			snprintf(want, sizeof(want), "child-%05u", k);
			ck_assert_str_eq(names[k], want);
		}
		free(names);
	}
	ck_assert_int_eq(xsc_directory(b, 0, "/none", &names, NULL), -ENOENT);
}
END_TEST

START_TEST(permissions_come_back)
{
	struct xsc_perm p[] = {{0, 'n'}, {5, 'r'}, {6, 'b'}}, *got;
	unsigned int count;

	xsc_mkdir(a, 0, "/p");
	ck_assert_int_eq(xsc_set_perms(a, 0, "/p", p, 3), 0);
	ck_assert_int_eq(xsc_get_perms(b, 0, "/p", &got, &count), 0);
	ck_assert_uint_eq(count, 3);
	for (unsigned int i = 0; i < count; i++) {
		ck_assert_uint_eq(got[i].domid, p[i].domid);
		ck_assert_int_eq(got[i].access, p[i].access);
	}
	free(got);
	p[0].access = 'x';
	ck_assert_int_eq(xsc_set_perms(a, 0, "/p", p, 3), -EINVAL);
}
END_TEST

START_TEST(conflicting_commit_says_eagain)
{
	uint32_t tx;
	char *val;

	xsc_write(a, 0, "/c", "old", 3);
	ck_assert_int_eq(xsc_tx_start(a, &tx), 0);
	ck_assert_int_eq(xsc_write(a, tx, "/c", "mine", 4), 0);
	ck_assert_int_eq(xsc_write(b, 0, "/c", "theirs", 6), 0);
	ck_assert_int_eq(xsc_tx_end(a, tx, true), -EAGAIN);
	ck_assert_int_eq(xsc_tx_start(a, &tx), 0);
	ck_assert_int_eq(xsc_write(a, tx, "/c", "mine", 4), 0);
	ck_assert_int_eq(xsc_tx_end(a, tx, true), 0);
	ck_assert_int_eq(xsc_read(b, 0, "/c", &val, NULL), 0);
	ck_assert_str_eq(val, "mine");
	free(val);
	ck_assert_int_eq(xsc_tx_end(a, tx, false), -ENOENT);
}
END_TEST

static void expect_event(const char *where, const char *token)
{
	struct xsc_event ev;

	ck_assert_int_eq(xsc_next_event(a, &ev, 5000), 0);
	ck_assert_str_eq(ev.path, where);
	ck_assert_str_eq(ev.token, token);
	free(ev.path);
}

START_TEST(events_wait_while_requests_are_made)
{
	struct xsc_event ev;
	char *val;

	ck_assert_int_eq(xsc_watch(a, "/w", "tok"), 0);
	ck_assert_int_eq(xsc_watch(a, "/w", "tok"), -EEXIST);
	for (int i = 0; i < 50; i++) {
		ck_assert_int_eq(xsc_printf(b, 0, "/w", "%d", i), 0);
		ck_assert_int_eq(xsc_read(a, 0, "/w", &val, NULL), 0);
		ck_assert_int_eq(atoi(val), i);
		free(val);
	}
	for (int i = 0; i < 51; i++)
		expect_event("/w", "tok");
	ck_assert_int_eq(xsc_next_event(a, &ev, 0), -EAGAIN);
	ck_assert_int_eq(xsc_next_event(a, &ev, 20), -EAGAIN);
	ck_assert_int_eq(xsc_unwatch(a, "/w", "tok"), 0);
	ck_assert_int_eq(xsc_unwatch(a, "/w", "tok"), -ENOENT);
}
END_TEST

START_TEST(requests_about_domains)
{
	const char *help[] = {"help"}, *bad[] = {"nonsense"};
	char *text;

	ck_assert_int_eq(xsc_is_introduced(a, 0), 1);
	ck_assert_int_eq(xsc_is_introduced(a, 7), 0);
	ck_assert_int_eq(xsc_domain_path(a, 7, &text), 0);
	ck_assert_str_eq(text, "/local/domain/7");
	free(text);
	ck_assert_int_eq(xsc_release(a, 7), -ENOENT);
	ck_assert_int_eq(xsc_resume(a, 7), -ENOENT);
	ck_assert_int_eq(xsc_set_target(a, 7, 8), -ENOENT);
	ck_assert_int_eq(xsc_introduce(a, 7, 1, 0), -EINVAL);
	ck_assert_int_eq(xsc_control(a, help, 1, &text), 0);
	ck_assert_ptr_nonnull(strstr(text, "quota"));
	free(text);
	ck_assert_int_eq(xsc_control(a, bad, 1, &text), -EINVAL);
}
END_TEST

START_TEST(too_long_requests_stay_here)
{
	char big[5000];
	char *val;

	memset(big, 'x', sizeof(big));
	ck_assert_int_eq(xsc_write(a, 0, "/big", big, sizeof(big)), -E2BIG);
	ck_assert_int_eq(xsc_read(a, 0, "/big", &val, NULL), -ENOENT);
}
END_TEST

START_TEST(daemon_goes_away)
{
	struct xsc_event ev;
	struct xs_client *c;
	char *val;

	ck_assert_int_eq(xsc_mkdir(a, 0, "/alive"), 0);
	kill(daemon_pid, SIGKILL);
	waitpid(daemon_pid, NULL, 0);
	ck_assert_int_eq(xsc_next_event(a, &ev, 5000), -ECONNRESET);
	ck_assert_int_eq(xsc_read(a, 0, "/x", &val, NULL), -ECONNRESET);
	ck_assert_int_eq(xsc_read(b, 0, "/x", &val, NULL), -ECONNRESET);
	ck_assert_int_eq(xsc_open(&c, path), -ECONNREFUSED);
	ck_assert_int_eq(xsc_open(&c, "/nonexistent"), -ENOENT);
	unlink(path);
	unlink(pidfile);
	rmdir(dir);
	strcpy(strrchr(dir, '-'), "-XXXXXX");
	xsc_close(a);
	xsc_close(b);
	setup();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("store client");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, values_come_back);
	tcase_add_test(t, directories_of_any_size);
	tcase_add_test(t, permissions_come_back);
	tcase_add_test(t, conflicting_commit_says_eagain);
	tcase_add_test(t, events_wait_while_requests_are_made);
	tcase_add_test(t, requests_about_domains);
	tcase_add_test(t, too_long_requests_stay_here);
	tcase_add_test(t, daemon_goes_away);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
