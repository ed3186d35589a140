/* int8_plain.c: the product in plain C, for every processor. */
#include "nn/int8_tile.h"

static void multiply(const mer__int8_product *p) {
  int32_t weight_sums[PANEL];
  memcpy(weight_sums, p->panel, sizeof weight_sums);
  for (int64_t i = 0; i < p->rows; i++) {
    const uint8_t *x = row_of(p, i, GROUP);
    const int8_t *w = weights_of(p);
    int32_t sums[PANEL] = {0};
    for (int64_t g = 0; g < p->n_groups; g++, x += TILE * GROUP)
      for (int o = 0; o < PANEL; o++, w += GROUP)
        sums[o] += x[0] * w[0] + x[1] * w[1] + x[2] * w[2] + x[3] * w[3];
    for (int64_t o = 0; o < p->n_outputs; o++) {
      float sum = (float)(sums[o] - p->x_zeros[i] * weight_sums[o]);
      float y = sum * (p->x_scales[i] * p->scales[o]) + p->bias[o];
      if (p->residual) y += p->residual[i * p->y_row + o];
      p->y[i * p->y_row + o] = p->relu && y < 0 ? 0 : y;
    }
  }
}

const mer__int8_kernel mer__int8_plain = {.tile = TILE,
                                          .panels = 1,
                                          .step = 1,
                                          .group_bytes = GROUP,
                                          .row_bytes = GROUP,
                                          .multiply = multiply,
                                          .place = place_groups};
