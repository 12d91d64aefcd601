/*
 * ctl/vif.h: what vif = [ ... ] says about one network interface
 *
 * The language of xl-network-configuration(5), as far as PV guests use it.
 *
 * Owns:       its strings, until vif_free()
 * Invariants: a parsed interface has a mac; rate is 0 or both its halves are
 *             not
 */
#ifndef CTL_VIF_H
#define CTL_VIF_H

#include <stdint.h>

#include <json-c/json.h>

#define MAC_TEXT 18 /* with NUL */

struct vif {
	char mac[MAC_TEXT];
	char *bridge;	     /* NULL = the default bridge */
	char *vifname;	     /* of the back end's interface; NULL = vifN.M */
	char *ip;	     /* addresses of the guest, separated by spaces */
	char *backend;	     /* domain with the back end; NULL = domain 0 */
	char *script;	     /* hotplug script; NULL = "vif-bridge" */
	char *gatewaydev;    /* for routed set-ups; NULL = none */
	uint64_t rate_bytes; /* per interval; 0 = no limit */
	uint32_t rate_usecs; /* the interval */
	unsigned int mtu;    /* 0 = the bridge's */
	int devid;	     /* -1 = the next free one */
};

/**
 * vif_parse() - understand one specification; "" is fine
 * @v: set on success only; a mac is made up when none is given
 *
 * Returns:  0 or -EINVAL with err_set() a sentence without the subject
 */
int vif_parse(const char *spec, struct vif *v);

/** vif_parse_words() - the same of several words, joined by commas */
int vif_parse_words(char *const *words, int n, struct vif *v);

/** vif_free() - release it; zeroed memory is fine */
void vif_free(struct vif *v);

/** vif_json() - the same as an object */
struct json_object *vif_json(const struct vif *v);

#endif /* CTL_VIF_H */
