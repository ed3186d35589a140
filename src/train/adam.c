/* adam.c: one pass over parameters, moments and gradient, as fast as memory allows. */
#include "train/adam.h"

#include <assert.h>
#include <math.h>

#include "base/dispatch.h"
#include "nn/parallel.h"

mer__adam_step mer__adam_step_at(const mer__adam *o, int64_t step) {
  assert(step >= 1);
  double bias1 = 1 - pow(o->beta1, (double)step), bias2 = 1 - pow(o->beta2, (double)step);
  return (mer__adam_step){.shrink = o->decoupled ? (float)(1 - o->lr * o->weight_decay) : 1.0f,
                          .decay = o->decoupled ? 0.0f : (float)o->weight_decay,
                          .keep2 = (float)o->beta2,
                          .add1 = (float)(1 - o->beta1),
                          .add2 = (float)(1 - o->beta2),
                          .inverse_root = 1.0f / (float)sqrt(bias2),
                          .epsilon = (float)o->epsilon,
                          .step_size = (float)(o->lr / bias1)};
}

/* One element; `g` is its gradient. */
MER__INLINE void update(float *param, float *m, float *v, float g, const mer__adam_step *s) {
  float p = *param * s->shrink;
  g += s->decay * p;
  *m += s->add1 * (g - *m);
  *v = s->keep2 * *v + s->add2 * (g * g);
  *param = p - s->step_size * *m / (sqrtf(*v) * s->inverse_root + s->epsilon);
}

MER__KERNEL void mer__adam_update_part(float *restrict param, float *restrict m, float *restrict v,
                                       float *restrict grad, int64_t n, const mer__adam_step *step,
                                       float grad_scale, bool zero_grad) {
  const mer__adam_step s = *step;
#pragma omp simd
  for (int64_t i = 0; i < n; i++) update(&param[i], &m[i], &v[i], grad[i] * grad_scale, &s);
  if (zero_grad)
    for (int64_t i = 0; i < n; i++) grad[i] = 0; /* still in the cache */
}

void mer__adam_update(float *param, float *m, float *v, float *grad, int64_t n,
                      const mer__adam_step *step, float grad_scale, bool zero_grad) {
#pragma omp parallel for schedule(static) if (n >= MER__PARALLEL_MIN)
  for (int64_t i = 0; i < n; i += MER__CHUNK)
    mer__adam_update_part(param + i, m + i, v + i, grad + i, mer__chunk_size(n, i, MER__CHUNK),
                          step, grad_scale, zero_grad);
}

enum { TILE = 64 }; /* elements whose state stays in the cache through all steps */

MER__KERNEL static bool all_zero(const float *x, int64_t n) {
  int any = 0;
#pragma omp simd reduction(| : any)
  for (int64_t i = 0; i < n; i++) any |= x[i] != 0;
  return !any;
}

MER__KERNEL static void catch_up_tile(float *restrict param, float *restrict m, float *restrict v,
                                      int64_t n, const mer__adam_step *steps, int64_t n_steps) {
  for (int64_t t = 0; t < n_steps; t++) {
    const mer__adam_step s = steps[t];
#pragma omp simd
    for (int64_t i = 0; i < n; i++) update(&param[i], &m[i], &v[i], 0.0f, &s);
  }
}

/* Parameters that never had a gradient have zero moments: only AdamW's decay changes them. */
MER__KERNEL static void shrink_tile(float *param, int64_t n, const mer__adam_step *steps,
                                    int64_t n_steps) {
  for (int64_t t = 0; t < n_steps; t++) {
    const float shrink = steps[t].shrink;
    for (int64_t i = 0; i < n; i++) param[i] *= shrink;
  }
}

void mer__adam_catch_up(float *param, float *m, float *v, int64_t n, const mer__adam_step *steps,
                        int64_t n_steps) {
  if (n_steps == 0) return;
  bool still = steps[0].decay == 0 && all_zero(m, n) && all_zero(v, n);
  for (int64_t i = 0; i < n; i += TILE) {
    int64_t size = mer__chunk_size(n, i, TILE);
    if (still) shrink_tile(param + i, size, steps, n_steps);
    else catch_up_tile(param + i, m + i, v + i, size, steps, n_steps);
  }
}
