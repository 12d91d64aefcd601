/*
 * xen/xs_wire.h: the xenstore protocol, on the ring and on the socket
 */
#ifndef PVABI_XEN_XS_WIRE_H
#define PVABI_XEN_XS_WIRE_H

#include <xen/types.h>

enum xsd_sockmsg_type {
	XS_CONTROL = 0,
	XS_DIRECTORY = 1,
	XS_READ = 2,
	XS_GET_PERMS = 3,
	XS_WATCH = 4,
	XS_UNWATCH = 5,
	XS_TRANSACTION_START = 6,
	XS_TRANSACTION_END = 7,
	XS_INTRODUCE = 8,
	XS_RELEASE = 9,
	XS_GET_DOMAIN_PATH = 10,
	XS_WRITE = 11,
	XS_MKDIR = 12,
	XS_RM = 13,
	XS_SET_PERMS = 14,
	XS_WATCH_EVENT = 15,
	XS_ERROR = 16,
	XS_IS_DOMAIN_INTRODUCED = 17,
	XS_RESUME = 18,
	XS_SET_TARGET = 19,
	XS_RESET_WATCHES = 21,
	XS_DIRECTORY_PART = 22,
	XS_TYPE_COUNT = 23,
	XS_INVALID = 0xffff,
};

/* Header of every message; len bytes follow. */
struct xsd_sockmsg {
	uint32_t type;
	uint32_t req_id; /* chosen by the client, echoed */
	uint32_t tx_id;	 /* 0 outside a transaction */
	uint32_t len;
};

/* Position of the strings of a WATCH_EVENT. */
enum xs_watch_type {
	XS_WATCH_PATH = 0,
	XS_WATCH_TOKEN,
};

#define XENSTORE_PAYLOAD_MAX  4096
#define XENSTORE_ABS_PATH_MAX 3072
#define XENSTORE_REL_PATH_MAX 2048

#define XENSTORE_RING_SIZE    1024

typedef uint32_t XENSTORE_RING_IDX;

#define MASK_XENSTORE_IDX(idx)		     ((idx) & (XENSTORE_RING_SIZE - 1))

#define XENSTORE_SERVER_FEATURE_RECONNECTION 1
#define XENSTORE_SERVER_FEATURE_ERROR	     2

#define XENSTORE_CONNECTED		     0
#define XENSTORE_RECONNECT		     1

#define XENSTORE_ERROR_NONE		     0
#define XENSTORE_ERROR_COMM		     1
#define XENSTORE_ERROR_RINGIDX		     2
#define XENSTORE_ERROR_PROTO		     3

struct xenstore_domain_interface {
	char req[XENSTORE_RING_SIZE];
	char rsp[XENSTORE_RING_SIZE];
	XENSTORE_RING_IDX req_cons, req_prod;
	XENSTORE_RING_IDX rsp_cons, rsp_prod;
	uint32_t server_features; /* XENSTORE_SERVER_FEATURE_* */
	uint32_t connection;	  /* XENSTORE_CONNECTED or _RECONNECT */
	uint32_t error;		  /* XENSTORE_ERROR_* */
};

#endif
