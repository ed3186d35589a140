/* panel_split_amx.c: products of f32 by AMX, each number as the sum of three of bfloat16
 * (nn/split_amx.h). AMX multiplies 16 times as many numbers a second as AVX-512, and here it
 * multiplies six for one.
 *
 * A step is 32 elements. A tile of 16 rows is packed as words [step, part, 16 rows, 16], a panel as
 * words [step, part, 16, 16 columns]: each part of a step is what a register holds. */
#include "nn/panel_split_amx.h"

#include "nn/panel_bf16_x86.h"
#include "nn/split_amx.h"

enum {
  PANEL = MER__PANEL,
  ROWS = MER__AMX_ROWS,
  PARTS = MER__SPLIT_PARTS,
  REGISTER = MER__AMX_REGISTER,
  STEP = PARTS * REGISTER,
  ELEMENTS = 2 * PANEL, /* of a step */
  BLOCK_ELEMENTS = 256, /* of a long sum */
};

/* A register of a tile holds its rows one after the other: row `row`, of which some of 32
 * elements, in two vectors, are there. */
MER__INLINE void store_row(float *to, int row, __m512 first_half, __m512 second_half) {
  const __m512i upper_halves =
      _mm512_set_epi16(63, 61, 59, 57, 55, 53, 51, 49, 47, 45, 43, 41, 39, 37, 35, 33, 31, 29, 27,
                       25, 23, 21, 19, 17, 15, 13, 11, 9, 7, 5, 3, 1);
  __m512 first[PARTS], second[PARTS];
  mer__split_parts(first, first_half);
  mer__split_parts(second, second_half);
  for (int i = 0; i < PARTS; i++)
    _mm512_storeu_si512(to + i * REGISTER + row * PANEL,
                        _mm512_permutex2var_epi16(_mm512_castps_si512(first[i]), upper_halves,
                                                  _mm512_castps_si512(second[i])));
}

/* One of a panel holds two elements of each column, one of them in the lower half of a word, after
 * another such pair: pair `pair`. */
MER__INLINE void store_pair(float *to, int pair, __m512 lower, __m512 upper) {
  const __m512i upper_half = _mm512_set1_epi32((int)0xffff0000);
  __m512 first[PARTS], second[PARTS];
  mer__split_parts(first, lower);
  mer__split_parts(second, upper);
  for (int i = 0; i < PARTS; i++)
    _mm512_storeu_si512(
        to + i * REGISTER + pair * PANEL,
        _mm512_or_si512(_mm512_srli_epi32(_mm512_castps_si512(first[i]), 16),
                        _mm512_and_si512(_mm512_castps_si512(second[i]), upper_half)));
}

/* Up to 16 elements of each of up to 16 rows, `from_row` floats apart; zeros where there are fewer.
 */
MER__INLINE void load_block(__m512i block[PANEL], const float *from, int64_t from_row,
                            int64_t n_rows, int64_t n) {
  if (n_rows >= PANEL && n >= PANEL) {
    EACH for (int r = 0; r < PANEL; r++, from += from_row) {
      _mm_prefetch(from + ELEMENTS_AHEAD, _MM_HINT_T0);
      block[r] = _mm512_loadu_si512(from);
    }
    return;
  }
  const __mmask16 there = (__mmask16)mer__low_bits(n);
  EACH for (int r = 0; r < PANEL; r++) block[r] =
      _mm512_maskz_loadu_epi32(r < n_rows ? there : 0, from + r * from_row);
}

static void tile_of_rows(float *to, const float *from, int64_t from_row, int64_t n_rows,
                         int64_t n) {
  for (int64_t j = 0; j < n; j += ELEMENTS, to += STEP)
    for (int r = 0; r < ROWS; r++) {
      const float *row = from + r * from_row + j;
      const uint32_t there = r < n_rows ? mer__low_bits(n - j) : 0;
      store_row(to, r, _mm512_maskz_loadu_ps((__mmask16)there, row),
                _mm512_maskz_loadu_ps((__mmask16)(there >> 16), row + PANEL));
    }
}

static void panel_of_rows(float *to, const float *from, int64_t from_row, int64_t n_rows,
                          int64_t n) {
  for (int64_t j = 0; j < n; j += ELEMENTS, to += STEP)
    for (int half = 0; half < 2; half++) {
      __m512i block[PANEL];
      load_block(block, from + j + half * PANEL, from_row, n_rows, n - j - half * PANEL);
      mer__transpose_16x16(block);
      EACH for (int i = 0; i < PANEL; i += 2)
          store_pair(to, (half * PANEL + i) / 2, _mm512_castsi512_ps(block[i]),
                     _mm512_castsi512_ps(block[i + 1]));
    }
}

