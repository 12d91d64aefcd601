#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/pci.h"
#include "lib/err.h"
#include "lib/xalloc.h"

#define MAX_SLOT     31
#define MAX_FUNCTION 7

static int parse_address(const char *text, struct pci_dev *p)
{
	int end = 0;

	if (sscanf(text, "%4x:%2x:%2x.%1x%n", &p->segment, &p->bus, &p->slot,
		   &p->function, &end) != 4 ||
	    text[end]) {
		p->segment = 0;
		end = 0;
		if (sscanf(text, "%2x:%2x.%1x%n", &p->bus, &p->slot,
			   &p->function, &end) != 3 ||
		    text[end])
			return -EINVAL;
	}
	return p->slot <= MAX_SLOT && p->function <= MAX_FUNCTION ? 0 : -EINVAL;
}

static int parse_vslot(const char *text, struct pci_dev *p)
{
	char *end;
	unsigned long n = strtoul(text, &end, 16);

	if (!*text || *end || n > MAX_SLOT)
		return -EINVAL;
	p->vslot = n;
	return 0;
}

static int parse_option(const char *word, struct pci_dev *p)
{
	if (!strncmp(word, "permissive=", 11))
		p->permissive = atoi(word + 11);
	else if (!strncmp(word, "seize=", 6))
		p->seize = atoi(word + 6);
	else if (strncmp(word, "msitranslate=", 13) &&
		 strncmp(word, "power_mgmt=", 11) &&
		 strncmp(word, "rdm_policy=", 11))
		return err_set(-EINVAL, "unknown parameter \"%s\"", word);
	return 0;
}

int pci_parse(const char *spec, struct pci_dev *p)
{
	struct pci_dev new = {.vslot = -1};
	char *text = xstrdup(spec), *save, *word, *at;
	int rc;

	word = strtok_r(text, ", ", &save);
	at = word ? strchr(word, '@') : NULL;
	if (at)
		*at++ = '\0';
	rc = word ? parse_address(word, &new) : -EINVAL;
	if (!rc && at)
		rc = parse_vslot(at, &new);
	if (rc)
		err_set(rc, "expected a PCI device such as 00:03.0");
	while (!rc && (word = strtok_r(NULL, ", ", &save)))
		rc = parse_option(word, &new);
	free(text);
	if (!rc)
		*p = new;
	return rc;
}

void pci_format(char out[PCI_TEXT], const struct pci_dev *p)
{
	snprintf(out, PCI_TEXT, "%04x:%02x:%02x.%x", p->segment & 0xffff,
		 p->bus & 0xff, p->slot & MAX_SLOT, p->function & MAX_FUNCTION);
}

struct json_object *pci_json(const struct pci_dev *p)
{
	struct json_object *o = json_object_new_object();
	char text[PCI_TEXT];

	pci_format(text, p);
	json_object_object_add(o, "device", json_object_new_string(text));
	if (p->vslot >= 0)
		json_object_object_add(o, "vslot",
				       json_object_new_int(p->vslot));
	json_object_object_add(o, "permissive",
			       json_object_new_boolean(p->permissive));
	json_object_object_add(o, "seize", json_object_new_boolean(p->seize));
	return o;
}
