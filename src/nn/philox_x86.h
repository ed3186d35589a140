/* philox_x86.h: words of Philox4x32-10 (base/rng.h) by AVX-512 or SSE2. Words are the lower halves
 * of 64 bits: multiplication ignores what is above them. */
#ifndef MER_NN_PHILOX_X86_H
#define MER_NN_PHILOX_X86_H

#include <immintrin.h>

#include "base/rng.h"
#include "nn/dropout_kernels.h"

enum { LANES = MER__DROPOUT_LANES };

/* to [4, LANES] = the words of blocks first .. first + LANES - 1, `first` a multiple of LANES: word
 * by word, as mer__philox. */
#if defined(__AVX512F__)
MER__INLINE void blocks(uint32_t *to, const mer__mask_source *s, uint64_t first) {
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

#else
enum { AT_ONCE = 4 }; /* blocks, two in a register of 128 bits: all their words are in registers */

/* The lower halves of both lanes of two registers. */
MER__INLINE void store_words(uint32_t *to, const __m128i *c) {
  const __m128 words = _mm_shuffle_ps(_mm_castsi128_ps(c[0]), _mm_castsi128_ps(c[1]), 0x88);
  _mm_storeu_si128((__m128i *)to, _mm_castps_si128(words));
}

MER__INLINE void some_blocks(uint32_t *to, const mer__mask_source *s, uint64_t first) {
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

MER__INLINE void blocks(uint32_t *to, const mer__mask_source *s, uint64_t first) {
  for (int i = 0; i < LANES; i += AT_ONCE) some_blocks(to + i, s, first + (uint64_t)i);
}
#endif

#endif
