/* scale_shift.h: what follows a convolution when its batch norm is a constant. */
#ifndef MER_NN_SCALE_SHIFT_H
#define MER_NN_SCALE_SHIFT_H

#include <stdbool.h>
#include <stdint.h>

/** y = y * scale + shift + residual, and with `relu` max(that, 0); NaN stays. y: [rows, width];
 * scale, shift: [width]; residual: [rows, width] or NULL. By this thread. */
void mer__scale_shift(float *y, const float *scale, const float *shift, const float *residual,
                      bool relu, int64_t rows, int64_t width);

#endif
