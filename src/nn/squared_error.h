/* squared_error.h: the mean squared error of values, as PyTorch's MSELoss: over rows and columns.
 */
#ifndef MER_NN_SQUARED_ERROR_H
#define MER_NN_SQUARED_ERROR_H

#include <stdint.h>

/** The mean of (value - target)^2; values, targets: [n]. */
double mer__squared_error_forward(const float *values, const float *targets, int64_t n);

/** Of the mean: dvalues = 2 (values - targets) / n. dvalues may be values. */
void mer__squared_error_backward(float *dvalues, const float *values, const float *targets,
                                 int64_t n);

#endif
