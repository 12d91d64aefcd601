/*
 * ctl/monitor.h: the process that stays behind with a domain
 *
 * It waits for the domain's end, tidies up and does what on_poweroff and the
 * like ask for. One process per domain, so that nothing is shared that could
 * fail for all of them.
 */
#ifndef CTL_MONITOR_H
#define CTL_MONITOR_H

#include "ctl/config.h"
#include "ctl/ctl.h"

/**
 * monitor_start() - fork it off
 *
 * @c: the caller's connections, which the child drops
 *
 * Returns once it watches the domain. The child uses connections of its own
 * and logs to /var/log/xen/vane-NAME.log.
 *
 * Returns:  0 or a negative errno with err_set()
 */
int monitor_start(struct ctl *c, const struct config *conf, domid_t domid);

#endif /* CTL_MONITOR_H */
