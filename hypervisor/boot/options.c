/*
 * options.c: the hypervisor's own line, and options of several users
 */
#include <hv/boot.h>

extern const struct boot_option hv_opts_start[], hv_opts_end[];

u64 opt_dom0_mem, opt_dom0_mem_max;
unsigned int opt_dom0_max_vcpus; /* 0: as many as there are pcpus */
bool opt_noreboot;

OPTION_BOOL("noreboot", opt_noreboot);

/* dom0_mem=<size>,max:<size>; min: is accepted and means nothing here */
static int parse_dom0_mem(const char *s)
{
	while (*s) {
		u64 *to = &opt_dom0_mem;
		u64 ignored;
		const char *end;

		if (!strncmp(s, "max:", 4)) {
			to = &opt_dom0_mem_max;
			s += 4;
		} else if (!strncmp(s, "min:", 4)) {
			to = &ignored;
			s += 4;
		}
		*to = hv_parse_size(s, &end, 10);
		if (end == s || (*end && *end != ','))
			return -EINVAL;
		s = *end ? end + 1 : end;
	}
	return 0;
}
OPTION_FN("dom0_mem", parse_dom0_mem);

/* dom0_max_vcpus=<n>, or <min>-<max> of which we take the maximum */
static int parse_dom0_max_vcpus(const char *s)
{
	const char *end;
	u64 n = hv_strtoul(s, &end, 0);

	if (*end == '-' && end[1])
		n = hv_strtoul(end + 1, &end, 0);
	if (end == s || *end || n < 1 || n > MAX_VCPUS)
		return -EINVAL;
	opt_dom0_max_vcpus = (unsigned int)n;
	return 0;
}
OPTION_FN("dom0_max_vcpus", parse_dom0_max_vcpus);

#define MAX_REPORTS 16
static struct {
	char option[64];
	const char *why;
} reports[MAX_REPORTS];
static unsigned int nr_reports;

static void remember(const char *option, const char *why)
{
	if (nr_reports == MAX_REPORTS)
		return;
	hv_strlcpy(reports[nr_reports].option, option,
		   sizeof(reports[0].option));
	reports[nr_reports++].why = why;
}

void cmdline_parse(void)
{
	static char copy[sizeof(boot_info.cmdline)];

	hv_strlcpy(copy, boot_info.cmdline, sizeof(copy));
	cmdline_parse_table(copy, hv_opts_start, hv_opts_end, remember);
}

void cmdline_report(void)
{
	for (unsigned int i = 0; i < nr_reports; i++)
		printk(LOG_WARN, "Command line: %s '%s', ignored\n",
		       reports[i].why, reports[i].option);
}
