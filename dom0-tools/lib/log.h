/*
 * lib/log.h: lines for whoever looks after the machine
 *
 * Programs that a user runs print errors to standard error; daemons send the
 * same lines, with a time stamp, to a file. Levels below the chosen one cost a
 * comparison.
 *
 * Owns: the log stream of the process
 */
#ifndef LIB_LOG_H
#define LIB_LOG_H

#include <stdio.h>

enum log_level { LOG_LVL_ERROR, LOG_LVL_WARN, LOG_LVL_INFO, LOG_LVL_DEBUG };

/**
 * log_init() - choose where lines go
 * @prog:   name in front of each line; must outlive the process's logging
 * @level:  the most talkative level still written
 *
 * Lines go to standard error, without time stamps, until log_to_file().
 */
void log_init(const char *prog, enum log_level level);

/**
 * log_to_file() - append to @path from now on, with time stamps
 *
 * May be called again, as after a log rotation.
 *
 * Returns:  0 or a negative errno with err_set(); the old stream then stays
 */
int log_to_file(const char *path);

/** log_line() - write one line if @level is wanted; use the macros below */
void log_line(enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#define log_error(...) log_line(LOG_LVL_ERROR, __VA_ARGS__)
#define log_warn(...)  log_line(LOG_LVL_WARN, __VA_ARGS__)
#define log_info(...)  log_line(LOG_LVL_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_LVL_DEBUG, __VA_ARGS__)

#endif /* LIB_LOG_H */
