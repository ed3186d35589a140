/* conv_amx.c: rounding of numbers, and placing of lines, by AVX-512. */
#include "nn/conv_amx.h"

#include <immintrin.h>

#include "nn/panel_amx.h"
#include "nn/panel_bf16_x86.h"
#include "nn/panel_split_amx.h"
#include "nn/split_amx.h"

enum { REGISTER = MER__AMX_REGISTER, HALF = MER__PANEL };

static void round_once(uint16_t *to, int64_t part, const float *from, int64_t n) {
  (void)part;
  for (int64_t i = 0; i < n; i += HALF) {
    const __mmask16 there = (__mmask16)mer__low_bits(n - i);
    const __m256i words = (__m256i)_mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(there, from + i));
    _mm256_mask_storeu_epi16(to + i, there, words);
  }
}

MER__INLINE void store_upper(uint16_t *to, __mmask16 there, __m512 x) {
  const __m512i words = _mm512_srli_epi32(_mm512_castps_si512(x), 16);
  _mm256_mask_storeu_epi16(to, there, _mm512_cvtepi32_epi16(words));
}

static void round_split(uint16_t *to, int64_t part, const float *from, int64_t n) {
  for (int64_t i = 0; i < n; i += HALF) {
    const __mmask16 there = (__mmask16)mer__low_bits(n - i);
    __m512 parts[MER__SPLIT_PARTS];
    mer__split_parts(parts, _mm512_maskz_loadu_ps(there, from + i));
    for (int k = 0; k < MER__SPLIT_PARTS; k++) store_upper(to + k * part + i, there, parts[k]);
  }
}

/* A line of one tile or two and of one panel or two. `tiles`, `panels` and `parts` are constants at
 * each call. */
MER__INLINE void add_line(const mer__conv_product *p, const float *a, const float *b,
                          const int tiles, const int panels, const int parts) {
  if (parts > 1) {
    mer__amx_add_split(a, p->a_tile, b, p->b_panel, tiles, panels);
    return;
  }
  mer__amx_load_panels(b, p->b_panel, panels);
  mer__amx_load_tiles(a, p->a_tile, tiles);
  mer__amx_add_products(tiles, panels);
}

/* Rows of sums to y, of which not all are there. */
static void store_some(const mer__conv_product *p, float *y, int64_t rows, int64_t columns,
                       const float *sums) {
  const __mmask16 there = (__mmask16)mer__low_bits(columns);
  for (int64_t i = 0; i < rows && i < MER__AMX_ROWS; i++, y += p->y_row, sums += MER__PANEL) {
    const __m512 base = _mm512_maskz_loadu_ps(p->accumulate ? there : 0, y);
    _mm512_mask_storeu_ps(y, there, _mm512_add_ps(base, _mm512_load_ps(sums)));
  }
}

/* The tiles from row `first` on, all of which are there. */
MER__INLINE void multiply_whole(const mer__conv_product *p, int64_t first, const int tiles,
                                const int panels, const int parts) {
  const float *a = p->a + first / MER__AMX_ROWS * p->a_tile, *b = p->b;
  float *y = p->y + first * p->y_row, *below = y + MER__AMX_ROWS * p->y_row;
  const int64_t row_bytes = p->y_row * (int64_t)sizeof *y;
  if (p->accumulate) {
    _tile_loadd(0, y, row_bytes);
    if (panels > 1) _tile_loadd(1, y + MER__PANEL, row_bytes);
    if (tiles > 1) _tile_loadd(2, below, row_bytes);
    if (tiles > 1 && panels > 1) _tile_loadd(3, below + MER__PANEL, row_bytes);
  } else {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  for (int64_t i = 0; i < p->n_lines; i++, a += parts * REGISTER, b += parts * REGISTER)
    add_line(p, a, b, tiles, panels, parts);
  _tile_stored(0, y, row_bytes);
  if (panels > 1) _tile_stored(1, y + MER__PANEL, row_bytes);
  if (tiles > 1) _tile_stored(2, below, row_bytes);
  if (tiles > 1 && panels > 1) _tile_stored(3, below + MER__PANEL, row_bytes);
}

/* One tile, and a panel, of which parts are there. */
MER__INLINE void multiply_part(const mer__conv_product *p, int64_t first, int panel,
                               const int parts) {
  const float *a = p->a + first / MER__AMX_ROWS * p->a_tile, *b = p->b + panel * p->b_panel;
  _Alignas(64) float sums[REGISTER];
  _tile_zero(0);
  for (int64_t i = 0; i < p->n_lines; i++, a += parts * REGISTER, b += parts * REGISTER)
    add_line(p, a, b, 1, 1, parts);
  _tile_stored(0, sums, MER__AMX_ROW_BYTES);
  store_some(p, p->y + first * p->y_row + panel * MER__PANEL, p->rows - first,
             p->n_columns - panel * MER__PANEL, sums);
}

MER__INLINE void multiply(const mer__conv_product *p, const int parts) {
  const int64_t rows = p->rows;
  const int n_whole = (int)(p->n_columns / MER__PANEL);
  int64_t i = 0;
  for (; n_whole > 0 && rows - i >= MER__AMX_ROWS; i += MER__AMX_ROWS) {
    const bool two = rows - i >= 2 * MER__AMX_ROWS;
    if (two && n_whole == 2) multiply_whole(p, i, 2, 2, parts);
    else if (two) multiply_whole(p, i, 2, 1, parts);
    else if (n_whole == 2) multiply_whole(p, i, 1, 2, parts);
    else multiply_whole(p, i, 1, 1, parts);
    if (two) i += MER__AMX_ROWS;
  }
  const bool rest = p->n_columns > n_whole * MER__PANEL;
  for (int64_t j = rest ? 0 : i; j < rows; j += MER__AMX_ROWS)
    for (int panel = j < i ? n_whole : 0; panel < n_whole + rest; panel++)
      multiply_part(p, j, panel, parts);
}

static void multiply_once(const mer__conv_product *p) { multiply(p, 1); }
static void multiply_split(const mer__conv_product *p) { multiply(p, MER__SPLIT_PARTS); }

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
                                         .block = 576,
                                         .round = round_once,
                                         .multiply = multiply_once,
                                         .place = place,
                                         .pair = pair};
const mer__conv_kernels mer__conv_split_amx = {.panels = &mer__panels_split_amx,
                                               .parts = MER__SPLIT_PARTS,
                                               .block = 288,
                                               .round = round_split,
                                               .multiply = multiply_split,
                                               .place = place,
                                               .pair = pair};
