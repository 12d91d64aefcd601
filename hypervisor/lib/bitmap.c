/*
 * bitmap.c: searching and counting in arrays of 64-bit words
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

unsigned int bitmap_find_next(const u64 *map, unsigned int nbits,
			      unsigned int from)
{
	if (from >= nbits)
		return nbits;
	for (unsigned int w = from / 64; w < BITS_TO_LONGS(nbits); w++) {
		u64 v = READ_ONCE(map[w]) & valid_bits(w, nbits);

		if (w == from / 64)
			v &= ~0ull << (from % 64);
		if (v)
			return w * 64 + (unsigned int)__builtin_ctzll(v);
	}
	return nbits;
}

bool bitmap_empty(const u64 *map, unsigned int nbits)
{
	return bitmap_find_next(map, nbits, 0) == nbits;
}

static unsigned int weight64(u64 v)
{
	v -= (v >> 1) & 0x5555555555555555ull;
	v = (v & 0x3333333333333333ull) + ((v >> 2) & 0x3333333333333333ull);
	v = (v + (v >> 4)) & 0x0f0f0f0f0f0f0f0full;
	return (unsigned int)((v * 0x0101010101010101ull) >> 56);
}

unsigned int bitmap_weight(const u64 *map, unsigned int nbits)
{
	unsigned int n = 0;

	for (unsigned int w = 0; w < BITS_TO_LONGS(nbits); w++)
		n += weight64(READ_ONCE(map[w]) & valid_bits(w, nbits));
	return n;
}
