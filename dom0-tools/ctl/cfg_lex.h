/*
 * ctl/cfg_lex.h: run scanner and parser over a text; for ctl/cfg.c
 */
#ifndef CTL_CFG_LEX_H
#define CTL_CFG_LEX_H

#include "ctl/cfg.h"

/**
 * cfg_lex_run() - parse @len bytes into @p->cfg
 *
 * Returns:  0, -EINVAL (complaint recorded in @p), -ENOMEM
 */
int cfg_lex_run(struct cfg_parse *p, const char *text, size_t len);

#endif /* CTL_CFG_LEX_H */
