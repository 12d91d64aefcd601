/*
 * ctl/table.h: output that is a table for people and JSON for programs
 *
 * Owns:       the rows, until table_print()
 */
#ifndef CTL_TABLE_H
#define CTL_TABLE_H

#include <stdbool.h>

#include <json-c/json.h>

enum cell_kind { CELL_STR, CELL_INT, CELL_REAL };

struct column {
	const char *head_sep; /* text before the title */
	const char *title;
	const char *cell_sep; /* text before each cell */
	const char *key;      /* in JSON objects */
	enum cell_kind kind;
	int width; /* as in printf: negative is left-aligned */
};

struct table {
	const struct column *col;
	int nr_cols;
	struct json_object *rows; /* array of objects */
	const char *note_key;	  /* of rows that have a note; may be NULL */
};

/** table_init() - an empty table; @col has @n columns and stays the caller's */
void table_init(struct table *t, const struct column *col, int n);

/**
 * table_row() - add a row
 *
 * One argument per column: const char * (NULL becomes "-" and JSON null),
 * long long, or double.
 */
void table_row(struct table *t, ...);

/**
 * table_note() - something unusual about the row added last
 * @key:  in JSON objects, the same one in a whole table; stays the caller's
 * @text: follows the row in parentheses
 */
void table_note(struct table *t, const char *key, const char *text);

/** table_print() - write to standard output and free the rows */
void table_print(struct table *t, bool json);

/** json_print() - write @o, indented, and free it */
void json_print(struct json_object *o);

#endif /* CTL_TABLE_H */
