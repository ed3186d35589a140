/* channel_norm.h: normalization of each channel over the time of one utterance: group norm (Wu and
 * He, 2018) with a group for each channel, as the first layer of wav2vec 2.0 has it. */
#ifndef MER_NN_CHANNEL_NORM_H
#define MER_NN_CHANNEL_NORM_H

#include <stdint.h>

/** y = (x - mean) * rstd * gamma + beta, with the mean of each column and rstd = 1 / sqrt(variance
 * + epsilon), variance over the rows. x, y: [rows, width], y may be x; the others: [width]. Uses
 * all threads. */
void mer__channel_norm_forward(float *y, float *mean, float *rstd, const float *x,
                               const float *gamma, const float *beta, int64_t rows, int64_t width,
                               float epsilon);

/** With n = (x - mean) * rstd: dgamma += column sums of dy * n, dbeta += column sums of dy,
 * dx = gamma * rstd * (dy - mean over the rows of dy - n * mean over the rows of dy * n)
 * (overwritten; dx may be dy). Relative error to finite differences below 2e-3. */
void mer__channel_norm_backward(float *dx, float *dgamma, float *dbeta, const float *dy,
                                const float *x, const float *mean, const float *rstd,
                                const float *gamma, int64_t rows, int64_t width);

#endif
