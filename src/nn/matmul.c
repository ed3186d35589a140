/* matmul.c: oneDNN's sgemm takes row-major matrices with strides. */
#include "nn/matmul.h"

#include <assert.h>
#include <oneapi/dnnl/dnnl.h>

void mer__matmul(float *y, const float *a, bool transpose_a, const float *b, bool transpose_b,
                 int64_t m, int64_t n, int64_t k, bool accumulate) {
  assert(m >= 0 && n > 0 && k > 0);
  if (m == 0) return;
  dnnl_status_t status =
      dnnl_sgemm(transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', m, n, k, 1.0f, a,
                 transpose_a ? m : k, b, transpose_b ? k : n, accumulate ? 1.0f : 0.0f, y, n);
  assert(status == dnnl_success); /* it fails for wrong sizes alone */
  (void)status;
}

void mer__matmul_columns(float *y, const float *a, int64_t a_row, const float *b, int64_t m,
                         int64_t n, int64_t k) {
  assert(m > 0 && n > 0 && k > 0 && a_row >= m);
  dnnl_status_t status = dnnl_sgemm('T', 'N', m, n, k, 1.0f, a, a_row, b, n, 0.0f, y, n);
  assert(status == dnnl_success);
  (void)status;
}
