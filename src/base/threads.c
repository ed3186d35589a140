/* threads.c: one pool for everything, OpenMP's. */
#include <omp.h>

#include "mer/base.h"

void mer_threads_set(int n) { omp_set_num_threads(n < 1 ? omp_get_num_procs() : n); }

int mer_threads_get(void) { return omp_get_max_threads(); }
