/* panel_avx512_bf16.c: words of two bfloat16, multiplied by AVX512_BF16. */
#include "nn/panel_avx512_bf16.h"

#include "nn/panel_bf16_x86.h"

typedef float vector __attribute__((vector_size(64)));
enum { ROWS = 12, PANELS = 2, PACKS = false };

MER__INLINE vector add(vector sum, float word, vector weights) {
  return (vector)_mm512_dpbf16_ps((__m512)sum, (__m512bh)_mm512_set1_ps(word), (__m512bh)weights);
}

#include "nn/panel_tile_template.h"
#include "nn/panel_wide_template.h"

static void pack_rows(float *to, mer__panel_operand operand, const float *from, int64_t from_row,
                      int64_t n_rows, int64_t n) {
  mer__bf16_pack_rows(to, operand == MER__PANEL_LEFT ? TILE : PANEL, from, from_row, n_rows, n);
}

static void pack_columns(float *to, mer__panel_operand operand, const float *from, int64_t from_row,
                         int64_t n, int64_t n_columns) {
  mer__bf16_pack_columns(to, operand == MER__PANEL_LEFT ? TILE : PANEL, from, from_row, n,
                         n_columns);
}

const mer__panel_kernels mer__panels_avx512_bf16 = {.elements = 2,
                                                    .words = 1,
                                                    .block = 512,
                                                    .tile = TILE,
                                                    .panels = PANELS,
                                                    .multiply = multiply,
                                                    .pack_rows = pack_rows,
                                                    .pack_columns = pack_columns};
