/*
 * Names of virtual disks and the numbers in which the store speaks of them.
 *
 *   1 << 28 | disk << 8 | partition   extended: the xvd disks beyond 16
 *   202 << 8 | disk << 4 | partition  xvd
 *     8 << 8 | disk << 4 | partition  sd
 *     3 << 8 | disk << 6 | partition  hda, hdb; 22 for hdc, hdd
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/disk.h"

#define XVD_MAJOR      202
#define SD_MAJOR       8
#define HD_MAJOR0      3
#define HD_MAJOR1      22
#define EXTENDED       (1 << 28)
#define MAX_DISKS      (1 << 20)
#define SMALL_DISKS    16
#define SMALL_PARTS    16
#define MAX_PARTS      256
#define HD_PARTS       64
#define HD_DISKS       4
#define LONGEST_DIGITS 9

/* "a" is disk 0, "z" 25, "aa" 26; the rest of the text goes to *rest. */
static int letters(const char *s, const char **rest)
{
	int n = 0, len;

	for (len = 0; s[len] >= 'a' && s[len] <= 'z'; len++) {
		if (n > MAX_DISKS / 26)
			return -EINVAL;
		n = n * 26 + (s[len] - 'a') + 1;
	}
	*rest = s + len;
	return len ? n - 1 : -EINVAL;
}

/* A number without leading zeros that ends at @stop. */
static int digits(const char *s, char stop, const char **rest)
{
	size_t len = strspn(s, "0123456789");

	if (!len || len > LONGEST_DIGITS || s[len] != stop ||
	    (*s == '0' && len > 1))
		return -EINVAL;
	*rest = s + len;
	return atoi(s);
}

static int xvd_number(int disk, int part)
{
	if (disk < SMALL_DISKS && part < SMALL_PARTS)
		return XVD_MAJOR << 8 | disk << 4 | part;
	if (disk >= MAX_DISKS || part >= MAX_PARTS)
		return -EINVAL;
	return EXTENDED | disk << 8 | part;
}

static int hd_number(int disk, int part)
{
	if (disk >= HD_DISKS || part >= HD_PARTS)
		return -EINVAL;
	return (disk < 2 ? HD_MAJOR0 : HD_MAJOR1) << 8 | (disk & 1) << 6 | part;
}

static int sd_number(int disk, int part)
{
	if (disk >= SMALL_DISKS || part >= SMALL_PARTS)
		return -EINVAL;
	return SD_MAJOR << 8 | disk << 4 | part;
}

/* Letters for the disk and, perhaps, digits for its partition. */
static int lettered(const char *s, int (*number)(int disk, int part))
{
	int disk = letters(s, &s), part = 0;

	if (disk >= 0 && *s)
		part = digits(s, '\0', &s);
	return disk < 0 || part < 0 ? -EINVAL : number(disk, part);
}

/* "d5p2": disk 5, partition 2, whatever the guest calls it. */
static int plain(const char *s)
{
	int disk, part = 0;

	disk = digits(s, strchr(s, 'p') ? 'p' : '\0', &s);
	if (disk >= 0 && *s)
		part = digits(s + 1, '\0', &s);
	return disk < 0 || part < 0 ? -EINVAL : xvd_number(disk, part);
}

int disk_number(const char *vdev)
{
	const char *end;

	if (!strncmp(vdev, "xvd", 3))
		return lettered(vdev + 3, xvd_number);
	if (!strncmp(vdev, "hd", 2))
		return lettered(vdev + 2, hd_number);
	if (!strncmp(vdev, "sd", 2))
		return lettered(vdev + 2, sd_number);
	if (*vdev == 'd')
		return plain(vdev + 1);
	return digits(vdev, '\0', &end);
}
