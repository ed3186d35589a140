/* panel_f32_kernels.c: products of f32, as it is or rounded to bfloat16 when it is packed. The
 * register tile: 12 rows of 32 columns in the 32 registers of AVX-512, 6 rows of 16 in the 16 of
 * AVX2 or the 32 of NEON, 3 rows elsewhere. */
#include "nn/panel_f32_kernels.h"

#include "nn/f32x4.h"
#include "nn/transpose_wide.h"

#if defined(__AVX512F__)
typedef float vector __attribute__((vector_size(64)));
enum { ROWS = 12, PANELS = 2 };
#elif defined(__AVX2__)
typedef float vector __attribute__((vector_size(32)));
enum { ROWS = 6, PANELS = 1 };
#elif defined(__aarch64__)
typedef float vector __attribute__((vector_size(16)));
enum { ROWS = 6, PANELS = 1 };
#else
typedef float vector __attribute__((vector_size(16)));
enum { ROWS = 3, PANELS = 1 };
#endif

enum { PACKS = true };

MER__INLINE vector add(vector sum, float word, vector weights) { return sum + word * weights; }

#include "nn/panel_tile_template.h"
#if defined(__AVX512F__)
#include "nn/panel_wide_template.h"
#else
/* The next rows, ROWS or what is left. */
MER__INLINE void multiply_next(const mer__panel_block *p, int64_t i, const int panels,
                               const bool packs) {
  if (p->rows - i > 3) multiply_tile(p, i, p->rows - i, ROWS, panels, packs);
  else multiply_tile(p, i, p->rows - i, 3, panels, packs);
}

#include "nn/panel_rows_template.h"

static void multiply(const mer__panel_block *p) { multiply_rows(p, 1); }
#endif

MER__INLINE int64_t width_of(mer__panel_operand operand) {
  return operand == MER__PANEL_LEFT ? TILE : PANEL;
}

/* Four words of f32; `rounded` is a constant at each call here and below. */
MER__INLINE mer__f32x4 words_of(const float *from, const bool rounded) {
  const mer__f32x4 words = mer__f32x4_load(from);
  return rounded ? mer__f32x4_round_to_bf16(words) : words;
}

/* Columns r .. r + 3 of rows of `width` words, from `valid` <= 4 rows of n elements. */
MER__INLINE void pack_four_rows(float *to, int64_t width, const float *from, int64_t from_row,
                                int64_t n, const int64_t valid, const bool rounded) {
  int64_t j = 0;
  for (; j + 4 <= n; j += 4) {
    mer__f32x4 x[4] = {{0}};
    for (int64_t i = 0; i < valid; i++) x[i] = words_of(from + i * from_row + j, rounded);
    mer__f32x4_transpose(x);
    for (int64_t i = 0; i < 4; i++) mer__f32x4_store(to + (j + i) * width, x[i]);
  }
  for (; j < n; j++)
    for (int64_t i = 0; i < 4; i++) {
      const float x = i < valid ? from[i * from_row + j] : 0.0f;
      to[j * width + i] = rounded ? mer__round_to_bf16(x) : x;
    }
}

/* A panel of 16 rows, not rounded: as many columns as make whole blocks of four; their number. */
MER__INLINE int64_t pack_whole_panel(float *to, const float *from, int64_t from_row, int64_t n) {
  int64_t j = 0;
  for (; j + 4 <= n; j += 4)
    for (int r = 0; r < PANEL; r += MER__WIDE)
      mer__wide_transpose(to + j * PANEL + r, PANEL, from + r * from_row + j, from_row);
  return j;
}

MER__INLINE void pack_rows(float *to, int64_t width, const float *from, int64_t from_row,
                           int64_t n_rows, int64_t n, const bool rounded) {
  if (!rounded && width == PANEL && n_rows >= PANEL) {
    const int64_t done = pack_whole_panel(to, from, from_row, n);
    to += done * PANEL, from += done, n -= done;
  }
  int64_t r = 0;
  for (; r < width && r + 4 <= n_rows; r += 4)
    pack_four_rows(to + r, width, from + r * from_row, from_row, n, 4, rounded);
  for (; r < width; r += 4)
    pack_four_rows(to + r, width, from + r * from_row, from_row, n, r < n_rows ? n_rows - r : 0,
                   rounded);
}

/* `width` words of each row; a constant at each call. */
MER__INLINE void pack_whole_columns(float *to, const int64_t width, const float *from,
                                    int64_t from_row, int64_t n, const bool rounded) {
  for (int64_t j = 0; j < n; j++, to += width, from += from_row)
    for (int64_t c = 0; c < width; c += 4) mer__f32x4_store(to + c, words_of(from + c, rounded));
}

MER__INLINE void pack_columns(float *to, int64_t width, const float *from, int64_t from_row,
                              int64_t n, int64_t n_columns, const bool rounded) {
  if (width == PANEL && n_columns >= PANEL) {
    pack_whole_columns(to, PANEL, from, from_row, n, rounded);
    return;
  }
  if (width == TILE && n_columns >= TILE) {
    pack_whole_columns(to, TILE, from, from_row, n, rounded);
    return;
  }
  for (int64_t j = 0; j < n; j++, to += width, from += from_row)
    for (int64_t c = 0; c < width; c++) {
      const float x = c < n_columns ? from[c] : 0.0f;
      to[c] = rounded ? mer__round_to_bf16(x) : x;
    }
}

static void rows_as_they_are(float *to, mer__panel_operand operand, const float *from,
                             int64_t from_row, int64_t n_rows, int64_t n) {
  pack_rows(to, width_of(operand), from, from_row, n_rows, n, false);
}

static void columns_as_they_are(float *to, mer__panel_operand operand, const float *from,
                                int64_t from_row, int64_t n, int64_t n_columns) {
  pack_columns(to, width_of(operand), from, from_row, n, n_columns, false);
}

static void rounded_rows(float *to, mer__panel_operand operand, const float *from, int64_t from_row,
                         int64_t n_rows, int64_t n) {
  pack_rows(to, width_of(operand), from, from_row, n_rows, n, true);
}

static void rounded_columns(float *to, mer__panel_operand operand, const float *from,
                            int64_t from_row, int64_t n, int64_t n_columns) {
  pack_columns(to, width_of(operand), from, from_row, n, n_columns, true);
}

const mer__panel_kernels MER__VERSION(mer__panels_f32) = {.elements = 1,
                                                          .words = 1,
                                                          .block = 256,
                                                          .tile = TILE,
                                                          .panels = PANELS,
                                                          .packs_rows = true,
                                                          .multiply = multiply,
                                                          .pack_rows = rows_as_they_are,
                                                          .pack_columns = columns_as_they_are};
const mer__panel_kernels MER__VERSION(mer__panels_rounded) = {.elements = 1,
                                                              .words = 1,
                                                              .block = 256,
                                                              .tile = TILE,
                                                              .panels = PANELS,
                                                              .multiply = multiply,
                                                              .pack_rows = rounded_rows,
                                                              .pack_columns = rounded_columns};
