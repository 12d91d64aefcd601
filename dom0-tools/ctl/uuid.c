#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "ctl/config.h"
#include "lib/err.h"

/* A dash follows these bytes. */
static bool dash_after(int i)
{
	return i == 3 || i == 5 || i == 7 || i == 9;
}

void uuid_format(char out[UUID_TEXT], const uint8_t uuid[16])
{
	int i;

	for (i = 0; i < 16; i++)
		out += sprintf(out, "%02x%s", uuid[i],
			       dash_after(i) ? "-" : "");
}

bool uuid_parse(uint8_t uuid[16], const char *text)
{
	unsigned int byte;
	int i;

	for (i = 0; i < 16; i++) {
		if (strspn(text, "0123456789abcdefABCDEF") < 2 ||
		    sscanf(text, "%2x", &byte) != 1)
			return false;
		uuid[i] = byte;
		text += 2;
		if (dash_after(i) && *text == '-')
			text++;
	}
	return !*text;
}

int uuid_random(uint8_t uuid[16])
{
	if (getrandom(uuid, 16, 0) != 16)
		return err_set(-EIO, "no random numbers for a uuid");
	uuid[6] = (uuid[6] & 0x0f) | 0x40;
	uuid[8] = (uuid[8] & 0x3f) | 0x80;
	return 0;
}
