/* scale_shift.h: what follows a convolution when its batch norm is a constant. */
#ifndef MER_NN_SCALE_SHIFT_H
#define MER_NN_SCALE_SHIFT_H

#include <stdbool.h>
#include <stdint.h>

/** y = y * scale + shift + residual, and with `relu` max(that, 0); NaN stays. */
typedef struct mer__channel_finish {
  const float *scale, *shift; /* [width] */
  const float *residual;      /* [rows, width] or NULL */
  bool relu;
} mer__channel_finish;

/** Of y [rows, width] the numbers `at` .. at + n - 1, which are of one row, and those of the n_rows
 * - 1 rows after it. By this thread. */
void mer__channel_finish_rows(float *y, const mer__channel_finish *finish, int64_t at,
                              int64_t n_rows, int64_t n, int64_t width);

#endif
