/* dropout_kernels.h: masks of dropout, from Philox4x32-10 (base/rng.h), 8 blocks at a time and 16
 * bits for an element. Elements come in groups of 64: element i takes half (i / 8) % 2 (0: the low
 * one) of word (i % 64) / 16 of block 8 * (i / 64) + i % 8. */
#ifndef MER_NN_DROPOUT_KERNELS_H
#define MER_NN_DROPOUT_KERNELS_H

#include <stdint.h>

#include "base/dispatch.h"

enum { MER__DROPOUT_LANES = 8, MER__DROPOUT_GROUP = 8 * MER__DROPOUT_LANES };

/** An element is kept if its 16 bits are at least `threshold`. */
typedef struct mer__mask_source {
  uint64_t seed, stream;
  uint32_t threshold;
  float scale;
} mer__mask_source;

typedef struct mer__dropout_kernels {
  /** The factors of elements first .. first + n - 1. */
  void (*factors)(float *factors, int64_t first, int64_t n, const mer__mask_source *source);
  /** y = x * factors (+ residual, unless it is NULL) of elements first .. first + n - 1; `first` is
   * a multiple of the group. The arrays begin at element `first`. */
  void (*apply)(float *y, const float *x, const float *residual, int64_t first, int64_t n,
                const mer__mask_source *source);
  /** y = residual + x */
  void (*add)(float *y, const float *x, const float *residual, int64_t n);
} mer__dropout_kernels;

MER__DECLARE_VERSIONS(mer__dropout_kernels, mer__dropout);

#endif
