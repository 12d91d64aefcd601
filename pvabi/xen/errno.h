/*
 * xen/errno.h: error numbers of the interface, as XEN_EPERM and so on
 *
 * ABI: hypercalls return them negated. Tools and guests use these names,
 *      which never clash with the host's; the hypervisor includes
 *      <xen/errno_plain.h> for the bare ones.
 */
#ifndef PVABI_XEN_ERRNO_H
#define PVABI_XEN_ERRNO_H

#ifndef __ASSEMBLER__

enum xen_errno {
#define XEN_ERRNO(name, value, meaning) XEN_##name = value,
#include <calls/errno.def>
#undef XEN_ERRNO
};

#endif
#endif
