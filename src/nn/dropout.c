/* dropout.c: masks from Philox4x32-10 (base/rng.h), 8 blocks at a time and 16 bits for an element.
 * Elements come in groups of 64: element i takes half (i / 8) % 2 (0: the low one) of word
 * (i % 64) / 16 of block 8 * (i / 64) + i % 8. */
#include "nn/dropout.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/dispatch.h"
#include "base/rng.h"
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

/* to [4, LANES] = the words of blocks first .. first + LANES - 1, `first` a multiple of LANES: word
 * by word, as mer__philox. */
#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

/* Words are the lower halves of 64 bits: multiplication ignores what is above them. */
__attribute__((target("avx512f,avx512vl"))) static void blocks_avx512(uint32_t *to,
                                                                      const mask_source *s,
                                                                      uint64_t first) {
  const __m512i multiplier0 = _mm512_set1_epi64(MER__PHILOX_MULTIPLIER_0),
                multiplier1 = _mm512_set1_epi64(MER__PHILOX_MULTIPLIER_1);
  uint32_t k0 = (uint32_t)s->seed, k1 = (uint32_t)(s->seed >> 32);
  __m512i c[4] = {_mm512_add_epi64(_mm512_set1_epi64((uint32_t)first), /* does not carry */
                                   _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0)),
                  _mm512_set1_epi64((int64_t)(first >> 32)), _mm512_set1_epi64((uint32_t)s->stream),
                  _mm512_set1_epi64((int64_t)(s->stream >> 32))};
#pragma GCC unroll 10
  for (int round = 0; round < MER__PHILOX_ROUNDS;
       round++, k0 += MER__PHILOX_STEP_0, k1 += MER__PHILOX_STEP_1) {
    const __m512i p0 = _mm512_mul_epu32(c[0], multiplier0),
                  p1 = _mm512_mul_epu32(c[2], multiplier1);
    c[0] =
        _mm512_xor_si512(_mm512_xor_si512(_mm512_srli_epi64(p1, 32), c[1]), _mm512_set1_epi64(k0));
    c[2] =
        _mm512_xor_si512(_mm512_xor_si512(_mm512_srli_epi64(p0, 32), c[3]), _mm512_set1_epi64(k1));
    c[1] = p1;
    c[3] = p0;
  }
  for (int i = 0; i < 4; i++)
    _mm256_storeu_si256((__m256i *)(to + i * LANES), _mm512_cvtepi64_epi32(c[i]));
}

enum { AT_ONCE = 4 }; /* blocks, two in a register of 128 bits: all their words are in registers */

/* The lower halves of both lanes of two registers. */
MER__INLINE void store_words(uint32_t *to, const __m128i *c) {
  const __m128 words = _mm_shuffle_ps(_mm_castsi128_ps(c[0]), _mm_castsi128_ps(c[1]), 0x88);
  _mm_storeu_si128((__m128i *)to, _mm_castps_si128(words));
}

MER__INLINE void some_blocks(uint32_t *to, const mask_source *s, uint64_t first) {
  const __m128i multiplier0 = _mm_set1_epi64x(MER__PHILOX_MULTIPLIER_0),
                multiplier1 = _mm_set1_epi64x(MER__PHILOX_MULTIPLIER_1);
  const int64_t low = (uint32_t)first, high = (int64_t)(first >> 32);
  uint32_t k0 = (uint32_t)s->seed, k1 = (uint32_t)(s->seed >> 32);
  __m128i c0[2], c1[2], c2[2], c3[2];
  for (int i = 0; i < 2; i++) {
    c0[i] = _mm_set_epi64x(low + 2 * i + 1, low + 2 * i); /* does not carry */
    c1[i] = _mm_set1_epi64x(high);
    c2[i] = _mm_set1_epi64x((uint32_t)s->stream);
    c3[i] = _mm_set1_epi64x((int64_t)(s->stream >> 32));
  }
#pragma GCC unroll 10
  for (int round = 0; round < MER__PHILOX_ROUNDS;
       round++, k0 += MER__PHILOX_STEP_0, k1 += MER__PHILOX_STEP_1)
    for (int i = 0; i < 2; i++) {
      const __m128i p0 = _mm_mul_epu32(c0[i], multiplier0), p1 = _mm_mul_epu32(c2[i], multiplier1);
      c0[i] = _mm_xor_si128(_mm_xor_si128(_mm_srli_epi64(p1, 32), c1[i]), _mm_set1_epi64x(k0));
      c2[i] = _mm_xor_si128(_mm_xor_si128(_mm_srli_epi64(p0, 32), c3[i]), _mm_set1_epi64x(k1));
      c1[i] = p1;
      c3[i] = p0;
    }
  store_words(to, c0);
  store_words(to + LANES, c1);
  store_words(to + 2 * LANES, c2);
  store_words(to + 3 * LANES, c3);
}

MER__INLINE void blocks(uint32_t *to, const mask_source *s, uint64_t first) {
  if (MER__HAS_AVX512()) blocks_avx512(to, s, first);
  else
    for (int i = 0; i < LANES; i += AT_ONCE) some_blocks(to + i, s, first + (uint64_t)i);
}
#else
static void blocks(uint32_t *to, const mask_source *s, uint64_t first) {
  for (int i = 0; i < LANES; i++) {
    uint32_t words[4];
    mer__philox(words, s->seed, s->stream, first + (uint64_t)i);
    for (int j = 0; j < 4; j++) to[j * LANES + i] = words[j];
  }
}
#endif

/* Factors of 2 * LANES elements, from one word of each block. */
MER__INLINE void keep(float *restrict factors, const uint32_t *restrict words,
                      const mask_source *s) {
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
MER__INLINE void group_factors(float factors[GROUP], const mask_source *s, uint64_t group) {
  uint32_t words[4 * LANES];
  blocks(words, s, group * LANES);
  for (int i = 0; i < 4; i++) keep(factors + 2 * LANES * i, words + LANES * i, s);
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

/* Elements i .. i + size - 1; `source`: NULL for rate 0. */
static void apply_part(float *y, const float *x, const float *residual, int64_t i, int64_t size,
                       const mask_source *source) {
  const float *r = residual ? residual + i : NULL;
  if (source) apply_factors(y + i, x + i, r, i, size, source);
  else apply_identity(y + i, x + i, r, size);
}

static void apply(float *y, const float *x, const float *residual, int64_t n,
                  const mer__dropout *dropout) {
  const mask_source source = mask_source_of(dropout), *used = dropout->rate > 0 ? &source : NULL;
  if (!mer__shared(n >= MER__PARALLEL_MIN)) {
    apply_part(y, x, residual, 0, n, used);
    return;
  }
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < n; i += MER__CHUNK)
    apply_part(y, x, residual, i, mer__chunk_size(n, i, MER__CHUNK), used);
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
