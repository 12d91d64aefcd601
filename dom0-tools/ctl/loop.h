/*
 * ctl/loop.h: image files as block devices
 *
 * Owns:       nothing: a loop device we make ends by itself when its last user
 *             closes it, so a tool that dies leaves none behind
 * ABI:        loop(4), LOOP_CONFIGURE
 */
#ifndef CTL_LOOP_H
#define CTL_LOOP_H

#include <stdbool.h>
#include <sys/stat.h>

/**
 * loop_attach() - a loop device for an open image
 * @file: descriptor, opened for writing when @writable
 * @name: path of the device
 *
 * Returns:  descriptor that keeps it alive, or a negative errno with err_set()
 */
int loop_attach(int file, const char *image, bool writable, char name[32]);

/**
 * loop_user() - a loop device that has this file, other than ours
 * @write: only devices that could clash with a writer or are writers count
 * @name:  path of the device
 */
bool loop_user(const struct stat *file, bool write, char name[32]);

/** loop_resize() - take over the present size of the image; 0 or -errno */
int loop_resize(const char *device);

#endif /* CTL_LOOP_H */
