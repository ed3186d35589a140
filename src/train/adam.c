/* adam.c: threads share chunks of the parameters. */
#include "train/adam.h"

#include <assert.h>
#include <math.h>

#include "nn/parallel.h"
#include "train/adam_kernels.h"

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

mer__adam_step mer__adam_no_step(void) {
  return (mer__adam_step){.shrink = 1, .keep2 = 1, .inverse_root = 1, .epsilon = 1};
}

bool mer__adam_update_part(float *param, float *m, float *v, float *grad, int64_t n,
                           const mer__adam_step *step, float grad_scale, bool zero_grad) {
  return MER__CHOSEN(mer__adam)->update(param, m, v, grad, n, step, grad_scale, zero_grad);
}

bool mer__adam_update(float *param, float *m, float *v, float *grad, int64_t n,
                      const mer__adam_step *step, float grad_scale, bool zero_grad) {
  bool finite = true;
#pragma omp parallel for schedule(static) reduction(&& : finite) if (n >= MER__PARALLEL_MIN)
  for (int64_t i = 0; i < n; i += MER__CHUNK)
    finite &= mer__adam_update_part(param + i, m + i, v + i, grad + i,
                                    mer__chunk_size(n, i, MER__CHUNK), step, grad_scale, zero_grad);
  return finite;
}

enum { TILE = 64 }; /* elements whose state stays in the cache through all steps */

void mer__adam_catch_up(float *param, float *m, float *v, int64_t n, const mer__adam_step *steps,
                        int64_t n_steps) {
  if (n_steps == 0) return;
  const mer__adam_kernels *kernels = MER__CHOSEN(mer__adam);
  bool still = steps[0].decay == 0 && kernels->all_zero(m, n) && kernels->all_zero(v, n);
  for (int64_t i = 0; i < n; i += TILE) {
    int64_t size = mer__chunk_size(n, i, TILE);
    if (still) kernels->shrink(param + i, size, steps, n_steps);
    else kernels->catch_up(param + i, m + i, v + i, size, steps, n_steps);
  }
}
