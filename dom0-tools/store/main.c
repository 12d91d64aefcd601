/*
 * vane-stored: the store daemon
 *
 * One thread around poll(): local clients, event channels, signals. SIGTERM
 * and SIGINT save state and end, SIGUSR1 hands over to a new incarnation,
 * SIGHUP reopens the log.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hyp.h"
#include "lib/clock.h"
#include "lib/daemon.h"
#include "lib/err.h"
#include "lib/log.h"
#include "options.h"
#include "sock.h"
#include "state_file.h"
#include "store.h"

#define RETRY_MS 1000 /* between attempts to save */

struct daemon {
	struct options opt;
	struct store store;
	struct hyp *hyp; /* NULL with --no-hypervisor */
	struct socks *socks;
	int signals; /* signalfd */
	struct state_file file;
	int64_t tried_at;    /* ms; when saving last failed */
	const char *logfile; /* the current one */
	char *logname;	     /* allocated, when CONTROL named it */
	char self[512];	     /* path of the program */
	char **argv;
	bool ending;
};

static int op_introduce(void *io, struct dom *d, uint64_t mfn,
			unsigned int port)
{
	struct daemon *m = io;

	return m->hyp ? hyp_introduce(m->hyp, d, mfn, port) : -ENOSYS;
}

static void op_disconnect(void *io, struct dom *d)
{
	struct daemon *m = io;

	if (m->hyp)
		hyp_disconnect(m->hyp, d);
}

static struct conn *op_adopt(void *io, uint32_t key)
{
	struct daemon *m = io;

	return m->opt.inherited >= 0 ? sock_adopt(m->socks, key) : NULL;
}

static bool op_domain_exists(void *io, unsigned int domid)
{
	struct daemon *m = io;

	return !m->hyp || hyp_domain_exists(m->hyp, domid);
}

static int op_control_log(void *io, const char *word)
{
	struct daemon *m = io;
	char *name;
	int rc;

	if (!strcmp(word, "on") || !strcmp(word, "off")) {
		m->store.trace = !strcmp(word, "on");
		return 0;
	}
	if (word[0] != '/')
		return -EINVAL;
	name = strdup(word);
	if (!name)
		return -ENOMEM;
	rc = log_to_file(name);
	if (rc) {
		free(name);
		return rc;
	}
	free(m->logname);
	m->logfile = m->logname = name;
	return 0;
}

static void op_log(void *io, const char *line)
{
	log_info("%s", line);
}

/* Until the first snapshot there is nothing to append to. */
static int op_note(void *io, const void *record, size_t len)
{
	struct daemon *m = io;

	return m->opt.state ? state_file_append(&m->file, record, len) : 0;
}

static const struct store_ops ops = {
	.introduce = op_introduce,
	.disconnect = op_disconnect,
	.adopt = op_adopt,
	.domain_exists = op_domain_exists,
	.note = op_note,
	.control_log = op_control_log,
	.log = op_log,
};

static void save_now(struct daemon *m)
{
	if (!m->opt.state)
		return;
	m->store.changed = false;
	if (state_file_save(&m->file, &m->store)) {
		log_error("%s", err_text());
		m->store.changed = true;
		m->tried_at = clock_ms();
	}
}

/* Milliseconds until saving is to be tried again; -1 when all is saved. */
static int save_if_due(struct daemon *m)
{
	int64_t left;

	if (!m->store.changed || !m->opt.state)
		return -1;
	left = m->tried_at ? m->tried_at + RETRY_MS - clock_ms() : 0;
	if (left > 0)
		return left;
	m->tried_at = 0;
	save_now(m);
	return m->store.changed ? RETRY_MS : -1;
}

#define MAX_ARGS 64

/* The arguments of the next incarnation: ours, but those of one start only. */
static void next_args(struct daemon *m, char **args, char *inherited)
{
	static char restart[] = "--restart";
	size_t n = 0;
	char **arg;

	for (arg = m->argv; *arg && n < MAX_ARGS - 3; arg++)
		if (strncmp(*arg, "--inherited=", 12) &&
		    strcmp(*arg, "--restart") && strcmp(*arg, "--fresh"))
			args[n++] = *arg;
	args[n++] = restart;
	args[n++] = inherited;
	args[n] = NULL;
}

/* Replace the program under our feet. Comes back only if that fails. */
static void hand_over(struct daemon *m)
{
	char *args[MAX_ARGS], inherited[32];
	sigset_t none, old;

	if (!m->opt.state) {
		log_error("cannot hand over with --no-state");
		return;
	}
	m->store.handing_over = true;
	if (state_file_save(&m->file, &m->store)) {
		log_error("cannot hand over: %s", err_text());
		m->store.handing_over = false;
		return;
	}
	log_info("handing over to %s", m->self);
	snprintf(inherited, sizeof(inherited), "--inherited=%d",
		 sock_keep(m->socks, true));
	next_args(m, args, inherited);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, &old);
	execv(m->self, args);
	log_error("cannot run %s: %s; going on", m->self, err_str(errno));
	sigprocmask(SIG_SETMASK, &old, NULL);
	sock_keep(m->socks, false);
	m->store.handing_over = false;
	m->store.changed = true;
}

static void handle_signal(struct daemon *m)
{
	int sig = daemon_signal(m->signals);

	if (sig == SIGUSR1) {
		hand_over(m);
	} else if (sig && sig != SIGHUP) {
		log_info("signal %d: ending", sig);
		m->ending = true;
	} else if (sig && m->logfile && log_to_file(m->logfile)) {
		log_error("%s", err_text());
	}
}

