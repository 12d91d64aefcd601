/*
 * guests/start: what a guest may count on at its first instruction
 */
#include <guest.h>
#include <xen/version.h>

PROMISE(magic_names_the_abi, "start_info.magic is xen-3.0-x86_64, p in dom0")
{
	const char *want = is_dom0() ? "xen-3.0-x86_64p" : "xen-3.0-x86_64";

	expect_eq(strcmp(start_info->magic, want), 0);
}

PROMISE(dom0_has_no_store_and_console, "dom0: store_mfn, store_evtchn are 0")
{
	if (!is_dom0())
		skip("a domU");
	expect_eq(start_info->store_mfn, 0);
	expect_eq(start_info->store_evtchn, 0);
	expect(start_info->flags & SIF_PRIVILEGED);
}
