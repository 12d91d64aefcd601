/*
 * tests/fuzz/fuzz_cfg.c: configuration files of any content
 *
 * Whatever is refused must be refused with a sentence.
 */
#include <stdint.h>
#include <stdlib.h>

#include "ctl/cfg.h"
#include "ctl/config.h"
#include "lib/err.h"
#include "lib/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct cfg cfg = {NULL};
	struct config conf;
	int rc;

	log_init("fuzz", LOG_LVL_ERROR);
	err_clear();
	rc = cfg_parse_text(&cfg, (const char *)data, len, "fuzz");
	if (!rc)
		rc = config_from_cfg(&cfg, "fuzz", &conf);
	if (!rc)
		config_free(&conf);
	else if (!*err_text())
		abort();
	cfg_free(&cfg);
	return 0;
}
