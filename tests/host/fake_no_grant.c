/*
 * fake_no_grant.c: for tests of mm/ and pt/ alone: nobody has a grant table
 */
#include <hv/grant.h>
#include "fake.h"

int grant_frame_mfn(struct domain *d, unsigned int i, u64 *mfn)
{
	return -EINVAL;
}

unsigned int grant_max_frames(struct domain *d)
{
	return 0;
}

void grant_count_frames(struct domain *d, void (*held)(u64 mfn, bool writable))
{
}

unsigned int grant_max_status_frames(struct domain *d)
{
	return 0;
}

int grant_status_mfn(struct domain *d, unsigned int i, u64 *mfn)
{
	return -EINVAL;
}
