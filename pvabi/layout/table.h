/*
 * layout/table.h: the two tables that check-abi compares
 *
 * A unit includes the headers of its side, then expands rows.def into its
 * table with these macros.
 */
#ifndef PVABI_LAYOUT_TABLE_H
#define PVABI_LAYOUT_TABLE_H

#include <stddef.h>

struct abi_row {
	const char *name;
	long long value; /* size or offset in bytes, or a number */
};

extern const struct abi_row abi_ours[], abi_packaged[];
extern const size_t abi_ours_rows, abi_packaged_rows;

#define STRUCT(type)	   {"sizeof(" #type ")", sizeof(type)},
#define FIELD(type, field) {#type "." #field, offsetof(type, field)},
#define NUMBER(name)	   {#name, (long long)(name)},
#define HYPERCALL(number, name, nargs, caller, meaning) \
	{"hypercall " #name, __HYPERVISOR_##name},
#define SUBOP(call, number, name, meaning) NUMBER(name)
#define XEN_ERRNO(name, value, meaning)	   {"error " #name, XEN_##name},

#endif
