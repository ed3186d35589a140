/* dropout_kernels.c: masks, and what they are applied to. */
#include "nn/dropout_kernels.h"

#include <stddef.h>

#include "nn/parallel.h"

#if MER__X86
#include "nn/philox_x86.h"
#else
#include "base/rng.h"

enum { LANES = MER__DROPOUT_LANES };

/* to [4, LANES] = the words of blocks first .. first + LANES - 1, word by word. */
static void blocks(uint32_t *to, const mer__mask_source *s, uint64_t first) {
  for (int i = 0; i < LANES; i++) {
    uint32_t words[4];
    mer__philox(words, s->seed, s->stream, first + (uint64_t)i);
    for (int j = 0; j < 4; j++) to[j * LANES + i] = words[j];
  }
}
#endif

enum { GROUP = MER__DROPOUT_GROUP };

/* Factors of 2 * LANES elements, from one word of each block. */
MER__INLINE void keep(float *restrict factors, const uint32_t *restrict words,
                      const mer__mask_source *s) {
  const int32_t threshold = (int32_t)s->threshold;
  const float scale = s->scale;
#pragma omp simd
  for (int i = 0; i < LANES; i++) {
    const int32_t low = words[i] & 0xFFFF, high = (int32_t)(words[i] >> 16);
    factors[i] = low >= threshold ? scale : 0.0f;
    factors[LANES + i] = high >= threshold ? scale : 0.0f;
  }
}

/* The factors of elements GROUP * group .. GROUP * group + GROUP - 1. */
MER__INLINE void group_factors(float factors[GROUP], const mer__mask_source *s, uint64_t group) {
  uint32_t words[4 * LANES];
  blocks(words, s, group * LANES);
  for (int i = 0; i < 4; i++) keep(factors + 2 * LANES * i, words + LANES * i, s);
}

static void factors_of(float *factors, int64_t first, int64_t n, const mer__mask_source *s) {
  float group[GROUP];
  for (int64_t i = 0; i < n;) {
    int64_t skip = (first + i) % GROUP, size = mer__chunk_size(n, i, GROUP - skip);
    group_factors(group, s, (uint64_t)((first + i) / GROUP));
    for (int64_t j = 0; j < size; j++) factors[i + j] = group[skip + j];
    i += size;
  }
}

/* y = x * factors (+ residual, unless it is NULL) of elements first .. first + n - 1; `first` is a
 * multiple of the group. The arrays begin at element `first`. */
static void apply(float *y, const float *x, const float *residual, int64_t first, int64_t n,
                  const mer__mask_source *s) {
  float group[GROUP];
  for (int64_t i = 0; i < n; i += GROUP) {
    int64_t size = mer__chunk_size(n, i, GROUP);
    group_factors(group, s, (uint64_t)((first + i) / GROUP));
    if (residual) {
#pragma omp simd
      for (int64_t j = 0; j < size; j++) y[i + j] = residual[i + j] + x[i + j] * group[j];
    } else {
#pragma omp simd
      for (int64_t j = 0; j < size; j++) y[i + j] = x[i + j] * group[j];
    }
  }
}

static void add(float *y, const float *x, const float *residual, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; i++) y[i] = residual[i] + x[i];
}

const mer__dropout_kernels MER__VERSION(mer__dropout) = {factors_of, apply, add};
