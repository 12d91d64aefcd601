#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xen/elfnote.h>

#include "builder/notes.h"
#include "lib/err.h"

struct parse {
	struct notes *n;
	bool found; /* any note of ours, or the legacy string */
	bool legacy;
	char features[256];
};

/* Numbers come in 4 or 8 bytes. */
static uint64_t number(const uint8_t *desc, size_t len)
{
	if (len == 8)
		return le64(desc);
	if (len == 4)
		return le32(desc);
	return NOTE_UNSET;
}

/* Strings come with or without their NUL. */
static void text(char *out, size_t room, const uint8_t *desc, size_t len)
{
	if (len >= room)
		len = room - 1;
	memcpy(out, desc, len);
	out[len] = '\0';
}

static int take_note(void *ctx, const char *owner, uint32_t type,
		     const uint8_t *desc, size_t len)
{
	struct parse *p = ctx;
	struct notes *n = p->n;

	if (strcmp(owner, "Xen"))
		return 0;
	p->found = true;
	switch (type) {
	case XEN_ELFNOTE_ENTRY:
		n->entry = number(desc, len);
		break;
	case XEN_ELFNOTE_HYPERCALL_PAGE:
		n->hypercall_page = number(desc, len);
		break;
	case XEN_ELFNOTE_VIRT_BASE:
		n->virt_base = number(desc, len);
		break;
	case XEN_ELFNOTE_PADDR_OFFSET:
		n->paddr_offset = number(desc, len);
		break;
	case XEN_ELFNOTE_INIT_P2M:
		n->init_p2m = number(desc, len);
		break;
	case XEN_ELFNOTE_MOD_START_PFN:
		n->mod_start_pfn = len && number(desc, len) == 1;
		break;
	case XEN_ELFNOTE_XEN_VERSION:
		text(n->xen_version, sizeof(n->xen_version), desc, len);
		break;
	case XEN_ELFNOTE_GUEST_OS:
		text(n->guest_os, sizeof(n->guest_os), desc, len);
		break;
	case XEN_ELFNOTE_GUEST_VERSION:
		text(n->guest_version, sizeof(n->guest_version), desc, len);
		break;
	case XEN_ELFNOTE_LOADER:
		text(n->loader, sizeof(n->loader), desc, len);
		break;
	case XEN_ELFNOTE_FEATURES:
		text(p->features, sizeof(p->features), desc, len);
		break;
	}
	return 0;
}

static void take_legacy_pair(struct parse *p, const char *key, char *val)
{
	const uint8_t *v = (const uint8_t *)val;
	struct notes *n = p->n;

	if (!strcmp(key, "LOADER"))
		text(n->loader, sizeof(n->loader), v, strlen(val));
	else if (!strcmp(key, "GUEST_OS"))
		text(n->guest_os, sizeof(n->guest_os), v, strlen(val));
	else if (!strcmp(key, "GUEST_VER"))
		text(n->guest_version, sizeof(n->guest_version), v,
		     strlen(val));
	else if (!strcmp(key, "XEN_VER"))
		text(n->xen_version, sizeof(n->xen_version), v, strlen(val));
	else if (!strcmp(key, "FEATURES"))
		text(p->features, sizeof(p->features), v, strlen(val));
	else if (!strcmp(key, "VIRT_BASE"))
		n->virt_base = strtoull(val, NULL, 0);
	else if (!strcmp(key, "VIRT_ENTRY"))
		n->entry = strtoull(val, NULL, 0);
	else if (!strcmp(key, "ELF_PADDR_OFFSET"))
		n->paddr_offset = strtoull(val, NULL, 0);
	else if (!strcmp(key, "HYPERCALL_PAGE"))
		n->hypercall_page = strtoull(val, NULL, 0);
}

