/* dropout.c: masks from Philox4x32-10 (base/rng.h), 8 blocks at a time and 16 bits for an element.
 * Elements come in groups of 64: element i takes half (i / 8) % 2 (0: the low one) of word
 * (i % 64) / 16 of block 8 * (i / 64) + i % 8. */
#include "nn/dropout.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/dispatch.h"
#include "nn/parallel.h"

enum { LANES = 8, GROUP = 8 * LANES };

/* An element is kept if its 16 bits are at least `threshold`. */
typedef struct mask_source {
  uint64_t seed, stream;
  uint32_t threshold;
  float scale;
} mask_source;

static mask_source mask_source_of(const mer__dropout *dropout) {
  assert(dropout->rate >= 0 && dropout->rate < 1);
  double threshold = floor((double)dropout->rate * 65536 + 0.5);
  if (threshold > 65535) threshold = 65535;
  return (mask_source){dropout->seed, dropout->stream, (uint32_t)threshold,
                       (float)(65536 / (65536 - threshold))};
}

/* One round of mer__philox in each lane; k0 and k1 are the round's keys. */
MER__INLINE void philox_round(uint32_t *restrict c0, uint32_t *restrict c1, uint32_t *restrict c2,
                              uint32_t *restrict c3, uint32_t k0, uint32_t k1) {
  for (int i = 0; i < LANES; i++) {
    uint64_t p0 = (uint64_t)0xD2511F53u * c0[i], p1 = (uint64_t)0xCD9E8D57u * c2[i];
    uint32_t low0 = 0xD2511F53u * c0[i], low1 = 0xCD9E8D57u * c2[i];
    c0[i] = (uint32_t)(p1 >> 32) ^ c1[i] ^ k0;
    c2[i] = (uint32_t)(p0 >> 32) ^ c3[i] ^ k1;
    c1[i] = low1;
    c3[i] = low0;
  }
}

/* Factors of 2 * LANES elements, from one word of each block. */
MER__INLINE void keep(float *factors, const uint32_t *words, const mask_source *s) {
  for (int i = 0; i < LANES; i++) {
    factors[i] = (words[i] & 0xFFFF) >= s->threshold ? s->scale : 0.0f;
    factors[LANES + i] = words[i] >> 16 >= s->threshold ? s->scale : 0.0f;
  }
}

/* The factors of elements GROUP * group .. GROUP * group + GROUP - 1. */
MER__INLINE void group_factors(float factors[GROUP], const mask_source *s, uint64_t group) {
  const uint32_t k0 = (uint32_t)s->seed, k1 = (uint32_t)(s->seed >> 32);
  const uint64_t first = group * LANES; /* adding a lane to the low half does not carry */
  uint32_t c0[LANES], c1[LANES], c2[LANES], c3[LANES];
  for (uint32_t i = 0; i < LANES; i++) {
    c0[i] = (uint32_t)first + i;
    c1[i] = (uint32_t)(first >> 32);
    c2[i] = (uint32_t)s->stream;
    c3[i] = (uint32_t)(s->stream >> 32);
  }
#pragma GCC unroll 10
  for (uint32_t round = 0; round < 10; round++)
    philox_round(c0, c1, c2, c3, k0 + round * 0x9E3779B9u, k1 + round * 0xBB67AE85u);
  keep(factors, c0, s);
  keep(factors + 2 * LANES, c1, s);
  keep(factors + 4 * LANES, c2, s);
  keep(factors + 6 * LANES, c3, s);
}

MER__KERNEL static void copy_factors(float *factors, int64_t first, int64_t n,
                                     const mask_source *s) {
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
MER__KERNEL static void apply_factors(float *y, const float *x, const float *residual,
                                      int64_t first, int64_t n, const mask_source *s) {
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

/* The same for rate 0. */
MER__KERNEL static void apply_identity(float *y, const float *x, const float *residual, int64_t n) {
  if (residual) {
#pragma omp simd
    for (int64_t i = 0; i < n; i++) y[i] = residual[i] + x[i];
  } else {
#pragma omp simd
    for (int64_t i = 0; i < n; i++) y[i] = x[i];
  }
}

static void apply(float *y, const float *x, const float *residual, int64_t n,
                  const mer__dropout *dropout) {
  const mask_source source = mask_source_of(dropout);
  const bool identity = dropout->rate == 0;
#pragma omp parallel for schedule(static) if (n >= MER__PARALLEL_MIN)
  for (int64_t i = 0; i < n; i += MER__CHUNK) {
    const float *r = residual ? residual + i : NULL;
    int64_t size = mer__chunk_size(n, i, MER__CHUNK);
    if (identity) apply_identity(y + i, x + i, r, size);
    else apply_factors(y + i, x + i, r, i, size, &source);
  }
}

void mer__dropout_apply(float *y, const float *x, int64_t n, const mer__dropout *dropout) {
  if (dropout->rate == 0 && y == x) return;
  apply(y, x, NULL, n, dropout);
}

void mer__dropout_add(float *y, const float *x, const float *residual, int64_t n,
                      const mer__dropout *dropout) {
  apply(y, x, residual, n, dropout);
}

void mer__dropout_factors(float *factors, int64_t first, int64_t n, const mer__dropout *dropout) {
  assert(first >= 0);
  const mask_source source = mask_source_of(dropout);
  copy_factors(factors, first, n, &source);
}
