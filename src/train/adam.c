/* adam.c: one pass over parameters, moments and gradient, as fast as memory allows. */
#include "train/adam.h"

#include <assert.h>
#include <math.h>

#include "base/dispatch.h"
#include "nn/parallel.h"

/* The options of one step, in the precision of the parameters. */
typedef struct coefficients {
  float grad_scale, shrink, decay, keep2, add1, add2, root_bias2, epsilon, step_size;
} coefficients;

static coefficients coefficients_of(const mer__adam *o, int64_t step, float grad_scale) {
  double bias1 = 1 - pow(o->beta1, (double)step), bias2 = 1 - pow(o->beta2, (double)step);
  return (coefficients){.grad_scale = grad_scale,
                        .shrink = o->decoupled ? (float)(1 - o->lr * o->weight_decay) : 1.0f,
                        .decay = o->decoupled ? 0.0f : (float)o->weight_decay,
                        .keep2 = (float)o->beta2,
                        .add1 = (float)(1 - o->beta1),
                        .add2 = (float)(1 - o->beta2),
                        .root_bias2 = (float)sqrt(bias2),
                        .epsilon = (float)o->epsilon,
                        .step_size = (float)(o->lr / bias1)};
}

MER__KERNEL static void step_chunk(float *restrict param, float *restrict m, float *restrict v,
                                   float *restrict grad, int64_t n, const coefficients *o,
                                   bool zero_grad) {
  const coefficients c = *o;
  const float inverse_root = 1.0f / c.root_bias2;
  for (int64_t i = 0; i < n; i++) {
    float p = param[i] * c.shrink;
    float g = grad[i] * c.grad_scale + c.decay * p;
    m[i] += c.add1 * (g - m[i]);
    v[i] = c.keep2 * v[i] + c.add2 * g * g;
    param[i] = p - c.step_size * m[i] / (sqrtf(v[i]) * inverse_root + c.epsilon);
  }
  if (zero_grad)
    for (int64_t i = 0; i < n; i++) grad[i] = 0; /* still in the cache */
}

void mer__adam_step(float *param, float *m, float *v, float *grad, int64_t n,
                    const mer__adam *options, int64_t step, float grad_scale, bool zero_grad) {
  assert(step >= 1);
  const coefficients c = coefficients_of(options, step, grad_scale);
#pragma omp parallel for schedule(static) if (n >= MER__PARALLEL_MIN)
  for (int64_t i = 0; i < n; i += MER__CHUNK)
    step_chunk(param + i, m + i, v + i, grad + i, mer__chunk_size(n, i, MER__CHUNK), &c, zero_grad);
}
