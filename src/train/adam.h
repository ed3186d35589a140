/* adam.h: Kingma and Ba, "Adam" (2015), and Loshchilov and Hutter, "Decoupled weight decay
 * regularization" (2019), with the formulas of PyTorch's torch.optim.Adam and AdamW. */
#ifndef MER_TRAIN_ADAM_H
#define MER_TRAIN_ADAM_H

#include <stdbool.h>
#include <stdint.h>

typedef struct mer__adam {
  double lr, beta1, beta2, epsilon, weight_decay;
  bool decoupled; /* true: AdamW */
} mer__adam;

/** What one step does, in the precision of the parameters. */
typedef struct mer__adam_step {
  float shrink, decay, keep2, add1, add2, inverse_root, epsilon, step_size;
} mer__adam_step;

/** Step number `step`, which counts from 1. */
mer__adam_step mer__adam_step_at(const mer__adam *options, int64_t step);
/** A step that changes nothing. */
mer__adam_step mer__adam_no_step(void);

/** One step over n parameters in one pass over memory, on all cores:
 *   g = grad * grad_scale
 *   AdamW: p *= 1 - lr * weight_decay;  Adam: g += weight_decay * p
 *   m += (1 - beta1) (g - m);  v = beta2 v + (1 - beta2) g g
 *   p -= lr / (1 - beta1^step) * m / (sqrt(v) / sqrt(1 - beta2^step) + epsilon)
 * m and v are zero before the first step. `grad_scale` is the factor of gradient clipping. With
 * `zero_grad` the gradient is zeroed after its use. Within 1e-6 of PyTorch after 10 steps. False if
 * an element of v is not finite now, as the gradient was not, or its square. */
bool mer__adam_update(float *param, float *m, float *v, float *grad, int64_t n,
                      const mer__adam_step *step, float grad_scale, bool zero_grad);

/** The same within this thread. */
bool mer__adam_update_part(float *param, float *m, float *v, float *grad, int64_t n,
                           const mer__adam_step *step, float grad_scale, bool zero_grad);

/** The same bits as n_steps calls of mer__adam_update with a gradient of zeros, in one pass over
 * memory, within this thread. */
void mer__adam_catch_up(float *param, float *m, float *v, int64_t n, const mer__adam_step *steps,
                        int64_t n_steps);

#endif
