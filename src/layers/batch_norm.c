/* batch_norm.c: with pixels as rows, batch norm is the norm of each column. */
#include "layers/batch_norm.h"

#include <math.h>

#include "nn/channel_norm.h"

static const float epsilon = 1e-5f, momentum = 0.1f;

mer_status mer__batch_norm_declare(mer__batch_norm *norm, mer__params *params, const char *name,
                                   mer_error *err) {
  const int64_t n = norm->width;
  norm->gamma = mer__params_add(params, MER__VECTOR, n, 0, "%s.weight", name);
  norm->beta = mer__params_add(params, MER__VECTOR, n, 0, "%s.bias", name);
  norm->mean = mer__params_add(params, MER__BUFFER, n, 0, "%s.running_mean", name);
  norm->variance = mer__params_add(params, MER__BUFFER, n, 0, "%s.running_var", name);
  if (norm->variance >= 0) params->items[norm->variance].epsilon = epsilon;
  norm->count = mer__params_add_counter(params, "%s.num_batches_tracked", name);
  const bool failed = norm->gamma < 0 || norm->beta < 0 || norm->mean < 0 || norm->variance < 0;
  return failed || norm->count < 0 ? mer__params_fail(params, err) : MER_OK;
}

static void fill(mer__params *params, int64_t index, int64_t n, float value) {
  for (int64_t j = 0; j < n; j++) mer__value(params, index)[j] = value;
}

void mer__batch_norm_init(const mer__batch_norm *norm, mer__params *params) {
  fill(params, norm->gamma, norm->width, 1);
  fill(params, norm->beta, norm->width, 0);
  fill(params, norm->mean, norm->width, 0);
  fill(params, norm->variance, norm->width, 1);
  fill(params, norm->count, 1, 0);
}

void mer__batch_norm_constants(float *scale, float *shift, const mer__batch_norm *norm,
                               const mer__params *params) {
  const float *gamma = mer__value(params, norm->gamma), *beta = mer__value(params, norm->beta);
  const float *mean = mer__value(params, norm->mean);
  const float *variance = mer__value(params, norm->variance);
  for (int64_t j = 0; j < norm->width; j++) {
    scale[j] = gamma[j] / sqrtf(variance[j] + epsilon);
    shift[j] = beta[j] - mean[j] * scale[j];
  }
}

/* The buffers take the variance without bias, which one row alone has not. What is not finite is
 * left out: the step that made it is skipped. */
static void keep(const mer__batch_norm *norm, const mer__params *params, const float *mean,
                 const float *rstd, int64_t rows) {
  float *kept_mean = mer__value(params, norm->mean);
  *mer__value(params, norm->count) += 1;
  float *kept_variance = mer__value(params, norm->variance);
  for (int64_t j = 0; j < norm->width; j++) {
    const float rounded = 1 / (rstd[j] * rstd[j]) - epsilon;
    if (!isfinite(mean[j]) || !isfinite(rounded)) continue;
    const float variance = fmaxf(rounded, 0);
    kept_mean[j] += momentum * (mean[j] - kept_mean[j]);
    if (rows == 1) continue;
    const float unbiased = variance * (float)rows / (float)(rows - 1);
    kept_variance[j] += momentum * (unbiased - kept_variance[j]);
  }
}

void mer__batch_norm_forward(float *y, float *mean, float *rstd, const float *x,
                             const mer__batch_norm *norm, const mer__params *params, int64_t rows) {
  mer__channel_norm_forward(y, mean, rstd, x, mer__value(params, norm->gamma),
                            mer__value(params, norm->beta), rows, norm->width, epsilon);
  keep(norm, params, mean, rstd, rows);
}

void mer__batch_norm_take(float *rstd, const float *mean, const mer__batch_norm *norm,
                          const mer__params *params, int64_t rows) {
  for (int64_t j = 0; j < norm->width; j++) rstd[j] = 1 / sqrtf(rstd[j] + epsilon);
  keep(norm, params, mean, rstd, rows);
}

void mer__batch_norm_backward(float *dx, const float *dy, const float *x, const float *mean,
                              const float *rstd, const mer__batch_norm *norm,
                              const mer__params *params, int64_t rows) {
  mer__channel_norm_backward(dx, mer__grad(params, norm->gamma), mer__grad(params, norm->beta), dy,
                             x, mean, rstd, mer__value(params, norm->gamma), rows, norm->width);
}
