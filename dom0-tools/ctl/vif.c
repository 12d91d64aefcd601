#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "ctl/vif.h"
#include "lib/err.h"
#include "lib/xalloc.h"

#define RATE_USECS 50000 /* interval when none is given */
#define MIN_MTU	   68
#define MAX_MTU	   65535
#define MAX_DEVID  1023

/* Six bytes in hexadecimal, joined by colons, not a group address. */
static int set_mac(struct vif *v, const char *val)
{
	unsigned char byte[6];
	int end = 0;

	if (*v->mac)
		return err_set(-EINVAL, "mac is given twice");
	if (sscanf(val, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &byte[0],
		   &byte[1], &byte[2], &byte[3], &byte[4], &byte[5],
		   &end) != 6 ||
	    val[end] || strlen(val) != MAC_TEXT - 1)
		return err_set(-EINVAL,
			       "\"%s\" is no mac address; expected one such as "
			       "00:16:3e:12:34:56",
			       val);
	if (byte[0] & 1)
		return err_set(-EINVAL,
			       "mac %s is a group address; its first byte must "
			       "be even",
			       val);
	snprintf(v->mac, sizeof(v->mac), "%02x:%02x:%02x:%02x:%02x:%02x",
		 byte[0], byte[1], byte[2], byte[3], byte[4], byte[5]);
	return 0;
}

/* From the range that the Xen project hands out. */
static int random_mac(struct vif *v)
{
	unsigned char r[3];

	if (getrandom(r, sizeof(r), 0) != sizeof(r))
		return err_set(-EIO, "no random numbers for a mac address");
	snprintf(v->mac, sizeof(v->mac), "00:16:3e:%02x:%02x:%02x", r[0] & 0x7f,
		 r[1], r[2]);
	return 0;
}

/* Of the shape 10Mb/s@50ms: K, M, G are powers of 1000, b is bits. */
static int set_rate(struct vif *v, const char *val)
{
	unsigned long long n, usecs = RATE_USECS;
	char *p;

	if (!isdigit((unsigned char)*val))
		goto bad;
	errno = 0;
	n = strtoull(val, &p, 10);
	if (errno || n > 1000000000ull)
		goto bad;
	if (*p == 'K' || *p == 'M' || *p == 'G') {
		n *= *p == 'K' ? 1000 : *p == 'M' ? 1000000 : 1000000000;
		p++;
	}
	if (*p == 'b')
		n /= 8;
	else if (*p != 'B')
		goto bad;
	if (strncmp(++p, "/s", 2))
		goto bad;
	p += 2;
	if (*p == '@') {
		if (!isdigit((unsigned char)*++p))
			goto bad;
		usecs = strtoull(p, &p, 10);
		if (!strcmp(p, "ms"))
			usecs *= 1000;
		else if (!strcmp(p, "s"))
			usecs *= 1000000;
		else if (strcmp(p, "us"))
			goto bad;
	} else if (*p) {
		goto bad;
	}
	if (!usecs || usecs > 3600000000ull || n > UINT64_MAX / usecs)
		goto bad;
	v->rate_bytes = n * usecs / 1000000;
	v->rate_usecs = usecs;
	if (v->rate_bytes)
		return 0;
bad:
	return err_set(-EINVAL,
		       "rate \"%s\" is not understood; expected one such as "
		       "10Mb/s or 1MB/s@20ms",
		       val);
}

static int set_number(const char *what, const char *val, int min, int max,
		      int *out)
{
	char *end;
	long n = strtol(val, &end, 10);

	if (!isdigit((unsigned char)*val) || *end || n < min || n > max)
		return err_set(-EINVAL,
			       "%s \"%s\" is not a number from %d to %d", what,
			       val, min, max);
	*out = n;
	return 0;
}

static int set_mtu(struct vif *v, const char *val)
{
	int n = 0, rc = set_number("mtu", val, MIN_MTU, MAX_MTU, &n);

	v->mtu = n;
	return rc;
}

static int set_text(char **field, const char *key, const char *val)
{
	if (*field)
		return err_set(-EINVAL, "%s is given twice", key);
	*field = xstrdup(val);
	return 0;
}

