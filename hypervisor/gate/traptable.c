/*
 * gate/traptable.c: the handlers a guest has set for exceptions and int n
 */
#include <hv/domain.h>
#include <hv/mm.h>
#include "internal.h"

#define NR_VECTORS 256
#define INT80	   0x80

/* Index of @vector among the usual ones, or NR_USUAL_TRAPS */
static unsigned int usual(unsigned int vector)
{
	if (vector < NR_EXCEPTIONS)
		return (unsigned int)index_nospec(vector, NR_EXCEPTIONS);
	return vector == INT80 ? NR_EXCEPTIONS : NR_USUAL_TRAPS;
}

const struct trap_info *gate_trap(const struct vcpu *v, unsigned int vector)
{
	static const struct trap_info none;
	unsigned int i = usual(vector);

	if (i < NR_USUAL_TRAPS)
		return &v->gate.traps[i];
	if (!v->gate.rare_traps)
		return &none;
	return &v->gate.rare_traps[index_nospec(vector, NR_VECTORS)];
}

int gate_set_trap(struct vcpu *v, const struct trap_info *t)
{
	unsigned int i = usual(t->vector);

	if (i < NR_USUAL_TRAPS) {
		v->gate.traps[i] = *t;
		return 0;
	}
	if (!v->gate.rare_traps && t->address)
		v->gate.rare_traps =
			hv_alloc(NR_VECTORS * sizeof(struct trap_info));
	if (v->gate.rare_traps)
		v->gate.rare_traps[t->vector] = *t;
	return v->gate.rare_traps || !t->address ? 0 : -ENOMEM;
}

void gate_clear_traps(struct vcpu *v)
{
	memset(v->gate.traps, 0, sizeof(v->gate.traps));
	hv_free(v->gate.rare_traps);
	v->gate.rare_traps = NULL;
}
