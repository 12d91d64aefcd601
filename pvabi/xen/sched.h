/*
 * xen/sched.h: sched_op
 */
#ifndef PVABI_XEN_SCHED_H
#define PVABI_XEN_SCHED_H

#include <xen/types.h>

#define SCHEDOP_yield		0
#define SCHEDOP_block		1
#define SCHEDOP_shutdown	2
#define SCHEDOP_poll		3
#define SCHEDOP_remote_shutdown 4
#define SCHEDOP_shutdown_code	5
#define SCHEDOP_watchdog	6
#define SCHEDOP_pin_override	7

#define SHUTDOWN_poweroff	0
#define SHUTDOWN_reboot		1
#define SHUTDOWN_suspend	2
#define SHUTDOWN_crash		3
#define SHUTDOWN_watchdog	4
#define SHUTDOWN_soft_reset	5
#define SHUTDOWN_MAX		5

struct sched_shutdown {
	uint32_t reason; /* SHUTDOWN_* */
};

struct sched_poll {
	GUEST_HANDLE(evtchn_port_t) ports;
	uint32_t nr_ports; /* at most 128 */
	uint64_t timeout;  /* ns of system time, 0 for none */
};

struct sched_remote_shutdown {
	domid_t domain_id;
	uint32_t reason;
};

struct sched_watchdog {
	uint32_t id;	  /* 0 to obtain one */
	uint32_t timeout; /* seconds, 0 to stop */
};

struct sched_pin_override {
	int32_t pcpu; /* negative undoes the override */
};

#endif
