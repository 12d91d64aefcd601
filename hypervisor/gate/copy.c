/*
 * gate/copy.c: guest memory, reached through the guest's own mapping
 *
 * The running vcpu's root is loaded, so its addresses work as they are.
 * What keeps this safe: the range lies outside our slots, and a fault at
 * these instructions is in the fixup table.
 */
#include <hv/gate.h>
#include <hv/memmap.h>

u64 guest_copy_raw(void *to, const void *from, u64 n);

bool guest_va_ok(u64 va, u64 n)
{
	u64 end = va + n;

	if (end < va)
		return false;
	return end <= 0x800000000000ull || va >= HV_VA_END;
}

int copy_in(void *to, gptr_t from, size_t n)
{
	if (!guest_va_ok(from.va, n) ||
	    guest_copy_raw(to, (const void *)from.va, n))
		return -EFAULT;
	return 0;
}

int copy_out(gptr_t to, const void *from, size_t n)
{
	if (!guest_va_ok(to.va, n) || guest_copy_raw((void *)to.va, from, n))
		return -EFAULT;
	return 0;
}

size_t copy_in_partial(void *to, gptr_t from, size_t n)
{
	if (!guest_va_ok(from.va, n))
		return 0;
	return n - guest_copy_raw(to, (const void *)from.va, n);
}
