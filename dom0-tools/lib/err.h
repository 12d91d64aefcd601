/*
 * lib/err.h: the one line that tells a user what went wrong
 *
 * A function that fails returns a negative errno and has left here a sentence
 * with the cause and, where there is one, the remedy. Whoever talks to the user
 * prints it once. Callers in between may put their own subject in front.
 *
 * Owns:       one line of text per process
 * Invariants: never empty after a failure reported through err_set()
 */
#ifndef LIB_ERR_H
#define LIB_ERR_H

/**
 * err_set() - record why an operation failed
 * @rc:  negative errno, returned unchanged so that callers can return it
 * @fmt: the sentence, without program name, newline or final period
 *
 * Returns:  @rc
 */
int err_set(int rc, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/**
 * err_prefix() - put "subject: " in front of the recorded sentence
 * @rc:  returned unchanged
 */
int err_prefix(int rc, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * err_text() - the recorded sentence, "" when nothing failed yet
 *
 * Valid until the next call of err_set() or err_prefix().
 */
const char *err_text(void);

/** err_clear() - forget it, after a failure that was expected */
void err_clear(void);

/** err_str() - text for a negative or positive errno, without locale */
const char *err_str(int rc);

#endif /* LIB_ERR_H */
