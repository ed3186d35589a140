/* panel_bf16_x86.h: packing of words of two bfloat16, by AVX512_BF16, for the kernels that multiply
 * them. */
#ifndef MER_NN_PANEL_BF16_X86_H
#define MER_NN_PANEL_BF16_X86_H

#include <immintrin.h>

#include "base/dispatch.h"
#include "nn/panel_kernels.h"

/* What is read in narrow columns, or in sixteen rows at a time, is fetched ahead. */
enum { ROWS_AHEAD = 16, ELEMENTS_AHEAD = 64 };

/* Loops whose arrays of vectors are to be registers. */
#define EACH _Pragma("GCC unroll 16")

/* r = its transpose. */
MER__INLINE void mer__transpose_16x16(__m512i *r) {
  __m512i t[MER__PANEL];
  EACH for (int i = 0; i < MER__PANEL; i += 2) {
    t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
  }
  EACH for (int i = 0; i < MER__PANEL; i += 4) {
    r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
    r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
    r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
    r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
  }
  EACH for (int i = 0; i < 4; i++) { /* parts of 128 bits: even and odd ones, of two rows each */
    t[i] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0x88);
    t[i + 4] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0xdd);
    t[i + 8] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0x88);
    t[i + 12] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0xdd);
  }
  EACH for (int i = 0; i < 4; i++) {
    r[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
    r[i + 4] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0x88);
    r[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xdd);
    r[i + 12] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0xdd);
  }
}

static uint32_t mer__low_bits(int64_t n) {
  return n < 0 ? 0 : n < 32 ? (1u << n) - 1 : 0xffffffffu;
}

/* The words of 32 neighbours in a row, of which some are there. */
MER__INLINE __m512i mer__words_of_row(const float *x, uint32_t there) {
  const __m512 low = _mm512_maskz_loadu_ps((__mmask16)there, x);
  const __m512 high = _mm512_maskz_loadu_ps((__mmask16)(there >> 16), x + MER__PANEL);
  return (__m512i)_mm512_cvtne2ps_pbh(high, low);
}

/* The words of up to 16 columns of the first two of n rows. */
MER__INLINE __m512i mer__words_of_columns(const float *from, int64_t from_row, int64_t n,
                                          __mmask16 columns) {
  const __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24,
                                         8, 23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  const __m512 upper = _mm512_maskz_loadu_ps(n > 0 ? columns : 0, from);
  const __m512 lower = _mm512_maskz_loadu_ps(n > 1 ? columns : 0, from + from_row);
  return _mm512_permutexvar_epi16(order, (__m512i)_mm512_cvtne2ps_pbh(lower, upper));
}

MER__INLINE void mer__bf16_pack_rows(float *to, int64_t width, const float *from, int64_t from_row,
                                     int64_t n_rows, int64_t n) {
  const __mmask16 all = (__mmask16)mer__low_bits(width);
  for (int64_t j = 0; j < n; j += 2 * MER__PANEL, to += MER__PANEL * width) {
    const int64_t n_words = n - j < 2 * MER__PANEL ? (n - j + 1) / 2 : MER__PANEL;
    __m512i words[MER__PANEL];
    EACH for (int r = 0; r < MER__PANEL; r++) {
      const float *row = from + r * from_row + j;
      _mm_prefetch(row + ELEMENTS_AHEAD, _MM_HINT_T0);
      _mm_prefetch(row + ELEMENTS_AHEAD + MER__PANEL, _MM_HINT_T0);
      words[r] = mer__words_of_row(row, r < n_rows ? mer__low_bits(n - j) : 0);
    }
    mer__transpose_16x16(words);
    if (n_words == MER__PANEL) {
      EACH for (int i = 0; i < MER__PANEL; i++)
          _mm512_mask_storeu_epi32(to + i * width, all, words[i]);
      continue;
    }
    for (int64_t i = 0; i < n_words; i++) _mm512_mask_storeu_epi32(to + i * width, all, words[i]);
  }
}

MER__INLINE void mer__bf16_pack_columns(float *to, int64_t width, const float *from,
                                        int64_t from_row, int64_t n, int64_t n_columns) {
  const __mmask16 columns = (__mmask16)mer__low_bits(n_columns),
                  all = (__mmask16)mer__low_bits(width);
  for (int64_t j = 0; j < n; j += 2, to += width, from += 2 * from_row) {
    _mm_prefetch(from + ROWS_AHEAD * from_row, _MM_HINT_T0);
    _mm_prefetch(from + (ROWS_AHEAD + 1) * from_row, _MM_HINT_T0);
    _mm512_mask_storeu_epi32(to, all, mer__words_of_columns(from, from_row, n - j, columns));
  }
}

#endif
