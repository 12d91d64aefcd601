/*
 * pty.h: the pseudo-terminal a console is attached to
 *
 * Owns:       two descriptors, named by the caller
 * Invariants: the slave stays open here too, so that a reader who leaves does
 *             not end the terminal
 * Lock:       none
 */
#ifndef CONSOLE_PTY_H
#define CONSOLE_PTY_H

#include <stddef.h>

/** pty_open() - new raw terminal; 0, or a negative errno with err_set() */
int pty_open(int *master, int *slave);

/** pty_name() - file name of the slave; 0 or a negative errno, err_set() */
int pty_name(int slave, char *buf, size_t len);

/** pty_close() - both ends; they become -1 */
void pty_close(int *master, int *slave);

#endif
