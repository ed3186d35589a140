/* int8_vnni.c: four products of bytes and their sum in one instruction, AVX512_VNNI. */
#include "nn/int8_vnni.h"

/* Up to TILE rows of one panel or of two; both counts are constants at each call. With two panels
 * each group of a row has two uses when it is loaded: with one, the processor would load as many
 * vectors as it multiplies, and loading is what it does no faster. The panels after these are
 * fetched meanwhile. */
MER__INLINE void multiply_tile(const mer__int8_product *p, int64_t first, const int rows,
                               const int panels) {
  const uint8_t *x = row_of(p, first, GROUP);
  const int8_t *w = weights_of(p);
  i32x16 sums[TILE][2];
#pragma GCC unroll 16
  for (int r = 0; r < rows; r++) sums[r][0] = sums[r][1] = (i32x16){0};
  for (int64_t g = 0; g < p->n_groups; g++, x += TILE * GROUP, w += PANEL * GROUP) {
    __m512i weights[2];
#pragma GCC unroll 2
    for (int c = 0; c < panels; c++) {
      weights[c] = _mm512_loadu_si512(w + c * panel_bytes(p));
      _mm_prefetch(w + (panels + c) * panel_bytes(p), _MM_HINT_T0);
    }
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++) {
      const __m512i group = _mm512_set1_epi32(load_group(x + r * GROUP));
#pragma GCC unroll 2
      for (int c = 0; c < panels; c++)
        sums[r][c] = (i32x16)_mm512_dpbusd_epi32((__m512i)sums[r][c], group, weights[c]);
    }
  }
#pragma GCC unroll 2
  for (int c = 0; c < panels; c++) {
    const vnni_outputs o = outputs_of(p, c);
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++) store_vnni(p, first + r, c, (__m512i)sums[r][c], &o);
  }
}

MER__INLINE void multiply_rows(const mer__int8_product *p, const int panels) {
  int64_t i = 0;
  for (; i + TILE <= p->rows; i += TILE) multiply_tile(p, i, TILE, panels);
  for (; i + 4 <= p->rows; i += 4) multiply_tile(p, i, 4, panels);
  switch (p->rows - i) {
    case 3: multiply_tile(p, i, 3, panels); break;
    case 2: multiply_tile(p, i, 2, panels); break;
    case 1: multiply_tile(p, i, 1, panels); break;
    default: break;
  }
}

static void multiply(const mer__int8_product *p) {
  if (p->n_outputs > PANEL) multiply_rows(p, 2);
  else multiply_rows(p, 1);
}

const mer__int8_kernel mer__int8_vnni = {.tile = TILE,
                                         .panels = 2,
                                         .step = 1,
                                         .group_bytes = GROUP,
                                         .row_bytes = GROUP,
                                         .multiply = multiply,
                                         .place = place_groups};