/* KEY=value,KEY=value: the page number of HYPERCALL_PAGE is relative. */
static void take_legacy(struct parse *p, const uint8_t *data, size_t len)
{
	char copy[1024], *item, *save = NULL, *val;

	text(copy, sizeof(copy), data, len);
	p->found = p->legacy = true;
	for (item = strtok_r(copy, ",", &save); item;
	     item = strtok_r(NULL, ",", &save)) {
		val = strchr(item, '=');
		if (!val)
			continue;
		*val++ = '\0';
		take_legacy_pair(p, item, val);
	}
	if (p->n->hypercall_page != NOTE_UNSET)
		p->n->hypercall_page =
			(p->n->hypercall_page << 12) +
			(p->n->virt_base == NOTE_UNSET ? 0 : p->n->virt_base);
}

/* A required feature must be one we know, and possible at CPL 3. */
static int check_features(char *features)
{
	static const char *const known[] = {
		"writable_page_tables", "writable_descriptor_tables",
		"auto_translated_physmap", "pae_pgdir_above_4gb", "dom0"};
	char *item, *save = NULL;
	size_t i, n = sizeof(known) / sizeof(*known);

	for (item = strtok_r(features, "|", &save); item;
	     item = strtok_r(NULL, "|", &save)) {
		if (*item != '!')
			continue;
		for (i = 0; i < n && strcmp(item + 1, known[i]); i++)
			;
		if (i == n)
			return err_set(-EINVAL,
				       "the kernel requires the "
				       "feature \"%.64s\", which PV "
				       "guests do not have here",
				       item + 1);
	}
	return 0;
}

static int check_identity(const struct notes *n)
{
	if (!*n->guest_os && !*n->loader)
		return err_set(-ENOEXEC, "the kernel has no Xen PV entry; use "
					 "one built with CONFIG_XEN_PV");
	if (*n->xen_version && strcmp(n->xen_version, "xen-3.0"))
		return err_set(-EINVAL,
			       "the kernel wants Xen interface "
			       "\"%s\"; only xen-3.0 exists here",
			       n->xen_version);
	if (*n->loader && strcmp(n->loader, "generic"))
		return err_set(-EINVAL,
			       "the kernel wants the loader \"%s\"; "
			       "only generic exists here",
			       n->loader);
	return 0;
}

static int resolve_addresses(const struct elf *e, const struct parse *p)
{
	struct notes *n = p->n;
	uint64_t kstart, kend;

	if (n->virt_base == NOTE_UNSET)
		n->virt_base = 0;
	if (n->paddr_offset == NOTE_UNSET)
		n->paddr_offset = p->legacy ? n->virt_base : 0;
	if (n->entry == NOTE_UNSET)
		n->entry = e->entry;
	if (n->virt_base & 0xfff || n->paddr_offset & 0xfff)
		return err_set(-EINVAL, "the kernel's base address is not "
					"page-aligned");
	if (e->pstart < n->paddr_offset)
		return err_set(-EINVAL, "the kernel lies below its own base "
					"address");
	kstart = e->pstart - n->paddr_offset + n->virt_base;
	kend = e->pend - n->paddr_offset + n->virt_base;
	if (n->entry < kstart || n->entry >= kend)
		return err_set(-EINVAL,
			       "the kernel's entry 0x%llx lies "
			       "outside its image",
			       (unsigned long long)n->entry);
	if (n->hypercall_page != NOTE_UNSET &&
	    (n->hypercall_page & 0xfff || n->hypercall_page < kstart ||
	     n->hypercall_page >= kend))
		return err_set(-EINVAL, "the kernel's hypercall page lies "
					"outside its image");
	return 0;
}

int notes_parse(const struct elf *e, struct notes *n)
{
	struct parse p = {.n = n};
	const uint8_t *legacy;
	size_t len;
	int rc;

	memset(n, 0, sizeof(*n));
	n->entry = n->virt_base = n->paddr_offset = NOTE_UNSET;
	n->hypercall_page = n->init_p2m = NOTE_UNSET;
	elf_each_note(e, take_note, &p);
	if (!p.found) {
		legacy = elf_section(e, "__xen_guest", &len);
		if (legacy)
			take_legacy(&p, legacy, len);
	}
	rc = check_identity(n);
	if (!rc)
		rc = check_features(p.features);
	if (!rc)
		rc = resolve_addresses(e, &p);
	return rc;
}
