#include "perms.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char letters[] = "nrwb"; /* indexed by READ and WRITE bits */

int perm_parse(struct perm *out, const char *s)
{
	const char *at = *s ? strchr(letters, *s) : NULL;
	unsigned long id;
	char *end;

	if (!at || s[1] < '0' || s[1] > '9')
		return -EINVAL;
	errno = 0;
	id = strtoul(s + 1, &end, 10);
	if (errno || *end || id > UINT16_MAX)
		return -EINVAL;
	out->domid = id;
	out->bits = at - letters;
	return 0;
}

char perm_letter(const struct perm *p)
{
	return letters[p->bits & (PERM_READ | PERM_WRITE)];
}

static bool is_who(const struct who *who, unsigned int domid)
{
	return who->domid == domid ||
	       (who->target >= 0 && (unsigned int)who->target == domid);
}

unsigned int perms_for(const struct who *who, const struct perm *p,
		       unsigned int n)
{
	const unsigned int rw = PERM_READ | PERM_WRITE;
	unsigned int i;

	if (who->privileged || is_who(who, p[0].domid))
		return rw | PERM_OWNER;
	for (i = 1; i < n; i++)
		if (!(p[i].bits & PERM_STALE) && is_who(who, p[i].domid))
			return p[i].bits & rw;
	return p[0].bits & rw;
}
