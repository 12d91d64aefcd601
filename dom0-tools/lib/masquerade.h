/*
 * lib/masquerade.h: guests that speak to the world with this host's address
 *
 * Owns:       the table "paravane" of nf_tables: a set of guests' addresses,
 *             and a chain that masquerades what they send to others than
 *             themselves
 * ABI:        nf_tables of Linux, as nft(8) shows it
 */
#ifndef LIB_MASQUERADE_H
#define LIB_MASQUERADE_H

#include <stdint.h>

/**
 * masquerade_add(), masquerade_remove() - an IPv4 address in network order
 *
 * Adding twice and removing what is not there are fine.
 *
 * Returns:  0 or a negative errno, as the kernel gave it; -EOPNOTSUPP and the
 *           like where its modules nft_chain_nat and nft_masq are missing
 */
int masquerade_add(uint32_t addr);
int masquerade_remove(uint32_t addr);

#endif /* LIB_MASQUERADE_H */
