/* adam_kernels.h: what the optimizer does to a part of the parameters. */
#ifndef MER_TRAIN_ADAM_KERNELS_H
#define MER_TRAIN_ADAM_KERNELS_H

#include "base/dispatch.h"
#include "train/adam.h"

typedef struct mer__adam_kernels {
  /** As mer__adam_update_part. */
  bool (*update)(float *param, float *m, float *v, float *grad, int64_t n,
                 const mer__adam_step *step, float grad_scale, bool zero_grad);
  bool (*all_zero)(const float *x, int64_t n);
  /** n_steps updates with a gradient of zeros. */
  void (*catch_up)(float *param, float *m, float *v, int64_t n, const mer__adam_step *steps,
                   int64_t n_steps);
  /** The same where the moments are zero: AdamW's decay alone. */
  void (*shrink)(float *param, int64_t n, const mer__adam_step *steps, int64_t n_steps);
  double (*sum_of_squares)(const float *x, int64_t n);
} mer__adam_kernels;

MER__DECLARE_VERSIONS(mer__adam_kernels, mer__adam);

#endif
