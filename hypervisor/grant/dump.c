/*
 * grant/dump.c: a table as text, for the console
 */
#include "internal.h"

#define MAX_LINES 64

static u64 frame_of(const struct grant_table *gt, u32 ref)
{
	return gt->version == 1 ? READ_ONCE(shared_at(gt, ref)->frame)
				: READ_ONCE(v2_at(gt, ref)->full_page.frame);
}

static void dump_entry(const struct grant_table *gt, u32 ref, u32 header,
		       grant_say_fn say)
{
	const struct active *a = active_at(gt, ref);
	bool used = a->readers || a->writers;

	say(LOG_INFO,
	    "  gref %u: flags %#x for d%u frame %#llx, %u readers "
	    "%u writers of %#llx\n",
	    ref, header & 0xffff, header >> 16,
	    (unsigned long long)frame_of(gt, ref), a->readers, a->writers,
	    used ? (unsigned long long)a->mfn : 0);
}

unsigned int grant_dump(struct domain *d, grant_say_fn say)
{
	struct grant_table *gt = d->grant;
	u32 ref, header, lent = 0;

	if (!gt)
		return 0;
	spin_lock(&gt->lock);
	say(LOG_INFO,
	    "d%u: grant version %u, %u of %u frames, %u maps of others\n",
	    d->id, gt->version, gt->nr_frames, gt->max_frames, gt->nr_maps);
	for (ref = 0; ref < nr_entries(gt); ref++) {
		header = READ_ONCE(*header_at(gt, ref));
		if (!header && !active_at(gt, ref)->readers &&
		    !active_at(gt, ref)->writers)
			continue;
		if (++lent <= MAX_LINES)
			dump_entry(gt, ref, header, say);
	}
	if (lent > MAX_LINES)
		say(LOG_INFO, "  and %u more\n", lent - MAX_LINES);
	spin_unlock(&gt->lock);
	return lent;
}
