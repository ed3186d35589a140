/* layer_norm.h: normalization of each row: Ba, Kiros and Hinton, "Layer normalization" (2016). */
#ifndef MER_NN_LAYER_NORM_H
#define MER_NN_LAYER_NORM_H

#include <stdint.h>

/** y = (x - mean) * rstd * gamma + beta, with the row's mean and rstd = 1 / sqrt(variance +
 * epsilon), variance over `width`. x, y: [rows, width], y may be x; gamma, beta: [width]; mean,
 * rstd: [rows], saved for the backward pass, or both NULL. */
void mer__layer_norm_forward(float *y, float *mean, float *rstd, const float *x, const float *gamma,
                             const float *beta, int64_t rows, int64_t width, float epsilon);

/** With n = (x - mean) * rstd and g = dy * gamma: dx = rstd * (g - mean of g - n * mean of g * n)
 * (overwritten; dx may be dy), dgamma += column sums of dy * n, dbeta += column sums of dy (both
 * NULL if not wanted).
 * Relative error to finite differences below 2e-3. */
void mer__layer_norm_backward(float *dx, float *dgamma, float *dbeta, const float *dy,
                              const float *x, const float *mean, const float *rstd,
                              const float *gamma, int64_t rows, int64_t width);

#endif