/* What the kernel takes as an interface's name. */
static int set_ifname(char **field, const char *key, const char *val)
{
	if (!*val || strlen(val) >= IFNAMSIZ || strpbrk(val, "/ \t:") ||
	    !strcmp(val, ".") || !strcmp(val, ".."))
		return err_set(-EINVAL,
			       "%s \"%s\" is no name for an interface; at most "
			       "%d characters without space, / and :",
			       key, val, IFNAMSIZ - 1);
	return set_text(field, key, val);
}

static int set_type(const char *val)
{
	if (!strcmp(val, "vif") || !strcmp(val, "netfront"))
		return 0;
	return err_set(-EINVAL, "type \"%s\" is not supported; only vif", val);
}

static int keyed(struct vif *v, const char *key, const char *val)
{
	if (!strcmp(key, "mac"))
		return set_mac(v, val);
	if (!strcmp(key, "bridge"))
		return set_ifname(&v->bridge, key, val);
	if (!strcmp(key, "vifname") || !strcmp(key, "ifname"))
		return set_ifname(&v->vifname, key, val);
	if (!strcmp(key, "gatewaydev") || !strcmp(key, "netdev"))
		return set_ifname(&v->gatewaydev, key, val);
	if (!strcmp(key, "ip"))
		return set_text(&v->ip, key, val);
	if (!strcmp(key, "backend"))
		return set_text(&v->backend, key, val);
	if (!strcmp(key, "script"))
		return set_text(&v->script, key, val);
	if (!strcmp(key, "rate"))
		return set_rate(v, val);
	if (!strcmp(key, "mtu"))
		return set_mtu(v, val);
	if (!strcmp(key, "type"))
		return set_type(val);
	if (!strcmp(key, "devid"))
		return set_number(key, val, 0, MAX_DEVID, &v->devid);
	if (!strcmp(key, "model") || !strcmp(key, "accel"))
		return 0; /* of emulated cards */
	return err_set(-EINVAL, "unknown parameter \"%s\"", key);
}

static int one_word(struct vif *v, char *word)
{
	char *eq;

	word += strspn(word, " \t");
	eq = strchr(word, '=');
	if (!eq)
		return *word ? err_set(-EINVAL,
				       "\"%s\" is not of the form "
				       "key=value",
				       word)
			     : 0;
	*eq = '\0';
	return keyed(v, word, eq + 1);
}

int vif_parse(const char *spec, struct vif *v)
{
	struct vif new = {.devid = -1};
	char *text = xstrdup(spec), *word, *next;
	int rc = 0;

	for (word = text; word && !rc; word = next) {
		next = strchr(word, ',');
		if (next)
			*next++ = '\0';
		rc = one_word(&new, word);
	}
	free(text);
	if (!rc && !*new.mac)
		rc = random_mac(&new);
	if (rc)
		vif_free(&new);
	else
		*v = new;
	return rc;
}

int vif_parse_words(char *const *words, int n, struct vif *v)
{
	char *spec = xstrdup(""), *longer;
	int i, rc;

	for (i = 0; i < n; i++) {
		longer = xasprintf("%s%s%s", spec, i ? "," : "", words[i]);
		free(spec);
		spec = longer;
	}
	rc = vif_parse(spec, v);
	free(spec);
	return rc;
}

void vif_free(struct vif *v)
{
	free(v->bridge);
	free(v->vifname);
	free(v->ip);
	free(v->backend);
	free(v->script);
	free(v->gatewaydev);
	memset(v, 0, sizeof(*v));
}

static void add(struct json_object *o, const char *key, const char *val)
{
	if (val)
		json_object_object_add(o, key, json_object_new_string(val));
}

static void add_num(struct json_object *o, const char *key, uint64_t val)
{
	if (val)
		json_object_object_add(o, key, json_object_new_int64(val));
}

struct json_object *vif_json(const struct vif *v)
{
	struct json_object *o = json_object_new_object();

	add(o, "mac", v->mac);
	add(o, "type", "vif");
	add(o, "bridge", v->bridge);
	add(o, "vifname", v->vifname);
	add(o, "ip", v->ip);
	add(o, "backend", v->backend);
	add(o, "script", v->script);
	add(o, "gatewaydev", v->gatewaydev);
	add_num(o, "rate_bytes", v->rate_bytes);
	add_num(o, "rate_usecs", v->rate_usecs);
	add_num(o, "mtu", v->mtu);
	return o;
}