/* What poll() waits for: signals, event channels, then the sockets. */
struct waiting {
	struct pollfd *p;
	size_t cap, n;
};

static int prepare(struct daemon *m, struct waiting *w)
{
	size_t need = 2 + sock_count(m->socks);
	struct pollfd *p;

	if (need > w->cap) {
		p = realloc(w->p, 2 * need * sizeof(*p));
		if (!p)
			return err_set(-ENOMEM, "out of memory");
		w->p = p;
		w->cap = 2 * need;
	}
	w->p[0] = (struct pollfd){.fd = m->signals, .events = POLLIN};
	w->p[1] = (struct pollfd){.fd = m->hyp ? hyp_fd(m->hyp) : -1,
				  .events = POLLIN};
	w->n = 2 + sock_poll(m->socks, w->p + 2, w->cap - 2);
	return 0;
}

static int serve(struct daemon *m)
{
	struct waiting w = {.p = NULL};
	int more = 0; /* rings may have been filled before we came */
	int rc = 0, timeout;

	while (!rc && !m->ending) {
		timeout = save_if_due(m);
		rc = prepare(m, &w);
		if (rc)
			break;
		if (poll(w.p, w.n, clock_sooner(timeout, more)) < 0) {
			if (errno != EINTR)
				rc = err_set(-errno, "poll: %s",
					     err_str(errno));
			continue;
		}
		if (w.p[0].revents)
			handle_signal(m);
		if (w.p[1].revents)
			hyp_event(m->hyp);
		sock_handle(m->socks, w.p + 2, w.n - 2);
		more = m->hyp ? hyp_service(m->hyp) : -1;
	}
	free(w.p);
	return rc;
}

static void apply_quotas(struct quotas *q, const struct quotas *chosen)
{
#define QUOTA(field, value, name, meaning) \
	if (chosen->field)                 \
		q->field = chosen->field;
#include "quota.def"
#undef QUOTA
}

static int load_state(struct daemon *m)
{
	int rc = -ENOENT;

	if (m->opt.state && !m->opt.fresh)
		rc = state_file_load(&m->file, &m->store);
	if (!rc) {
		log_info("continuing from %s", m->opt.state);
		if (m->hyp)
			hyp_check_domains(m->hyp);
	} else if (rc == -ENOENT) {
		rc = m->opt.restart
			     ? err_set(rc,
				       "no state of this boot in %s; start "
				       "without --restart",
				       m->opt.state ? m->opt.state : "no file")
			     : 0;
	}
	return rc;
}

static int start(struct daemon *m)
{
	int rc;

	daemon_make_dirs(m->opt.socket);
	if (m->opt.state)
		daemon_make_dirs(m->opt.state);
	m->file = (struct state_file){.path = m->opt.state, .fd = -1};
	rc = store_init(&m->store, &ops, m);
	if (rc)
		return err_set(rc, "out of memory");
	m->store.trace = m->opt.trace;
	m->signals = daemon_signals();
	rc = m->signals < 0 ? m->signals : 0;
	if (!rc)
		rc = sock_open(&m->socks, &m->store, m->opt.socket,
			       m->opt.inherited);
	if (!rc && !m->opt.no_hypervisor) {
		rc = hyp_open(&m->hyp, &m->store);
		if (!rc)
			rc = hyp_attach_dom0(m->hyp);
	}
	if (!rc)
		rc = load_state(m);
	apply_quotas(&m->store.quota, &m->opt.quota);
	return rc;
}

static void drop_domains(struct daemon *m)
{
	struct list *p, *tmp;

	list_for_each (p, tmp, &m->store.doms) {
		struct dom *d = list_entry(p, struct dom, link);

		if (d->conn && m->hyp)
			hyp_disconnect(m->hyp, d);
	}
}

static void stop(struct daemon *m)
{
	sock_close(m->socks);
	drop_domains(m);
	store_fini(&m->store);
	hyp_close(m->hyp);
	free(m->logname);
}

static int run(struct daemon *m)
{
	bool again = m->opt.inherited >= 0;
	int rc = 0;

	if (again && !m->opt.foreground)
		rc = log_to_file(m->opt.log);
	else if (!m->opt.foreground)
		rc = daemon_detach();
	if (!rc)
		rc = start(m);
	if (!rc && !m->opt.foreground) {
		daemon_make_dirs(m->opt.log);
		rc = log_to_file(m->opt.log);
		m->logfile = m->opt.log;
	}
	if (!rc)
		rc = daemon_ready(m->opt.pid);
	if (rc)
		return rc;
	log_info("serving %s", m->opt.socket);
	m->store.changed = true; /* make the first snapshot */
	rc = serve(m);
	save_now(m);
	state_file_close(&m->file);
	if (m->opt.pid)
		unlink(m->opt.pid);
	return rc;
}

int main(int argc, char **argv)
{
	static struct daemon m;
	int status, rc;

	status = options_parse(&m.opt, argc, argv);
	if (status >= 0)
		return status;
	m.argv = argv;
	if (readlink("/proc/self/exe", m.self, sizeof(m.self) - 1) < 0)
		snprintf(m.self, sizeof(m.self), "%s", argv[0]);
	log_init("vane-stored", m.opt.verbose ? LOG_LVL_DEBUG : LOG_LVL_INFO);
	rc = run(&m);
	if (rc)
		log_error("%s", err_text());
	if (m.store.root)
		stop(&m);
	return rc ? 1 : 0;
}
