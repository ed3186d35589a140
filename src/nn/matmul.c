/* matmul.c: oneDNN's sgemm takes row-major matrices with strides. Each thread calls it for a part
 * of its own: for the few rows of a training batch that is faster than the threads of one call,
 * which wait for each other. */
#include "nn/matmul.h"

#include <assert.h>
#include <omp.h>
#include <oneapi/dnnl/dnnl.h>

#include "base/cpu.h"
#include "nn/parallel.h"

/* y = op(a) op(b), or y +=; row lengths in memory, as y, a and b may be parts of larger matrices.
 */
typedef struct product {
  float *y;
  const float *a, *b;
  bool transpose_a, transpose_b;
  int64_t m, n, k;
  int64_t y_row, a_row, b_row;
  bool accumulate;
} product;

static void sgemm(const product *p) {
  dnnl_status_t status =
      dnnl_sgemm(p->transpose_a ? 'T' : 'N', p->transpose_b ? 'T' : 'N', p->m, p->n, p->k, 1.0f,
                 p->a, p->a_row, p->b, p->b_row, p->accumulate ? 1.0f : 0.0f, p->y, p->y_row);
  assert(status == dnnl_success); /* it fails for wrong sizes alone */
  (void)status;
}

/* Part `index` of `count`: of the columns or, if there are more, the rows of y; in steps of a
 * multiple of what a kernel computes at once. */
static product part_of(product p, int64_t index, int64_t count) {
  enum { STEP = 48 };
  bool by_columns = p.n >= p.m;
  int64_t *size = by_columns ? &p.n : &p.m;
  int64_t step = (*size + STEP * count - 1) / (STEP * count) * STEP;
  int64_t first = index * step < *size ? index * step : *size;
  *size = mer__chunk_size(*size, first, step);
  p.y += by_columns ? first : first * p.y_row;
  if (by_columns) p.b += p.transpose_b ? first * p.b_row : first;
  else p.a += p.transpose_a ? first : first * p.a_row;
  return p;
}

void mer__matmul(float *y, const float *a, bool transpose_a, const float *b, bool transpose_b,
                 int64_t m, int64_t n, int64_t k, bool accumulate) {
  const product whole = {y, a, b, transpose_a,         transpose_b,         m,
                         n, k, n, transpose_a ? m : k, transpose_b ? k : n, accumulate};
  assert(m >= 0 && n > 0 && k > 0);
  (void)mer__cpu_best(); /* oneDNN can be limited before its first use alone */
#pragma omp parallel if (m * n * k >= 8 * MER__PARALLEL_MIN)
  {
    product part = part_of(whole, omp_get_thread_num(), omp_get_num_threads());
    if (part.m > 0 && part.n > 0) sgemm(&part);
  }
}
