/*
 * fake_tlb.h: the worst TLB there can be
 *
 * It keeps every translation that any live table ever offered, until the next
 * flush. Through it no table may be written, no frame be walked as what it was
 * before, and none be reached by its former owner's mappings.
 */
#ifndef TESTS_HOST_FAKE_TLB_H
#define TESTS_HOST_FAKE_TLB_H

/** fake_tlb_forget() - a flush; for fake_on_flush */
void fake_tlb_forget(void);
/** fake_tlb_see() - all that live tables offer now */
void fake_tlb_see(void);
/** fake_tlb_check() - asserts the above */
void fake_tlb_check(void);

#endif
