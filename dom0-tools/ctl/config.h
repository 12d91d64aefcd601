/*
 * ctl/config.h: what a domain shall be
 *
 * The meaning of *.cfg files: which keys exist is ctl/config_keys.def.
 *
 * Owns:       its strings, until config_free()
 * Invariants: after config_from_cfg() every field is set and consistent
 */
#ifndef CTL_CONFIG_H
#define CTL_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include <json-c/json.h>

#include "ctl/cfg.h"
#include "ctl/disk.h"
#include "ctl/pci.h"
#include "ctl/vif.h"

#define CONFIG_MAX_VCPUS 128
#define UUID_TEXT	 37 /* with NUL */

enum on_event {
	ON_DESTROY,
	ON_RESTART,
	ON_RENAME_RESTART,
	ON_PRESERVE,
};

struct disks {
	struct disk *d;
	size_t n;
};

struct vifs {
	struct vif *v;
	size_t n;
};

struct pcis {
	struct pci_dev *p;
	size_t n;
};

struct config {
	char *name;
	char *kernel;
	char *ramdisk; /* NULL = none */
	char *cmdline; /* what the kernel sees; "" when nothing was given */
	char *root, *extra; /* pieces of it, NULL when not given */
	uint64_t memory_mib, maxmem_mib;
	unsigned int vcpus, maxvcpus;
	unsigned int max_event_channels, max_grant_frames, max_maptrack_frames;
	unsigned int max_grant_version; /* 1 or 2 */
	unsigned int tsc_mode;		/* 0 default, 1 emulate, 2 native */
	uint8_t uuid[16];
	struct disks disks;
	struct vifs vifs;
	struct pcis pcis;
	bool pci_permissive, pci_seize; /* for all of them */
	bool driver_domain;		/* runs back ends for others */
	enum on_event on_poweroff, on_reboot, on_crash, on_watchdog;
};

/**
 * config_from_cfg() - judge settings and fill in defaults
 * @cfg:  after its file and the command line were parsed
 * @conf: set on success only
 *
 * Unknown keys are warned about on standard error; known keys that are not
 * supported are errors.
 *
 * Returns:  0 or -EINVAL with err_set() "file:line: message"
 */
int config_from_cfg(const struct cfg *cfg, const char *path,
		    struct config *conf);

/**
 * config_check_name() - may a domain be called @name?
 * @path: where it was given, for the error sentence
 */
int config_check_name(const char *path, const char *name);

/** config_free() - release it; zeroed memory is fine */
void config_free(struct config *conf);

/** config_json() - the same as an object, keys named as in the file */
struct json_object *config_json(const struct config *conf);

/** on_event_name() - "destroy" and so on */
const char *on_event_name(enum on_event e);

/** uuid_format() - the usual 36 characters */
void uuid_format(char out[UUID_TEXT], const uint8_t uuid[16]);

/** uuid_parse() - false unless @text is a uuid */
bool uuid_parse(uint8_t uuid[16], const char *text);

/** uuid_random() - a new one; 0 or -errno */
int uuid_random(uint8_t uuid[16]);

#endif /* CTL_CONFIG_H */
