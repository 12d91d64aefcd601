/*
 * layout/compare.c: names every row on which the two sides differ
 */
#include <stdio.h>
#include "table.h"

int main(void)
{
	size_t i, failed = 0;

	if (abi_ours_rows != abi_packaged_rows) {
		printf("tables have %zu and %zu rows\n", abi_ours_rows,
		       abi_packaged_rows);
		return 1;
	}
	for (i = 0; i < abi_ours_rows; i++) {
		if (abi_ours[i].value == abi_packaged[i].value)
			continue;
		failed++;
		printf("FAIL %s: ours %lld, packaged %lld\n", abi_ours[i].name,
		       abi_ours[i].value, abi_packaged[i].value);
	}
	printf("%zu passed, %zu failed, 0 skipped\n", abi_ours_rows - failed,
	       failed);
	return failed != 0;
}
