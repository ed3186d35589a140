/* int8_neon.h: what the int8 kernels of aarch64 share: 16 outputs of a row are four vectors. */
#ifndef MER_NN_INT8_NEON_H
#define MER_NN_INT8_NEON_H

#include <arm_neon.h>

#include "nn/int8_tile.h"

enum { VECTORS = PANEL / 4, ROWS = 4 }; /* of sums, which fill 16 of the 32 registers */

/* Writes row `i` from the sums of x w; `zero` is that of x. */
MER__INLINE void store_row(const mer__int8_product *p, int64_t i, const int32x4_t *sums,
                           int32_t zero) {
  const int32_t *weight_sums = (const int32_t *)(const void *)p->panel;
  const int64_t at = i * p->y_row, n = p->n_outputs < PANEL ? p->n_outputs : PANEL;
  float32x4_t results[VECTORS];
  float added[PANEL] = {0};
  if (p->residual) memcpy(added, p->residual + at, (size_t)n * sizeof *added);
  for (int c = 0; c < VECTORS; c++) {
    const int32x4_t sum = vmlsq_n_s32(sums[c], vld1q_s32(weight_sums + 4 * c), zero);
    const float32x4_t scale = vmulq_n_f32(vld1q_f32(p->scales + 4 * c), p->x_scales[i]);
    const float32x4_t product = vmulq_f32(vcvtq_f32_s32(sum), scale);
    results[c] = vaddq_f32(product, vld1q_f32(p->bias + 4 * c));
    if (p->residual) results[c] = vaddq_f32(results[c], vld1q_f32(added + 4 * c));
    if (p->relu) results[c] = vmaxq_f32(results[c], vdupq_n_f32(0));
  }
  memcpy(p->y + at, results, (size_t)n * sizeof *p->y);
}

#endif
