/*
 * cmdline.c: the table of options (linker section .opts) applied to a line
 *
 * Syntax as Xen's: words separated by blanks; name=value; a boolean is set by
 * its name alone or with yes/on/true/enable/1, cleared by "no-" or "no" in
 * front of it or by the opposite values.
 */
#include <hv/boot.h>

int cmdline_bool(const char *s)
{
	static const char *const yes[] = {"yes", "on", "true", "enable", "1"};
	static const char *const no[] = {"no", "off", "false", "disable", "0"};

	for (unsigned int i = 0; i < ARRAY_SIZE(yes); i++) {
		if (!strcmp(s, yes[i]))
			return 1;
		if (!strcmp(s, no[i]))
			return 0;
	}
	return -EINVAL;
}

static int set_uint(const struct boot_option *o, u64 v)
{
	switch (o->len) {
	case 8:
		*(u64 *)o->var = v;
		return 0;
	case 4:
		if (v >> 32)
			return -EINVAL;
		*(u32 *)o->var = (u32)v;
		return 0;
	case 2:
		if (v >> 16)
			return -EINVAL;
		*(u16 *)o->var = (u16)v;
		return 0;
	case 1:
		if (v >> 8)
			return -EINVAL;
		*(u8 *)o->var = (u8)v;
		return 0;
	}
	return -EINVAL;
}

/* @value is "" for a name alone */
static int apply(const struct boot_option *o, const char *value)
{
	const char *end;
	u64 v;
	int b;

	switch (o->kind) {
	case OPT_STRING:
		return hv_strlcpy(o->var, value, o->len) < o->len ? 0 : -EINVAL;
	case OPT_BOOL:
		b = *value ? cmdline_bool(value) : 1;
		if (b < 0)
			return b;
		*(bool *)o->var = b;
		return 0;
	case OPT_UINT:
	case OPT_SIZE:
		v = o->kind == OPT_UINT ? hv_strtoul(value, &end, 0)
					: hv_parse_size(value, &end, 10);
		return end == value || *end ? -EINVAL : set_uint(o, v);
	case OPT_FN:
		return o->fn(value);
	}
	return -EINVAL;
}

/* noreboot is an option of its own: full names are tried before "no" */
static const struct boot_option *find(const char *name,
				      const struct boot_option *o,
				      const struct boot_option *end)
{
	for (; o < end; o++)
		if (!strcmp(o->name, name))
			return o;
	return NULL;
}

static void one_option(char *word, const struct boot_option *first,
		       const struct boot_option *end,
		       void (*report)(const char *option, const char *why))
{
	char *eq = strchr(word, '=');
	const struct boot_option *o;
	const char *value = "";
	int rc;

	if (eq) {
		*eq = '\0';
		value = eq + 1;
	}
	o = find(word, first, end);
	if (!o && !eq && !strncmp(word, "no", 2)) {
		o = find(word + (word[2] == '-' ? 3 : 2), first, end);
		if (o && o->kind != OPT_BOOL)
			o = NULL;
		value = "no";
	}
	rc = o ? apply(o, value) : 0;
	if (eq)
		*eq = '=';
	if (!o)
		report(word, "unknown option");
	else if (rc)
		report(word, "bad value");
}

void cmdline_parse_table(char *line, const struct boot_option *first,
			 const struct boot_option *end,
			 void (*report)(const char *option, const char *why))
{
	for (;;) {
		char *word, c;

		while (*line == ' ' || *line == '\t')
			line++;
		if (!*line || !strncmp(line, "--", 2))
			return;
		for (word = line; *line && *line != ' ' && *line != '\t';)
			line++;
		c = *line;
		*line = '\0';
		one_option(word, first, end, report);
		if (c)
			line++;
	}
}
