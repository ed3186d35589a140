/* norm_pool_kernels.c: window after window, all channels of a pixel at once. */
#include "nn/norm_pool_kernels.h"

#include <stddef.h>

/* Element number w of the window of pixel j. */
MER__INLINE int64_t offset_of(const mer__pooled_frame *p, int64_t row, int64_t j, int w) {
  return w / p->n_bands * row + (j * p->n_bands + w % p->n_bands) * p->channels;
}

static void take_larger(float *y, uint8_t *which, const float *x, int w, const float *scale,
                        const float *shift, int64_t n) {
  if (which) {
#pragma omp simd
    for (int64_t c = 0; c < n; c++) {
      const float v = x[c] * scale[c] + shift[c];
      which[c] = v > y[c] ? (uint8_t)w : which[c];
      y[c] = v > y[c] ? v : y[c];
    }
    return;
  }
#pragma omp simd
  for (int64_t c = 0; c < n; c++) {
    const float v = x[c] * scale[c] + shift[c];
    y[c] = v > y[c] ? v : y[c];
  }
}

static void forward(float *y, uint8_t *which, const mer__pooled_frame *p, const float *scale,
                    const float *shift) {
  const int64_t n = p->channels, size = p->n_frames * p->n_bands;
  for (int64_t j = 0; j < p->n; j++, y += n, which = which ? which + n : NULL) {
    const float *first = p->x + offset_of(p, p->x_row, j, 0);
#pragma omp simd
    for (int64_t c = 0; c < n; c++) y[c] = first[c] * scale[c] + shift[c];
    for (int64_t c = 0; which && c < n; c++) which[c] = 0;
    for (int w = 1; w < size; w++)
      take_larger(y, which, p->x + offset_of(p, p->x_row, j, w), w, scale, shift, n);
#pragma omp simd
    for (int64_t c = 0; c < n; c++) y[c] = y[c] < 0 ? 0.0f : y[c];
  }
}

static void sums(float *sums, float *projections, const float *dy, const float *y,
                 const uint8_t *which, const mer__pooled_frame *p, const float *mean,
                 const float *rstd) {
  const int64_t n = p->channels, size = p->n_frames * p->n_bands;
  for (int64_t j = 0; j < p->n; j++, y += n, dy += n, which += n)
    for (int w = 0; w < size; w++) {
      const float *x = p->x + offset_of(p, p->x_row, j, w);
#pragma omp simd
      for (int64_t c = 0; c < n; c++) {
        const float d = which[c] == w && y[c] > 0 ? dy[c] : 0.0f;
        sums[c] += d;
        projections[c] += d * ((x[c] - mean[c]) * rstd[c]);
      }
    }
}

static void backward(float *dx, int64_t dx_row, const float *dy, const float *y,
                     const uint8_t *which, const mer__pooled_frame *p,
                     const mer__norm_gradient *norm) {
  const int64_t n = p->channels, size = p->n_frames * p->n_bands;
  const float *mean = norm->mean, *rstd = norm->rstd, *factor = norm->factor;
  const float *sum = norm->sum, *projection = norm->projection;
  for (int64_t j = 0; j < p->n; j++, y += n, dy += n, which += n)
    for (int w = 0; w < size; w++) {
      const float *x = p->x + offset_of(p, p->x_row, j, w);
      float *to = dx + offset_of(p, dx_row, j, w);
#pragma omp simd
      for (int64_t c = 0; c < n; c++) {
        const float d = which[c] == w && y[c] > 0 ? dy[c] : 0.0f;
        to[c] = factor[c] * (d - sum[c] - (x[c] - mean[c]) * rstd[c] * projection[c]);
      }
    }
}

const mer__norm_pool_kernels MER__VERSION(mer__norm_pool) = {forward, sums, backward};
