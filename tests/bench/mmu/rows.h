/*
 * bench/mmu/rows.h: how a row is reported
 */
#ifndef BENCH_ROWS_H
#define BENCH_ROWS_H

#include <lib.h>

/* @operations of row @name took @ticks of the TSC in all. */
void bench_report(const char *name, u64 operations, u64 ticks);

#endif
