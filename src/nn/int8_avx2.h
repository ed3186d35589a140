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

/* The first n of eight outputs, from number 8 * c of the panel on, to p->y + at, from the sums of
 * (q - z) w of a row with scale x_scale. */
MER__INLINE void finish_avx2(const mer__int8_product *p, int64_t at, int64_t n, const int c,
                             float x_scale, __m256i sums) {
  __m256 scale = _mm256_mul_ps(_mm256_set1_ps(x_scale), _mm256_loadu_ps(p->scales + 8 * c));
  __m256 product = _mm256_mul_ps(_mm256_cvtepi32_ps(sums), scale);
  __m256 result = _mm256_add_ps(product, _mm256_loadu_ps(p->bias + 8 * c));
  if (n <= 0) return;
  if (p->residual) result = _mm256_add_ps(result, load_some(p->residual + at, n));
  if (p->relu) result = _mm256_max_ps(_mm256_setzero_ps(), result);
  if (n >= 8) _mm256_storeu_ps(p->y + at, result);
  else memcpy(p->y + at, &result, (size_t)n * sizeof *p->y);
}

/* Eight outputs of row `i`, from number 8 * c of the panel on, from their sums of q w. */
MER__INLINE void store_avx2(const mer__int8_product *p, int64_t i, const int c, __m256i sums) {
  __m256i weight_sums = _mm256_loadu_si256((const __m256i *)p->panel + c);
  sums = _mm256_sub_epi32(sums, _mm256_mullo_epi32(_mm256_set1_epi32(p->x_zeros[i]), weight_sums));
  finish_avx2(p, i * p->y_row + 8 * c, p->n_outputs - 8 * c, c, p->x_scales[i], sums);
}

/* All outputs of the panel, to which nothing is added, of rows first .. first + rows - 1: without a
 * branch. */
MER__INLINE void store_whole_rows(const mer__int8_product *p, int64_t first, i32x8 sums[][2],
                                  const int rows) {
#pragma GCC unroll 2
  for (int c = 0; c < 2; c++) {
    const __m256i weight_sums = _mm256_loadu_si256((const __m256i *)p->panel + c);
    const __m256 scales = _mm256_loadu_ps(p->scales + 8 * c),
                 bias = _mm256_loadu_ps(p->bias + 8 * c);
    float *y = p->y + first * p->y_row + 8 * c;
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++, y += p->y_row) {
      const __m256i zeros =
          _mm256_mullo_epi32(_mm256_set1_epi32(p->x_zeros[first + r]), weight_sums);
      const __m256 scale = _mm256_mul_ps(_mm256_set1_ps(p->x_scales[first + r]), scales);
      const __m256 sum = _mm256_cvtepi32_ps(_mm256_sub_epi32((__m256i)sums[r][c], zeros));
      _mm256_storeu_ps(y, _mm256_add_ps(_mm256_mul_ps(sum, scale), bias));
    }
  }
}

/* Both halves of the panel's outputs of rows first .. first + rows - 1. */
MER__INLINE void store_rows(const mer__int8_product *p, int64_t first, i32x8 sums[][2],
                            const int rows) {
  if (p->n_outputs >= PANEL && !p->residual && !p->relu) {
    store_whole_rows(p, first, sums, rows);
    return;
  }
#pragma GCC unroll 8
  for (int r = 0; r < rows; r++) {
    store_avx2(p, first + r, 0, (__m256i)sums[r][0]);
    store_avx2(p, first + r, 1, (__m256i)sums[r][1]);
  }
}

#endif
