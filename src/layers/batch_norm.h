/* batch_norm.h: normalization of each channel over all pixels of a batch (Ioffe and Szegedy,
 * "Batch normalization", 2015; PyTorch's nn.BatchNorm2d). For prediction the mean and the variance
 * are those that the training has kept, so that it is a scale and a shift of each channel. */
#ifndef MER_LAYERS_BATCH_NORM_H
#define MER_LAYERS_BATCH_NORM_H

#include "layers/params.h"

typedef struct mer__batch_norm {
  int64_t width;          /* set before declare */
  int64_t gamma, beta;    /* parameters [width] */
  int64_t mean, variance; /* buffers [width] */
  int64_t count;          /* of the batches in them, which PyTorch keeps, too */
} mer__batch_norm;

/** Declares `name`.weight, .bias, .running_mean, .running_var and
 * .num_batches_tracked. MER_STATUS_LIMIT, MER_STATUS_NO_MEMORY. */
mer_status mer__batch_norm_declare(mer__batch_norm *norm, mer__params *params, const char *name,
                                   mer_error *err);

/** The values before a training: an identity, and statistics of nothing. */
void mer__batch_norm_init(const mer__batch_norm *norm, mer__params *params);

/** Of prediction: y = x * scale + shift; scale, shift: [width]. */
void mer__batch_norm_constants(float *scale, float *shift, const mer__batch_norm *norm,
                               const mer__params *params);

/** Of training: y = (x - mean) * rstd * gamma + beta, with the batch's mean and variance, of which
 * a tenth goes into the buffers. x, y: [rows, width], y may be x; mean, rstd: [width]. */
void mer__batch_norm_forward(float *y, float *mean, float *rstd, const float *x,
                             const mer__batch_norm *norm, const mer__params *params, int64_t rows);
/** The same for who finds the batch's statistics and does the rest himself: rstd [width] is their
 * variance and becomes rstd; a tenth goes into the buffers. */
void mer__batch_norm_take(float *rstd, const float *mean, const mer__batch_norm *norm,
                          const mer__params *params, int64_t rows);
/** The gradient: see nn/channel_norm.h. */
void mer__batch_norm_backward(float *dx, const float *dy, const float *x, const float *mean,
                              const float *rstd, const mer__batch_norm *norm,
                              const mer__params *params, int64_t rows);

#endif
