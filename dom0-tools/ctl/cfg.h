/*
 * ctl/cfg.h: files in the syntax of xl.cfg, as a list of settings
 *
 * Syntax only: which keys exist and what they mean is ctl/config.h. A value is
 * a string in either kind of quotes, a number, or a list of values.
 *
 * Owns:       all strings and values below a struct cfg, until cfg_free()
 * Invariants: of several settings of one key only the last is kept; += adds to
 *             the string or list that is there
 */
#ifndef CTL_CFG_H
#define CTL_CFG_H

#include <stdbool.h>
#include <stddef.h>

enum cfg_kind { CFG_STRING, CFG_NUMBER, CFG_LIST };

struct cfg_value {
	enum cfg_kind kind;
	int line;
	char *str;		 /* CFG_STRING */
	long long num;		 /* CFG_NUMBER */
	struct cfg_value **item; /* CFG_LIST */
	size_t nr_items;
};

struct cfg_setting {
	struct cfg_setting *next; /* in the order of the file */
	char *key;
	char *source; /* file name, or "command line" */
	int line;
	struct cfg_value *value;
};

struct cfg {
	struct cfg_setting *first;
};

/**
 * cfg_parse_file() - add the settings of a file
 * @c:  zeroed, or already holding settings
 *
 * Returns:  0 or a negative errno with err_set() "file:line: message"
 */
int cfg_parse_file(struct cfg *c, const char *path);

/** cfg_parse_text() - add the settings in @text, as if read from @source */
int cfg_parse_text(struct cfg *c, const char *text, size_t len,
		   const char *source);

/**
 * cfg_parse_override() - add one key=value of the command line
 *
 * A value that is no number, quoted string or list is taken as a string, so
 * that shells need no second pair of quotes.
 */
int cfg_parse_override(struct cfg *c, const char *arg);

/** cfg_free() - release everything; zeroed memory is fine */
void cfg_free(struct cfg *c);

/* What the parser's actions need; all take ownership of their pointers. */

struct cfg_value *cfg_new_string(char *str, int line);
struct cfg_value *cfg_new_number(long long num, int line);
struct cfg_value *cfg_new_list(int line);
void cfg_list_add(struct cfg_value *list, struct cfg_value *item);
void cfg_value_free(struct cfg_value *v);

/** What a parser run carries along. */
struct cfg_parse {
	struct cfg *cfg;
	const char *source;
	void *scanner;
	bool failed; /* err_set() has been called */
};

/** cfg_set() - key = value, or += with @append; false ends the parse */
bool cfg_set(struct cfg_parse *p, char *key, struct cfg_value *v, bool append);

/** cfg_complain() - record "source:line: message" unless one is recorded */
void cfg_complain(struct cfg_parse *p, int line, const char *msg);

#endif /* CTL_CFG_H */
