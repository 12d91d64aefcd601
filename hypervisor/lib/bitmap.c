/*
 * bitmap.c: searching arrays of 64-bit words
 */
#include <hv/lib.h>

/* Bits of word @w that lie below @nbits */
static u64 valid_bits(unsigned int w, unsigned int nbits)
{
	unsigned int rest = nbits - w * 64;

	return rest >= 64 ? ~0ull : (1ull << rest) - 1;
}

unsigned int bitmap_find_zero(const u64 *map, unsigned int nbits)
{
	for (unsigned int w = 0; w < BITS_TO_LONGS(nbits); w++) {
		u64 v = ~READ_ONCE(map[w]) & valid_bits(w, nbits);

		if (v)
			return w * 64 + (unsigned int)__builtin_ctzll(v);
	}
	return nbits;
}
