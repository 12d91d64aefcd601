#include <stdarg.h>
#include <stdio.h>

#include "ctl/table.h"

void table_init(struct table *t, const struct column *col, int n)
{
	*t = (struct table){col, n, json_object_new_array(), NULL};
}

void table_row(struct table *t, ...)
{
	struct json_object *row = json_object_new_object(), *val;
	const char *s;
	va_list ap;
	int i;

	va_start(ap, t);
	for (i = 0; i < t->nr_cols; i++) {
		switch (t->col[i].kind) {
		case CELL_STR:
			s = va_arg(ap, const char *);
			val = s ? json_object_new_string(s) : NULL;
			break;
		case CELL_INT:
			val = json_object_new_int64(va_arg(ap, long long));
			break;
		default:
			val = json_object_new_double(va_arg(ap, double));
			break;
		}
		json_object_object_add(row, t->col[i].key, val);
	}
	va_end(ap);
	json_object_array_add(t->rows, row);
}

void table_note(struct table *t, const char *key, const char *text)
{
	size_t n = json_object_array_length(t->rows);

	t->note_key = key;
	json_object_object_add(json_object_array_get_idx(t->rows, n - 1), key,
			       json_object_new_string(text));
}

static void print_note(const struct table *t, struct json_object *row)
{
	struct json_object *note;

	if (t->note_key && json_object_object_get_ex(row, t->note_key, &note))
		printf(" (%s)", json_object_get_string(note));
}

static void print_cell(const struct column *c, struct json_object *val)
{
	fputs(c->cell_sep, stdout);
	switch (c->kind) {
	case CELL_STR:
		printf("%*s", c->width,
		       val ? json_object_get_string(val) : "-");
		break;
	case CELL_INT:
		printf("%*lld", c->width,
		       (long long)json_object_get_int64(val));
		break;
	default:
		printf("%*.1f", c->width, json_object_get_double(val));
		break;
	}
}

static void print_text(const struct table *t)
{
	size_t n = json_object_array_length(t->rows), i;
	struct json_object *row;
	int c;

	for (c = 0; c < t->nr_cols; c++)
		printf("%s%*s", t->col[c].head_sep,
		       t->col[c].head_sep[0] == '\t' ? 0 : t->col[c].width,
		       t->col[c].title);
	putchar('\n');
	for (i = 0; i < n; i++) {
		row = json_object_array_get_idx(t->rows, i);
		for (c = 0; c < t->nr_cols; c++)
			print_cell(&t->col[c],
				   json_object_object_get(row, t->col[c].key));
		print_note(t, row);
		putchar('\n');
	}
}

void table_print(struct table *t, bool json)
{
	if (json) {
		json_print(t->rows);
	} else {
		print_text(t);
		json_object_put(t->rows);
	}
	t->rows = NULL;
}

void json_print(struct json_object *o)
{
	puts(json_object_to_json_string_ext(
		o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
			   JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
}
