/*
 * layout/ours.c: our side of check-abi
 */
#include <xen/xen.h>
#include <xen/callback.h>
#include <xen/console_ring.h>
#include <xen/cpuid.h>
#include <xen/domctl.h>
#include <xen/elfnote.h>
#include <xen/errno.h>
#include <xen/event_channel.h>
#include <xen/features.h>
#include <xen/grant_table.h>
#include <xen/mca.h>
#include <xen/memory.h>
#include <xen/physdev.h>
#include <xen/platform.h>
#include <xen/pmu.h>
#include <xen/sched.h>
#include <xen/sysctl.h>
#include <xen/vcpu.h>
#include <xen/version.h>
#include <xen/xs_wire.h>
#include "table.h"

const struct abi_row abi_ours[] = {
#include "rows.def"
};

const size_t abi_ours_rows = sizeof(abi_ours) / sizeof(abi_ours[0]);
