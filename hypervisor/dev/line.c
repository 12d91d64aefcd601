/*
 * line.c: bytes a guest writes, gathered into lines fit for our console
 */
#include "internal.h"

static bool printable(char c)
{
	return (c >= ' ' && c < 0x7f) || c == '\t';
}

bool line_add(char *line, unsigned int *len, unsigned int room, const char *s,
	      size_t n, size_t *used)
{
	for (*used = 0; *used < n;) {
		char c = s[(*used)++];

		if (c == '\n')
			goto complete;
		if (!printable(c))
			continue;
		line[(*len)++] = c;
		if (*len == room - 1)
			goto complete;
	}
	return false;
complete:
	line[*len] = '\0';
	*len = 0;
	return true;
}
