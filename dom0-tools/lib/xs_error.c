#include "xs_error.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

static const struct {
	int errnum;
	const char *name;
} names[] = {
#define XS_ERRNO(name) {name, #name},
#include "xs_error.def"
#undef XS_ERRNO
};

const char *xs_error_name(int errnum)
{
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].errnum == errnum)
			return names[i].name;
	return names[0].name;
}

int xs_error_number(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i].name, name))
			return names[i].errnum;
	return names[0].errnum;
}
