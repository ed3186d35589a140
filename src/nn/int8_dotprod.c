/* int8_dotprod.c: four products of bytes and their sum in one instruction, SDOT. It takes signed
 * bytes: of x, from 0 to 255, 128 less is placed, and as much less is its zero. */
#include "nn/int8_neon.h"

static void place_signed(uint8_t *to, const uint8_t *row, int64_t n_groups) {
  for (int64_t g = 0; g < n_groups; g++, to += TILE * GROUP, row += GROUP)
    for (int j = 0; j < GROUP; j++) to[j] = row[j] ^ 0x80;
}

/* Adds the products of four rows' groups, which lie side by side in x, and of those of 16 outputs.
 */
MER__INLINE void add_four(int32x4_t sums[ROWS][VECTORS], int8x16_t x, const int8_t *w) {
#pragma GCC unroll 4
  for (int c = 0; c < VECTORS; c++) {
    const int8x16_t weights = vld1q_s8(w + 16 * c);
    sums[0][c] = vdotq_laneq_s32(sums[0][c], weights, x, 0);
    sums[1][c] = vdotq_laneq_s32(sums[1][c], weights, x, 1);
    sums[2][c] = vdotq_laneq_s32(sums[2][c], weights, x, 2);
    sums[3][c] = vdotq_laneq_s32(sums[3][c], weights, x, 3);
  }
}

static void multiply_four(const mer__int8_product *p, int64_t first) {
  const int8_t *x = (const int8_t *)row_of(p, first, GROUP), *w = weights_of(p);
  int32x4_t sums[ROWS][VECTORS] = {{{0}}};
  for (int64_t g = 0; g < p->n_groups; g++, x += TILE * GROUP, w += PANEL * GROUP)
    add_four(sums, vld1q_s8(x), w);
#pragma GCC unroll 4
  for (int r = 0; r < ROWS; r++) store_row(p, first + r, sums[r], p->x_zeros[first + r] - 128);
}

static void multiply_one(const mer__int8_product *p, int64_t i) {
  const uint8_t *x = row_of(p, i, GROUP);
  const int8_t *w = weights_of(p);
  int32x4_t sums[VECTORS] = {{0}};
  for (int64_t g = 0; g < p->n_groups; g++, x += TILE * GROUP, w += PANEL * GROUP) {
    const int8x16_t group = vreinterpretq_s8_s32(vdupq_n_s32(load_group(x)));
#pragma GCC unroll 4
    for (int c = 0; c < VECTORS; c++) sums[c] = vdotq_s32(sums[c], vld1q_s8(w + 16 * c), group);
  }
  store_row(p, i, sums, p->x_zeros[i] - 128);
}

static void multiply(const mer__int8_product *p) {
  int64_t i = 0;
  for (; i + ROWS <= p->rows; i += ROWS) multiply_four(p, i);
  for (; i < p->rows; i++) multiply_one(p, i);
}

const mer__int8_kernel mer__int8_dotprod = {.tile = TILE,
                                            .panels = 1,
                                            .step = 1,
                                            .group_bytes = GROUP,
                                            .row_bytes = GROUP,
                                            .multiply = multiply,
                                            .place = place_signed};
