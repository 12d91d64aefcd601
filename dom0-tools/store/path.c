#include "path.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <xen/xs_wire.h>

static bool chars_ok(const char *s)
{
	static const char ok[] = "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789-/_@";

	return s[strspn(s, ok)] == '\0';
}

/* Bytes of a leading "/local/domain/N/", which do not count as length. */
static size_t home_prefix(const char *path)
{
	static const char home[] = "/local/domain/";
	size_t n = sizeof(home) - 1, digits;

	if (strncmp(path, home, n))
		return 0;
	digits = strspn(path + n, "0123456789");
	if (!digits || digits > 5 || path[n + digits] != '/')
		return 0;
	return n + digits + 1;
}

int path_canonical(char *out, const char *in, unsigned int domid,
		   size_t rel_max, bool special)
{
	size_t len = strlen(in);
	int n;

	if (!len || len >= PATH_BUF)
		return -EINVAL;
	if (in[0] == '/' || in[0] == '@') {
		memcpy(out, in, len + 1);
	} else {
		if (len > XENSTORE_REL_PATH_MAX)
			return -EINVAL;
		n = snprintf(out, PATH_BUF, "/local/domain/%u/%s", domid, in);
		if (n < 0 || n >= PATH_BUF)
			return -EINVAL;
		len = n;
	}
	if (out[0] == '@' && !special)
		return -EINVAL;
	if (len > 1 && out[len - 1] == '/')
		return -EINVAL;
	if (strstr(out, "//") || len - home_prefix(out) > rel_max)
		return -EINVAL;
	return chars_ok(out) ? 0 : -EINVAL;
}

bool path_is_below(const char *path, const char *top)
{
	size_t n = strlen(top);

	if (!strcmp(top, "/"))
		return path[0] == '/';
	return !strncmp(path, top, n) && (path[n] == '/' || path[n] == '\0');
}

unsigned int path_depth(const char *path, const char *top)
{
	const char *p = path + (strcmp(top, "/") ? strlen(top) : 0);
	unsigned int depth = 0;
	size_t len;

	while (path_next(&p, &len))
		depth++;
	return depth;
}

bool path_parent(char *path)
{
	char *slash = strrchr(path, '/');

	if (path_is_special(path) || !slash || !strcmp(path, "/"))
		return false;
	slash[slash == path] = '\0';
	return true;
}

const char *path_last(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

const char *path_next(const char **p, size_t *len)
{
	const char *s = *p;

	while (*s == '/')
		s++;
	if (!*s)
		return NULL;
	*len = strcspn(s, "/");
	*p = s + *len;
	return s;
}
