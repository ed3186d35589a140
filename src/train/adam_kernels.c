/* adam_kernels.c: one pass over parameters, moments and gradient, as fast as memory allows. */
#include "train/adam_kernels.h"

#include <math.h>

/* One element; `g` is its gradient. */
MER__INLINE void update(float *param, float *m, float *v, float g, const mer__adam_step *s) {
  float p = *param * s->shrink;
  g += s->decay * p;
  *m += s->add1 * (g - *m);
  *v = s->keep2 * *v + s->add2 * (g * g);
  *param = p - s->step_size * *m / (sqrtf(*v) * s->inverse_root + s->epsilon);
}

static bool update_part(float *restrict param, float *restrict m, float *restrict v,
                        float *restrict grad, int64_t n, const mer__adam_step *step,
                        float grad_scale, bool zero_grad) {
  const mer__adam_step s = *step;
  float zero = 0; /* NaN as soon as an element of v is NaN or infinity */
#pragma omp simd reduction(+ : zero)
  for (int64_t i = 0; i < n; i++) {
    update(&param[i], &m[i], &v[i], grad[i] * grad_scale, &s);
    zero += v[i] * 0.0f;
  }
  if (zero_grad)
    for (int64_t i = 0; i < n; i++) grad[i] = 0; /* still in the cache */
  return zero == 0;
}

static bool all_zero(const float *x, int64_t n) {
  int any = 0;
#pragma omp simd reduction(| : any)
  for (int64_t i = 0; i < n; i++) any |= x[i] != 0;
  return !any;
}

static void catch_up(float *restrict param, float *restrict m, float *restrict v, int64_t n,
                     const mer__adam_step *steps, int64_t n_steps) {
  for (int64_t t = 0; t < n_steps; t++) {
    const mer__adam_step s = steps[t];
#pragma omp simd
    for (int64_t i = 0; i < n; i++) update(&param[i], &m[i], &v[i], 0.0f, &s);
  }
}

/* Parameters that never had a gradient have zero moments: only AdamW's decay changes them. */
static void shrink_all(float *param, int64_t n, const mer__adam_step *steps, int64_t n_steps) {
  for (int64_t t = 0; t < n_steps; t++) {
    const float shrink = steps[t].shrink;
    for (int64_t i = 0; i < n; i++) param[i] *= shrink;
  }
}

static double sum_of_squares(const float *x, int64_t n) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < n; i++) sum += (double)x[i] * x[i];
  return sum;
}

const mer__adam_kernels MER__VERSION(mer__adam) = {update_part, all_zero, catch_up, shrink_all,
                                                   sum_of_squares};
