/* panel_amx.c: words of two bfloat16, multiplied by AMX: a tile of 16 rows by 32 elements with one
 * of 32 elements by 16 columns, both of them 1 KB in eight registers of their own. A tile of a is
 * packed as words [n_words / 16, 16, 16]: 16 words of a row side by side. A panel, 16 words of it
 * at a time, is what AMX wants of b. */
#include "nn/panel_amx.h"

#include <string.h>

#include "nn/amx.h"
#include "nn/panel_bf16_x86.h"

enum { AMX_ROWS = MER__AMX_ROWS, AMX_BLOCK = 16 * 16 }; /* words of a register */

/* y = base + sums of the tile whose first row is `first`. */
static void store(const mer__panel_block *p, int64_t first, const float *sums) {
  const __mmask16 columns = (__mmask16)mer__low_bits(p->n_columns);
  for (int64_t i = first; i < first + AMX_ROWS && i < p->rows; i++, sums += MER__PANEL) {
    float *y = p->y + i * p->y_row;
    const __m512 base = _mm512_maskz_loadu_ps(columns, p->bias ? p->bias : y);
    _mm512_mask_storeu_ps(y, columns, _mm512_add_ps(base, _mm512_loadu_ps(sums)));
  }
}

/* T is the number of a register, and of the tile whose sums it holds. */
#define ZERO_TILE(T) \
  if ((T) < n) _tile_zero(T);
#define ADD_TILE(T)                                               \
  if ((T) < n) {                                                  \
    _tile_loadd(6, a + (T)*AMX_ROWS * words, MER__AMX_ROW_BYTES); \
    _tile_dpbf16ps(T, 6, 7);                                      \
  }
#define STORE_TILE(T)                          \
  if ((T) < n) {                               \
    _tile_stored(T, sums, MER__AMX_ROW_BYTES); \
    store(p, first + (T)*AMX_ROWS, sums);      \
  }

/* The rows of n tiles from row `first` on. */
static void multiply_tiles(const mer__panel_block *p, int64_t first, int64_t n) {
  const int64_t words = p->n_words;
  const float *a = p->a + first * words, *b = p->b;
  _Alignas(64) float sums[AMX_BLOCK];
  MER__AMX_EACH(ZERO_TILE)
  for (int64_t j = 0; j < words; j += 16, a += AMX_BLOCK, b += AMX_BLOCK) {
    _tile_loadd(7, b, MER__AMX_ROW_BYTES);
    MER__AMX_EACH(ADD_TILE)
  }
  MER__AMX_EACH(STORE_TILE)
}

static void multiply(const mer__panel_block *p) {
  for (int64_t i = 0; i < mer__amx_count_rounds(p->rows); i++) {
    const mer__amx_round round = mer__amx_round_of(p->rows, i);
    multiply_tiles(p, round.first, round.n);
  }
}

static void tile_of_rows(float *to, const float *from, int64_t from_row, int64_t n_rows,
                         int64_t n) {
  for (int64_t j = 0; j < n; j += 2 * MER__PANEL)
    for (int64_t r = 0; r < AMX_ROWS; r++, to += 16)
      _mm512_storeu_si512(
          to, mer__words_of_row(from + r * from_row + j, r < n_rows ? mer__low_bits(n - j) : 0));
}

static void tile_of_columns(float *to, const float *from, int64_t from_row, int64_t n,
                            int64_t n_columns) {
  for (int64_t j = 0; j < n; j += 2 * MER__PANEL) {
    __m512i words[MER__PANEL];
    EACH for (int i = 0; i < MER__PANEL; i++) words[i] =
        mer__words_of_columns(from + (j + 2 * i) * from_row, from_row, n - j - 2 * i,
                              (__mmask16)mer__low_bits(n_columns));
    mer__transpose_16x16(words);
    EACH for (int r = 0; r < AMX_ROWS; r++, to += 16) _mm512_storeu_si512(to, words[r]);
  }
}

/* The words after those of n elements that the last step of a panel takes. */
static void end_panel(float *panel, int64_t n) {
  const int64_t there = (n + 1) / 2, all = mer__panel_words(&mer__panels_amx, n);
  memset(panel + there * MER__PANEL, 0, (size_t)((all - there) * MER__PANEL) * sizeof *panel);
}

static void pack_rows(float *to, mer__panel_operand operand, const float *from, int64_t from_row,
                      int64_t n_rows, int64_t n) {
  if (operand == MER__PANEL_LEFT) {
    tile_of_rows(to, from, from_row, n_rows, n);
    return;
  }
  mer__bf16_pack_rows(to, MER__PANEL, from, from_row, n_rows, n);
  end_panel(to, n);
}

static void pack_columns(float *to, mer__panel_operand operand, const float *from, int64_t from_row,
                         int64_t n, int64_t n_columns) {
  if (operand == MER__PANEL_LEFT) {
    tile_of_columns(to, from, from_row, n, n_columns);
    return;
  }
  mer__bf16_pack_columns(to, MER__PANEL, from, from_row, n, n_columns);
  end_panel(to, n);
}

const mer__panel_kernels mer__panels_amx = {.elements = 32,
                                            .words = 16,
                                            .block = 512,
                                            .tile = AMX_ROWS,
                                            .panels = 1,
                                            .multiply = multiply,
                                            .pack_rows = pack_rows,
                                            .pack_columns = pack_columns,
                                            .begin = mer__amx_begin,
                                            .end = mer__amx_end};
