/* norm_pool_kernels.c: a vector of channels, pixel after pixel; so their constants stay in
 * registers. */
#include "nn/norm_pool_kernels.h"

#include <stddef.h>

#include "nn/f32x8.h"

enum { LANES = MER__PART_LANES, MOST_ELEMENTS = 16 };

typedef mer__f32_part vector;
typedef int32_t mask __attribute__((vector_size(MER__PART_BYTES)));

/* The first n of a vector's channels; n, here and below, is a constant at each call but that for
 * the last channels. */
MER__INLINE vector load(const float *x, const int64_t n) {
  vector v = {0};
  if (n == LANES) return MER__LOAD_PART(x);
  memcpy(&v, x, (size_t)n * sizeof *x);
  return v;
}
MER__INLINE mask load_mask(const int32_t *x, const int64_t n) {
  mask v = {0};
  memcpy(&v, x, (n == LANES ? LANES : (size_t)n) * sizeof *x);
  return v;
}
MER__INLINE void store(void *to, const void *v, const int64_t n) {
  memcpy(to, v, (n == LANES ? LANES : (size_t)n) * sizeof(float));
}

MER__INLINE vector select(mask m, vector a, vector b) {
  return (vector)((m & (mask)a) | (~m & (mask)b));
}
MER__INLINE mask select_numbers(mask m, mask a, mask b) { return (m & a) | (~m & b); }

/* Where the elements of a window lie, from its first one on; returns their number. */
MER__INLINE int list_window(int64_t offsets[MOST_ELEMENTS], const mer__pooled_frame *p,
                            int64_t row) {
  int n = 0;
  for (int64_t t = 0; t < p->n_frames; t++)
    for (int64_t b = 0; b < p->n_bands; b++) offsets[n++] = t * row + b * p->channels;
  return n;
}

MER__INLINE void forward_lanes(float *y, int32_t *which, const mer__pooled_frame *p,
                               const int64_t *window, int size, const float *scale,
                               const float *shift, int64_t first, const int64_t n) {
  const vector factor = load(scale + first, n), constant = load(shift + first, n);
  const vector zeros = {0};
  for (int64_t j = 0; j < p->n; j++) {
    const float *x = p->x + j * p->n_bands * p->channels + first;
    const int64_t at = j * p->channels + first;
    vector best = load(x, n) * factor + constant;
    mask number = {0};
    for (int w = 1; w < size; w++) {
      const vector v = load(x + window[w], n) * factor + constant;
      const mask larger = v > best;
      number = select_numbers(larger, (mask){0} + w, number);
      best = select(larger, v, best);
    }
    number = select_numbers(best > zeros, number, (mask){0} - 1);
    best = select(best < zeros, zeros, best);
    store(y + at, &best, n);
    if (which) store(which + at, &number, n);
  }
}

static void forward(float *y, int32_t *which, const mer__pooled_frame *p, const float *scale,
                    const float *shift) {
  int64_t window[MOST_ELEMENTS], c = 0;
  const int size = list_window(window, p, p->x_row);
  for (; c + LANES <= p->channels; c += LANES)
    forward_lanes(y, which, p, window, size, scale, shift, c, LANES);
  if (c < p->channels) forward_lanes(y, which, p, window, size, scale, shift, c, p->channels - c);
}

MER__INLINE void sums_lanes(float *sums, float *projections, const float *dy, const int32_t *which,
                            const mer__pooled_frame *p, const int64_t *window, int size,
                            const float *mean, const float *rstd, int64_t first, const int64_t n) {
  const vector centre = load(mean + first, n), factor = load(rstd + first, n);
  vector sum = load(sums + first, n), projection = load(projections + first, n);
  for (int64_t j = 0; j < p->n; j++) {
    const float *x = p->x + j * p->n_bands * p->channels + first;
    const int64_t at = j * p->channels + first;
    const mask chosen = load_mask(which + at, n);
    vector value = {0}, d = load(dy + at, n);
    for (int w = 0; w < size; w++) value = select(chosen == w, load(x + window[w], n), value);
    d = select(chosen >= 0, d, (vector){0});
    sum += d;
    projection += d * ((value - centre) * factor);
  }
  store(sums + first, &sum, n);
  store(projections + first, &projection, n);
}

static void sums(float *sums, float *projections, const float *dy, const int32_t *which,
                 const mer__pooled_frame *p, const float *mean, const float *rstd) {
  int64_t window[MOST_ELEMENTS], c = 0;
  const int size = list_window(window, p, p->x_row);
  for (; c + LANES <= p->channels; c += LANES)
    sums_lanes(sums, projections, dy, which, p, window, size, mean, rstd, c, LANES);
  if (c < p->channels)
    sums_lanes(sums, projections, dy, which, p, window, size, mean, rstd, c, p->channels - c);
}

MER__INLINE void backward_lanes(float *dx, const int64_t *to, const float *dy, const int32_t *which,
                                const mer__pooled_frame *p, const int64_t *window, int size,
                                const mer__norm_gradient *norm, int64_t first, const int64_t n) {
  const vector mean = load(norm->mean + first, n), factor = load(norm->factor + first, n);
  const vector sum = load(norm->sum + first, n), slope = load(norm->slope + first, n);
  for (int64_t j = 0; j < p->n; j++) {
    const int64_t pixel = j * p->n_bands * p->channels + first, at = j * p->channels + first;
    const mask chosen = load_mask(which + at, n);
    const vector d = load(dy + at, n) * factor;
    for (int w = 0; w < size; w++) {
      const vector x = load(p->x + pixel + window[w], n);
      const vector own = select(chosen == w, d, (vector){0}) - sum - (x - mean) * slope;
      store(dx + pixel + to[w], &own, n);
    }
  }
}

static void backward(float *dx, int64_t dx_row, const float *dy, const int32_t *which,
                     const mer__pooled_frame *p, const mer__norm_gradient *norm) {
  int64_t window[MOST_ELEMENTS], to[MOST_ELEMENTS], c = 0;
  const int size = list_window(window, p, p->x_row);
  list_window(to, p, dx_row);
  for (; c + LANES <= p->channels; c += LANES)
    backward_lanes(dx, to, dy, which, p, window, size, norm, c, LANES);
  if (c < p->channels) backward_lanes(dx, to, dy, which, p, window, size, norm, c, p->channels - c);
}

const mer__norm_pool_kernels MER__VERSION(mer__norm_pool) = {forward, sums, backward};
