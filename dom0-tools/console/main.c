/*
 * vane-consoled: the console daemon
 *
 * One thread around poll(): store events, event channels, terminals, signals.
 * SIGTERM, SIGINT and SIGUSR1 end it, SIGHUP reopens all logs.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "guest.h"
#include "hvlog.h"
#include "lib/clock.h"
#include "lib/daemon.h"
#include "lib/err.h"
#include "lib/log.h"
#include "options.h"
#include "scan.h"

#define RETRY_MS 1000 /* store daemon away, or hypervisor log without event */

struct main {
	struct consoled cd;
	struct options opt;
	struct hvlog hvlog;
	int signals;
	bool ending;
};

static void reopen_logs(struct main *m)
{
	struct guest *g;

	if (!m->opt.foreground && log_to_file(m->opt.log))
		log_error("%s", err_text());
	conlog_reopen(&m->hvlog.log);
	for (g = m->cd.guests; g; g = g->next)
		conlog_reopen(&g->log);
}

static void handle_signal(struct main *m)
{
	int sig = daemon_signal(m->signals);

	if (sig == SIGHUP) {
		reopen_logs(m);
	} else if (sig) {
		log_info("signal %d: ending", sig);
		m->ending = true;
	}
}

static void handle_event_channel(struct main *m)
{
	int port = evtchn_pending(&m->cd.ec);
	struct guest *g;

	if (port < 0) {
		if (port != -EAGAIN && port != -EINTR)
			log_error("event channel: %s", err_str(port));
		return;
	}
	g = guest_by_port(&m->cd, port);
	if (g) {
		guest_event(&m->cd, g);
		return;
	}
	evtchn_unmask(&m->cd.ec, port);
	if (m->hvlog.buf && port == m->hvlog.port)
		hvlog_poll(&m->hvlog, &m->cd);
}

static int next_timeout(struct main *m)
{
	int64_t now = clock_ms();
	int timeout = -1;
	struct guest *g;

	if (!m->cd.xs || (m->hvlog.buf && m->hvlog.port < 0))
		timeout = RETRY_MS;
	for (g = m->cd.guests; g; g = g->next)
		timeout = clock_sooner(timeout, guest_timeout(g, now));
	return timeout;
}

static void run_timers(struct main *m)
{
	struct guest *g, *next;
	int64_t now = clock_ms();

	for (g = m->cd.guests; g; g = next) {
		next = g->next;
		guest_tick(&m->cd, g, now);
	}
	if (m->hvlog.buf && m->hvlog.port < 0)
		hvlog_poll(&m->hvlog, &m->cd);
	if (!m->cd.xs && !scan_connect(&m->cd))
		log_info("connected to the store again");
}

/* Three fixed descriptors, then one per guest in list order. */
enum { P_SIGNALS, P_EVTCHN, P_STORE, P_GUESTS };

struct waiting {
	struct pollfd *p;
	size_t cap, n;
};

static int prepare(struct main *m, struct waiting *w)
{
	size_t need = P_GUESTS;
	struct pollfd *p;
	struct guest *g;

	for (g = m->cd.guests; g; g = g->next)
		need++;
	if (need > w->cap) {
		p = realloc(w->p, 2 * need * sizeof(*p));
		if (!p)
			return err_set(-ENOMEM, "out of memory");
		w->p = p;
		w->cap = 2 * need;
	}
	w->p[P_SIGNALS] = (struct pollfd){.fd = m->signals, .events = POLLIN};
	w->p[P_EVTCHN] = (struct pollfd){.fd = m->cd.ec.fd, .events = POLLIN};
	w->p[P_STORE] = (struct pollfd){.fd = m->cd.xs ? xsc_fd(m->cd.xs) : -1,
					.events = POLLIN};
	w->n = P_GUESTS;
	for (g = m->cd.guests; g; g = g->next)
		guest_poll(g, &w->p[w->n++]);
	return 0;
}

/* Terminals first: what comes later may change the list of guests. */
static void handle(struct main *m, const struct waiting *w)
{
	size_t i = P_GUESTS;
	struct guest *g;

	for (g = m->cd.guests; g; g = g->next)
		guest_tty(&m->cd, g, w->p[i++].revents);
	if (w->p[P_SIGNALS].revents)
		handle_signal(m);
	if (w->p[P_EVTCHN].revents)
		handle_event_channel(m);
	run_timers(m);
}

static int serve(struct main *m)
{
	struct waiting w = {.p = NULL};
	int rc = 0;

	while (!rc && !m->ending) {
		scan_events(&m->cd);
		rc = prepare(m, &w);
		if (rc)
			break;
		if (poll(w.p, w.n, next_timeout(m)) < 0) {
			if (errno != EINTR)
				rc = err_set(-errno, "poll: %s",
					     err_str(errno));
			continue;
		}
		handle(m, &w);
	}
	free(w.p);
	return rc;
}

static int start(struct main *m)
{
	struct consoled *cd = &m->cd;
	char probe[512];
	int rc;

	m->signals = daemon_signals();
	rc = m->signals < 0 ? m->signals : hv_open(&cd->hv);
	if (!rc)
		rc = evtchn_open(&cd->ec);
	if (!rc)
		rc = gntdev_open(&cd->gd);
	if (rc)
		return rc;
	snprintf(probe, sizeof(probe), "%s/", cd->log_dir);
	daemon_make_dirs(probe);
	if (cd->log_hv)
		rc = hvlog_open(&m->hvlog, cd);
	return rc ? rc : scan_connect(cd);
}

static void stop(struct main *m)
{
	struct consoled *cd = &m->cd;

	while (cd->guests)
		guest_free(cd, cd->guests);
	hvlog_close(&m->hvlog, cd);
	xsc_close(cd->xs);
	if (cd->gd.fd >= 0)
		gntdev_close(&cd->gd);
	evtchn_close(&cd->ec);
	hv_close(cd->hv);
}

static int run(struct main *m)
{
	int rc = 0;

	if (!m->opt.foreground)
		rc = daemon_detach();
	if (!rc)
		rc = start(m);
	if (!rc && !m->opt.foreground) {
		daemon_make_dirs(m->opt.log);
		rc = log_to_file(m->opt.log);
	}
	if (!rc)
		rc = daemon_ready(m->opt.pid);
	if (rc)
		return rc;
	log_info("serving consoles, logs in %s", m->cd.log_dir);
	rc = serve(m);
	unlink(m->opt.pid);
	return rc;
}

int main(int argc, char **argv)
{
	static struct main m = {.cd = {.ec = {-1}, .gd = {-1}}};
	int status, rc;

	status = options_parse(&m.opt, &m.cd, argc, argv);
	if (status >= 0)
		return status;
	log_init("vane-consoled", m.opt.verbose ? LOG_LVL_DEBUG : LOG_LVL_INFO);
	rc = run(&m);
	if (rc)
		log_error("%s", err_text());
	stop(&m);
	return rc ? 1 : 0;
}
