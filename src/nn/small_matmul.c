/* small_matmul.c: the kernel that the level in use has for small products. */
#include "nn/small_matmul.h"

#include <assert.h>

#include "nn/small_kernels.h"

void mer__small_matmul(float *y, int64_t y_row, mer__strided a, const float *b, int64_t b_row,
                       int64_t m, int64_t n, int64_t k, bool accumulate) {
  assert(m >= 0 && n >= 0 && k >= 0);
  MER__CHOSEN(mer__small)
      ->multiply(&(mer__small_product){y, y_row, a, b, b_row, m, n, k, accumulate});
}
