/*
 * layout/packaged.c: the packaged Xen headers' side of check-abi
 *
 * Compiled without our headers in the search path.
 */
#define __XEN_TOOLS__		  1
#define __XEN_INTERFACE_VERSION__ 0x00041100
#include <stdint.h>
#include <xen/xen.h>
#include <xen/arch-x86/cpuid.h>
#include <xen/arch-x86/xen-mca.h>
#include <xen/callback.h>
#include <xen/domctl.h>
#include <xen/elfnote.h>
#include <xen/errno.h>
#include <xen/event_channel.h>
#include <xen/features.h>
#include <xen/grant_table.h>
#include <xen/io/console.h>
#include <xen/io/xs_wire.h>
#include <xen/memory.h>
#include <xen/nmi.h>
#include <xen/physdev.h>
#include <xen/platform.h>
#include <xen/pmu.h>
#include <xen/sched.h>
#include <xen/sysctl.h>
#include <xen/vcpu.h>
#include <xen/version.h>
#include "table.h"

const struct abi_row abi_packaged[] = {
#include "rows.def"
};

const size_t abi_packaged_rows = sizeof(abi_packaged) / sizeof(abi_packaged[0]);
