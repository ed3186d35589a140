/* max_pool_kernels.h: the function of max_pool.h for the channels of one pixel. */
#ifndef MER_NN_MAX_POOL_KERNELS_H
#define MER_NN_MAX_POOL_KERNELS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dispatch.h"

typedef struct mer__max_pool_kernels {
  /** y = max(y, x), or x if it has not `begun`; where x is taken, which = number, unless that is
   * NULL. All: [n]. */
  void (*larger)(float *y, int32_t *which, const float *x, int32_t number, bool begun, int64_t n);
} mer__max_pool_kernels;

MER__DECLARE_VERSIONS(mer__max_pool_kernels, mer__max_pool);

#endif
