/* scale_shift.c: a part of the columns of some rows. */
#include "nn/scale_shift.h"

#include <stddef.h>

#include "nn/scale_shift_kernels.h"

void mer__channel_finish_rows(float *y, const mer__channel_finish *f, int64_t at, int64_t n_rows,
                              int64_t n, int64_t width) {
  const int64_t column = at % width;
  MER__CHOSEN(mer__scale_shift)
      ->scale(y + at, f->scale + column, f->shift + column, f->residual ? f->residual + at : NULL,
              f->relu, n_rows, n, width);
}
