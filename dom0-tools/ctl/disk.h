/*
 * ctl/disk.h: what disk = [ ... ] says about one virtual disk
 *
 * The language of xl-disk-configuration(5), as far as PV guests use it.
 *
 * Owns:       its strings, until disk_free()
 * Invariants: a parsed disk has a vdev and its number; a target unless it is
 *             an empty CD drive
 */
#ifndef CTL_DISK_H
#define CTL_DISK_H

#include <stdbool.h>

#include <json-c/json.h>

struct disk {
	char *target;  /* image or block device; NULL = no medium */
	char *vdev;    /* name in the guest, such as "xvda" */
	char *backend; /* domain with the back end; NULL = domain 0 */
	char *script;  /* hotplug script; NULL = "block" */
	unsigned int devid;
	bool writable, cdrom, shared; /* shared: "w!", others may write too */
	bool removable;
	bool direct_io_safe;
	int discard; /* 1 on, 0 off, -1 not said */
};

/**
 * disk_parse() - understand one specification
 * @d: set on success only
 *
 * Returns:  0 or -EINVAL with err_set() a sentence without the subject
 */
int disk_parse(const char *spec, struct disk *d);

/**
 * disk_parse_words() - the same of several words, as block-attach takes them
 * @words: @n words; they count as if joined by commas
 */
int disk_parse_words(char *const *words, int n, struct disk *d);

/** disk_free() - release it; zeroed memory is fine */
void disk_free(struct disk *d);

/** disk_json() - the same as an object */
struct json_object *disk_json(const struct disk *d);

/**
 * disk_number() - the device number guests know a name by
 * @vdev: "xvda1", "sdb", "hdc", "d5p2" or a plain number
 *
 * Returns:  number >= 0, -EINVAL
 */
int disk_number(const char *vdev);

#endif /* CTL_DISK_H */
