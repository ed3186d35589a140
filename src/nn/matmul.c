/* matmul.c: oneDNN's sgemm takes row-major matrices with strides. Each thread calls it for a part
 * of its own: for the few rows of a training batch that is faster than the threads of one call,
 * which wait for each other. */
#include "nn/matmul.h"

#include <assert.h>
#include <omp.h>
#include <oneapi/dnnl/dnnl.h>
#include <string.h>

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

/* A block of b that is copied: 192 KB of a thread's stack. */
enum { BLOCK_ROWS = 256, BLOCK_COLUMNS = 192 };

/* Rows of b this long lie on a page each, and sgemm reads b in columns: with few rows of `a` to
 * multiply, that takes longer than the product. */
static bool reads_too_far(const product *p) {
  return !p->transpose_b && p->b_row >= 1024 && p->m <= 512 && p->k >= BLOCK_ROWS;
}

/* The columns first .. first + n - 1 of y, from blocks of b whose rows lie together. */
static void multiply_blocks(const product *p, int64_t first, int64_t n) {
  float block[BLOCK_ROWS * BLOCK_COLUMNS];
  for (int64_t i = 0; i < p->k; i += BLOCK_ROWS) {
    int64_t rows = mer__chunk_size(p->k, i, BLOCK_ROWS);
    for (int64_t r = 0; r < rows; r++)
      memcpy(block + r * n, p->b + (i + r) * p->b_row + first, (size_t)n * sizeof *block);
    product part = *p;
    part.y += first;
    part.a += i * (p->transpose_a ? p->a_row : 1);
    part.b = block;
    part.n = part.b_row = n;
    part.k = rows;
    part.accumulate = p->accumulate || i > 0;
    sgemm(&part);
  }
}

static void multiply(const product *p) {
  if (!reads_too_far(p)) {
    sgemm(p);
    return;
  }
  for (int64_t j = 0; j < p->n; j += BLOCK_COLUMNS)
    multiply_blocks(p, j, mer__chunk_size(p->n, j, BLOCK_COLUMNS));
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

static void multiply_in_parallel(product p) {
  assert(p.m >= 0 && p.n > 0 && p.k > 0);
#pragma omp parallel if (p.m * p.n * p.k >= 8 * MER__PARALLEL_MIN)
  {
    product part = part_of(p, omp_get_thread_num(), omp_get_num_threads());
    if (part.m > 0 && part.n > 0) multiply(&part);
  }
}

void mer__matmul(float *y, const float *a, bool transpose_a, const float *b, bool transpose_b,
                 int64_t m, int64_t n, int64_t k, bool accumulate) {
  multiply_in_parallel((product){y, a, b, transpose_a, transpose_b, m, n, k, n, transpose_a ? m : k,
                                 transpose_b ? k : n, accumulate});
}

void mer__matmul_columns(float *y, const float *a, int64_t a_row, const float *b, int64_t m,
                         int64_t n, int64_t k) {
  multiply_in_parallel((product){y, a, b, true, false, m, n, k, n, a_row, n, false});
}
