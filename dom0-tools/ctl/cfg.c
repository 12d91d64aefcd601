#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builder/blob.h"
#include "ctl/cfg.h"
#include "ctl/cfg_lex.h"
#include "lib/err.h"
#include "lib/xalloc.h"

struct cfg_value *cfg_new_string(char *str, int line)
{
	struct cfg_value *v = xcalloc(1, sizeof(*v));

	*v = (struct cfg_value){.kind = CFG_STRING, .line = line, .str = str};
	return v;
}

struct cfg_value *cfg_new_number(long long num, int line)
{
	struct cfg_value *v = xcalloc(1, sizeof(*v));

	*v = (struct cfg_value){.kind = CFG_NUMBER, .line = line, .num = num};
	return v;
}

struct cfg_value *cfg_new_list(int line)
{
	struct cfg_value *v = xcalloc(1, sizeof(*v));

	*v = (struct cfg_value){.kind = CFG_LIST, .line = line};
	return v;
}

void cfg_list_add(struct cfg_value *list, struct cfg_value *item)
{
	list->item = xrealloc(list->item,
			      (list->nr_items + 1) * sizeof(*list->item));
	list->item[list->nr_items++] = item;
}

void cfg_value_free(struct cfg_value *v)
{
	size_t i;

	if (!v)
		return;
	for (i = 0; i < v->nr_items; i++)
		cfg_value_free(v->item[i]);
	free(v->item);
	free(v->str);
	free(v);
}

void cfg_complain(struct cfg_parse *p, int line, const char *msg)
{
	if (!p->failed)
		err_set(-EINVAL, "%s:%d: %s", p->source, line, msg);
	p->failed = true;
}

static struct cfg_setting **find(struct cfg *c, const char *key)
{
	struct cfg_setting **s = &c->first;

	while (*s && strcmp((*s)->key, key))
		s = &(*s)->next;
	return s;
}

static void setting_free(struct cfg_setting *s)
{
	cfg_value_free(s->value);
	free(s->source);
	free(s->key);
	free(s);
}

/* Add @more to @to and release it; both have the same kind. */
static bool append(struct cfg_value *to, struct cfg_value *more)
{
	size_t i;
	char *s;

	if (to->kind != more->kind || to->kind == CFG_NUMBER)
		return false;
	if (to->kind == CFG_STRING) {
		s = xmalloc(strlen(to->str) + strlen(more->str) + 1);
		sprintf(s, "%s%s", to->str, more->str);
		free(to->str);
		to->str = s;
	}
	for (i = 0; i < more->nr_items; i++)
		cfg_list_add(to, more->item[i]);
	more->nr_items = 0;
	cfg_value_free(more);
	return true;
}

/* The last setting of a key wins, and comes last. */
bool cfg_set(struct cfg_parse *p, char *key, struct cfg_value *v, bool add)
{
	struct cfg_setting **at = find(p->cfg, key), *s = *at;

	if (s && add) {
		free(key);
		if (append(s->value, v))
			return true;
		cfg_complain(p, v->line, "+= needs two strings or two lists");
		cfg_value_free(v);
		return false;
	}
	if (s) {
		*at = s->next;
		setting_free(s);
	}
	while (*at)
		at = &(*at)->next;
	s = xcalloc(1, sizeof(*s));
	*s = (struct cfg_setting){.key = key,
				  .source = xstrdup(p->source),
				  .line = v->line,
				  .value = v};
	*at = s;
	return true;
}

int cfg_parse_text(struct cfg *c, const char *text, size_t len,
		   const char *source)
{
	struct cfg_parse p = {.cfg = c, .source = source};
	int rc;

	if (memchr(text, '\0', len))
		return err_set(-EINVAL, "%s: not a text file", source);
	rc = cfg_lex_run(&p, text, len);
	if (rc && !p.failed)
		err_set(rc, "%s: out of memory", source);
	return rc;
}

int cfg_parse_file(struct cfg *c, const char *path)
{
	struct blob file;
	int rc = blob_read_file(&file, path);

	if (rc)
		return rc;
	rc = cfg_parse_text(c, (const char *)file.data, file.len, path);
	blob_free(&file);
	return rc;
}

static bool is_number(const char *s)
{
	char *end;

	strtoll(s, &end, 0);
	return *s && !isspace((unsigned char)*s) && !*end;
}

int cfg_parse_override(struct cfg *c, const char *arg)
{
	struct cfg_parse p = {.cfg = c, .source = "command line"};
	const char *eq = strchr(arg, '=');

	if (!eq || eq == arg)
		return err_set(-EINVAL, "\"%s\": expected key=value", arg);
	if (eq[1] == '"' || eq[1] == '\'' || eq[1] == '[' || eq[1] == ' ' ||
	    eq[-1] == '+' || eq[-1] == ' ' || is_number(eq + 1))
		return cfg_parse_text(c, arg, strlen(arg), p.source);
	cfg_set(&p, xstrndup(arg, eq - arg), cfg_new_string(xstrdup(eq + 1), 1),
		false);
	return 0;
}

void cfg_free(struct cfg *c)
{
	struct cfg_setting *s;

	while ((s = c->first)) {
		c->first = s->next;
		setting_free(s);
	}
}