static void tile_of_columns(float *to, const float *from, int64_t from_row, int64_t n,
                            int64_t n_columns) {
  for (int64_t j = 0; j < n; j += ELEMENTS, to += STEP) {
    __m512i first[PANEL], second[PANEL];
    load_block(first, from + j * from_row, from_row, n - j, n_columns);
    load_block(second, from + (j + PANEL) * from_row, from_row, n - j - PANEL, n_columns);
    mer__transpose_16x16(first);
    mer__transpose_16x16(second);
    EACH for (int r = 0; r < ROWS; r++)
        store_row(to, r, _mm512_castsi512_ps(first[r]), _mm512_castsi512_ps(second[r]));
  }
}

/* Two elements of each column, of which the second, or both, may not be there. */
MER__INLINE void pack_pair(float *to, int pair, const float *from, int64_t from_row, int64_t n,
                           __mmask16 columns) {
  _mm_prefetch(from + ROWS_AHEAD * from_row, _MM_HINT_T0);
  _mm_prefetch(from + (ROWS_AHEAD + 1) * from_row, _MM_HINT_T0);
  store_pair(to, pair, _mm512_maskz_loadu_ps(n > 0 ? columns : 0, from),
             _mm512_maskz_loadu_ps(n > 1 ? columns : 0, from + from_row));
}

static void panel_of_columns(float *to, const float *from, int64_t from_row, int64_t n,
                             int64_t n_columns) {
  const __mmask16 columns = (__mmask16)mer__low_bits(n_columns);
  for (; n >= ELEMENTS; n -= ELEMENTS, to += STEP)
    for (int i = 0; i < PANEL; i++, from += 2 * from_row)
      pack_pair(to, i, from, from_row, ELEMENTS, columns);
  for (int i = 0; n > 0 && i < PANEL; i++, from += 2 * from_row)
    pack_pair(to, i, from, from_row, n - 2 * i, columns);
}

static void pack_rows(float *to, mer__panel_operand operand, const float *from, int64_t from_row,
                      int64_t n_rows, int64_t n) {
  (operand == MER__PANEL_LEFT ? tile_of_rows : panel_of_rows)(to, from, from_row, n_rows, n);
}

static void pack_columns(float *to, mer__panel_operand operand, const float *from, int64_t from_row,
                         int64_t n, int64_t n_columns) {
  (operand == MER__PANEL_LEFT ? tile_of_columns : panel_of_columns)(to, from, from_row, n,
                                                                    n_columns);
}

/* y = base + the sums [16, 16] of rows from `first` on and of panel `panel`. */
static void store(const mer__panel_block *p, int64_t first, int panel, const float *sums) {
  const __mmask16 columns = (__mmask16)mer__low_bits(p->n_columns - panel * PANEL);
  for (int64_t i = first; i < first + ROWS && i < p->rows; i++, sums += PANEL) {
    float *y = p->y + i * p->y_row + panel * PANEL;
    const __m512 base = _mm512_maskz_loadu_ps(columns, p->bias ? p->bias + panel * PANEL : y);
    _mm512_mask_storeu_ps(y, columns, _mm512_add_ps(base, _mm512_load_ps(sums)));
  }
}

/* Tiles from row `first` on. */
MER__INLINE void multiply_tiles(const mer__panel_block *p, int64_t first, const int tiles,
                                const int panels) {
  const float *a = p->a + first * p->n_words, *b = p->b;
  _Alignas(64) float sums[2][2][REGISTER];
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  for (int64_t j = 0; j < p->n_words; j += STEP / ROWS, a += STEP, b += STEP)
    mer__amx_add_split(a, ROWS * p->n_words, b, p->b_panel, tiles, panels);
  _tile_stored(0, sums[0][0], MER__AMX_ROW_BYTES);
  _tile_stored(1, sums[0][1], MER__AMX_ROW_BYTES);
  _tile_stored(2, sums[1][0], MER__AMX_ROW_BYTES);
  _tile_stored(3, sums[1][1], MER__AMX_ROW_BYTES);
  for (int t = 0; t < tiles; t++)
    for (int c = 0; c < panels; c++) store(p, first + t * ROWS, c, sums[t][c]);
}

static void multiply(const mer__panel_block *p) {
  for (int64_t i = 0; i < p->rows; i += 2 * ROWS) {
    const bool one_tile = p->rows - i <= ROWS, one_panel = p->n_columns <= PANEL;
    if (one_tile && one_panel) multiply_tiles(p, i, 1, 1);
    else if (one_tile) multiply_tiles(p, i, 1, 2);
    else if (one_panel) multiply_tiles(p, i, 2, 1);
    else multiply_tiles(p, i, 2, 2);
  }
}

const mer__panel_kernels mer__panels_split_amx = {.elements = ELEMENTS,
                                                  .words = STEP / ROWS,
                                                  .block = BLOCK_ELEMENTS,
                                                  .tile = ROWS,
                                                  .panels = 2,
                                                  .multiply = multiply,
                                                  .pack_rows = pack_rows,
                                                  .pack_columns = pack_columns,
                                                  .begin = mer__amx_begin,
                                                  .end = mer__amx_end};
