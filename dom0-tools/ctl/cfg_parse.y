/*
 * ctl/cfg_parse.y: grammar of *.cfg files
 *
 * file    = { setting ( newline | ";" ) }
 * setting = key "=" value | key "+=" value
 * value   = string | number | "[" [ value { "," value } [ "," ] ] "]"
 *
 * Newlines count only between settings; inside a list they are blanks.
 */
%define api.pure full
%define api.prefix {cfgp_}
%define parse.error custom
%locations
%param {struct cfg_parse *p}

%code requires {
#include "ctl/cfg.h"
}

%code {
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int cfgp_lex(CFGP_STYPE *val, CFGP_LTYPE *loc, struct cfg_parse *p);
static void cfgp_error(CFGP_LTYPE *loc, struct cfg_parse *p, const char *msg);
}

%union {
	char *str;
	long long num;
	struct cfg_value *value;
}

%token <str> KEY "key"
%token <str> STRING "string"
%token <num> NUMBER "number"
%token NEWLINE "end of line"
%token APPEND "+="
%token EQ "="
%token OPEN "["
%token CLOSE "]"
%token COMMA ","
%token SEMI ";"

%type <value> value items list

%destructor { free($$); } <str>
%destructor { cfg_value_free($$); } <value>

%%

file: %empty
    | file line
    ;

line: end
    | setting end
    | setting YYEOF
    ;

end: NEWLINE
   | SEMI
   ;

setting: KEY EQ value { if (!cfg_set(p, $1, $3, false)) YYABORT; }
       | KEY APPEND value { if (!cfg_set(p, $1, $3, true)) YYABORT; }
       ;

value: STRING { $$ = cfg_new_string($1, @1.first_line); }
     | NUMBER { $$ = cfg_new_number($1, @1.first_line); }
     | OPEN blank list CLOSE { $$ = $3; }
     ;

list: %empty { $$ = cfg_new_list(@$.first_line); }
    | items
    | items COMMA blank
    ;

items: value blank {
	$$ = cfg_new_list(@1.first_line);
	cfg_list_add($$, $1);
     }
     | items COMMA blank value blank { $$ = $1; cfg_list_add($$, $4); }
     ;

blank: %empty
     | blank NEWLINE
     ;

%%

static int yyreport_syntax_error(const yypcontext_t *ctx, struct cfg_parse *p)
{
	yysymbol_kind_t got = yypcontext_token(ctx);
	yysymbol_kind_t want[4];
	char msg[256];
	int i, n, len;

	n = yypcontext_expected_tokens(ctx, want, 4);
	len = snprintf(msg, sizeof(msg), "unexpected %s",
		       got == YYSYMBOL_YYEOF ? "end of file"
					     : yysymbol_name(got));
	for (i = 0; i < n; i++)
		len += snprintf(msg + len, sizeof(msg) - len, "%s%s",
				i ? " or " : "; expected ",
				yysymbol_name(want[i]));
	cfg_complain(p, yypcontext_location(ctx)->first_line, msg);
	return 0;
}

static void cfgp_error(CFGP_LTYPE *loc, struct cfg_parse *p, const char *msg)
{
	cfg_complain(p, loc->first_line, msg);
}
