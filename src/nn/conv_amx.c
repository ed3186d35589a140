/* conv_amx.c: rounding of numbers, and placing of lines, by AVX-512. */
#include "nn/conv_amx.h"

#include <immintrin.h>

#include "base/dispatch.h"
#include "nn/panel_amx.h"
#include "nn/panel_split_amx.h"

enum { REGISTER = 16 * MER__PANEL, HALF = MER__PANEL };

MER__INLINE __mmask16 mask_of(int64_t n) { return (__mmask16)(n >= HALF ? 0xffff : (1u << n) - 1); }

static void round_once(uint16_t *to, int64_t part, const float *from, int64_t n) {
  (void)part;
  for (int64_t i = 0; i < n; i += HALF) {
    const __mmask16 there = mask_of(n - i);
    const __m256i words = (__m256i)_mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(there, from + i));
    _mm256_mask_storeu_epi16(to + i, there, words);
  }
}

/* The nearest bfloat16, as f32. */
MER__INLINE __m512 nearest(__m512 x) {
  const __m512i sum = _mm512_add_epi32(_mm512_castps_si512(x), _mm512_set1_epi32(0x8000));
  return _mm512_castsi512_ps(_mm512_and_si512(sum, _mm512_set1_epi32((int)0xffff0000)));
}

MER__INLINE void store_upper(uint16_t *to, __mmask16 there, __m512 x) {
  const __m512i words = _mm512_srli_epi32(_mm512_castps_si512(x), 16);
  _mm256_mask_storeu_epi16(to, there, _mm512_cvtepi32_epi16(words));
}

/* As panel_split_amx.c splits them. */
static void round_split(uint16_t *to, int64_t part, const float *from, int64_t n) {
  for (int64_t i = 0; i < n; i += HALF) {
    const __mmask16 there = mask_of(n - i);
    const __m512 x = _mm512_maskz_loadu_ps(there, from + i), high = nearest(x);
    const __m512 rest = _mm512_sub_ps(x, high), middle = nearest(rest);
    store_upper(to + i, there, high);
    store_upper(to + part + i, there, middle);
    store_upper(to + 2 * part + i, there, _mm512_sub_ps(rest, middle));
  }
}

static void place(float *to, int64_t step, const uint16_t *from, int64_t n_lines) {
  for (int64_t i = 0; i < n_lines; i++)
    _mm512_storeu_si512(to + i * step, _mm512_loadu_si512(from + i * MER__CONV_LINE));
}

/* Words of one number of `upper` and, above it, one of `lower`. */
static void pair(float *to, int64_t panel, const uint16_t *upper, const uint16_t *lower,
                 int64_t n_lines) {
  const __m512i first = _mm512_set_epi16(47, 15, 46, 14, 45, 13, 44, 12, 43, 11, 42, 10, 41, 9, 40,
                                         8, 39, 7, 38, 6, 37, 5, 36, 4, 35, 3, 34, 2, 33, 1, 32, 0);
  const __m512i second = _mm512_add_epi16(first, _mm512_set1_epi16(16));
  for (int64_t i = 0; i < n_lines; i++, to += 2 * panel) {
    const __m512i a = _mm512_loadu_si512(upper + i * MER__CONV_LINE);
    const __m512i b = _mm512_loadu_si512(lower + i * MER__CONV_LINE);
    _mm512_storeu_si512(to, _mm512_permutex2var_epi16(a, first, b));
    _mm512_storeu_si512(to + panel, _mm512_permutex2var_epi16(a, second, b));
  }
}

const mer__conv_kernels mer__conv_amx = {.panels = &mer__panels_amx,
                                         .parts = 1,
                                         .block = 512,
                                         .round = round_once,
                                         .place = place,
                                         .pair = pair};
const mer__conv_kernels mer__conv_split_amx = {.panels = &mer__panels_split_amx,
                                               .parts = 3,
                                               .block = 256,
                                               .round = round_split,
                                               .place = place,
                                               .pair = pair};
