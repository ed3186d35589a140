/* int8_avx2.h: what the kernels of AVX2 share: sums of eight outputs, and how they become outputs.
 */
#ifndef MER_NN_INT8_AVX2_H
#define MER_NN_INT8_AVX2_H

#include <immintrin.h>

#include "nn/int8_tile.h"

/* Sums have this type, not __m256i: GCC would keep them in both types, and so in memory. */
typedef int32_t i32x8 __attribute__((vector_size(32)));

/* The first n of eight numbers, at least one. */
MER__INLINE __m256 load_some(const float *x, int64_t n) {
  float some[8] = {0};
  if (n >= 8) return _mm256_loadu_ps(x);
  memcpy(some, x, (size_t)n * sizeof *some);
  return _mm256_loadu_ps(some);
}

/* Eight outputs, from number 8 * c of the panel on, from the sums of (q - z) w of a row with scale
 * x_scale. */
MER__INLINE __m256 outputs_avx2(const mer__int8_product *p, const int c, float x_scale,
                                __m256i sums) {
  __m256 scale = _mm256_mul_ps(_mm256_set1_ps(x_scale), _mm256_loadu_ps(p->scales + 8 * c));
  __m256 product = _mm256_mul_ps(_mm256_cvtepi32_ps(sums), scale);
  return _mm256_add_ps(product, _mm256_loadu_ps(p->bias + 8 * c));
}

/* Stores the first n of them at p->y + at, with the residual and ReLU. */
MER__INLINE void finish_avx2(const mer__int8_product *p, int64_t at, int64_t n, const int c,
                             float x_scale, __m256i sums) {
  __m256 result = outputs_avx2(p, c, x_scale, sums);
  if (n <= 0) return;
  if (p->residual) result = _mm256_add_ps(result, load_some(p->residual + at, n));
  if (p->relu) result = _mm256_max_ps(_mm256_setzero_ps(), result);
  if (n >= 8) _mm256_storeu_ps(p->y + at, result);
  else memcpy(p->y + at, &result, (size_t)n * sizeof *p->y);
}

/* Eight outputs of row `i`, from number 8 * c of the panel on, from their sums of q w; `whole`, a
 * constant at each call: nothing is added, and there are eight, so that there is no branch. */
MER__INLINE void store_avx2(const mer__int8_product *p, int64_t i, const int c, __m256i sums,
                            const bool whole) {
  const int64_t at = i * p->y_row + 8 * c;
  __m256i weight_sums = _mm256_loadu_si256((const __m256i *)p->panel + c);
  sums = _mm256_sub_epi32(sums, _mm256_mullo_epi32(_mm256_set1_epi32(p->x_zeros[i]), weight_sums));
  if (whole) _mm256_storeu_ps(p->y + at, outputs_avx2(p, c, p->x_scales[i], sums));
  else finish_avx2(p, at, p->n_outputs - 8 * c, c, p->x_scales[i], sums);
}

MER__INLINE void store_each(const mer__int8_product *p, int64_t first, i32x8 sums[][2],
                            const int rows, const bool whole) {
#pragma GCC unroll 8
  for (int r = 0; r < rows; r++) {
    store_avx2(p, first + r, 0, (__m256i)sums[r][0], whole);
    store_avx2(p, first + r, 1, (__m256i)sums[r][1], whole);
  }
}

/* Both halves of the panel's outputs of rows first .. first + rows - 1. */
MER__INLINE void store_rows(const mer__int8_product *p, int64_t first, i32x8 sums[][2],
                            const int rows) {
  if (p->n_outputs >= PANEL && !p->residual && !p->relu) store_each(p, first, sums, rows, true);
  else store_each(p, first, sums, rows, false);
}

#endif
