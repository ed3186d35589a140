/* int8_neon.c: products of 16-bit numbers, added up in 32 bits, for processors of aarch64 without
 * dot products of bytes. */
#include "nn/int8_neon.h"

/* Adds the products of one column of a row and of 16 outputs. */
MER__INLINE void add_column(int32x4_t sums[VECTORS], int16_t x, int16x8_t w0, int16x8_t w1) {
  sums[0] = vmlal_n_s16(sums[0], vget_low_s16(w0), x);
  sums[1] = vmlal_n_s16(sums[1], vget_high_s16(w0), x);
  sums[2] = vmlal_n_s16(sums[2], vget_low_s16(w1), x);
  sums[3] = vmlal_n_s16(sums[3], vget_high_s16(w1), x);
}

/* Adds those of a group: `x` has two rows' groups, `rows` rows are wanted. */
MER__INLINE void add_group(int32x4_t sums[][VECTORS], const int16x8_t *x, const int8_t *w,
                           const int rows) {
  const int8x16x4_t columns = vld4q_s8(w); /* [4 columns, 16 outputs] */
#pragma GCC unroll 4
  for (int j = 0; j < GROUP; j++) {
    const int16x8_t w0 = vmovl_s8(vget_low_s8(columns.val[j])),
                    w1 = vmovl_s8(vget_high_s8(columns.val[j]));
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++) add_column(sums[r], x[r / 2][r % 2 * GROUP + j], w0, w1);
  }
}

static void multiply_four(const mer__int8_product *p, int64_t first) {
  const uint8_t *x = row_of(p, first, GROUP);
  const int8_t *w = weights_of(p);
  int32x4_t sums[ROWS][VECTORS] = {{{0}}};
  for (int64_t g = 0; g < p->n_groups; g++, x += TILE * GROUP, w += PANEL * GROUP) {
    const uint8x16_t groups = vld1q_u8(x);
    const int16x8_t wide[] = {vreinterpretq_s16_u16(vmovl_u8(vget_low_u8(groups))),
                              vreinterpretq_s16_u16(vmovl_u8(vget_high_u8(groups)))};
    add_group(sums, wide, w, ROWS);
  }
#pragma GCC unroll 4
  for (int r = 0; r < ROWS; r++) store_row(p, first + r, sums[r], p->x_zeros[first + r]);
}

static void multiply_one(const mer__int8_product *p, int64_t i) {
  const uint8_t *x = row_of(p, i, GROUP);
  const int8_t *w = weights_of(p);
  int32x4_t sums[1][VECTORS] = {{{0}}};
  for (int64_t g = 0; g < p->n_groups; g++, x += TILE * GROUP, w += PANEL * GROUP) {
    const uint8x8_t group = vreinterpret_u8_s32(vdup_n_s32(load_group(x)));
    const int16x8_t wide = vreinterpretq_s16_u16(vmovl_u8(group));
    add_group(sums, &wide, w, 1);
  }
  store_row(p, i, sums[0], p->x_zeros[i]);
}

static void multiply(const mer__int8_product *p) {
  int64_t i = 0;
  for (; i + ROWS <= p->rows; i += ROWS) multiply_four(p, i);
  for (; i < p->rows; i++) multiply_one(p, i);
}

const mer__int8_kernel mer__int8_neon = {.tile = TILE,
                                         .panels = 1,
                                         .step = 1,
                                         .group_bytes = GROUP,
                                         .row_bytes = GROUP,
                                         .multiply = multiply,
                                         .place = place_groups};
