/* matmul.h: dense matrix products, by oneDNN's sgemm. */
#ifndef MER_NN_MATMUL_H
#define MER_NN_MATMUL_H

#include <stdbool.h>
#include <stdint.h>

/** y = op(a) op(b), or y += with `accumulate`. y: [m, n]; op(a): [m, k], so `a` is [k, m] if it is
 * transposed; op(b): [k, n]. Dense rows. y overlaps neither. Uses all threads. */
void mer__matmul(float *y, const float *a, bool transpose_a, const float *b, bool transpose_b,
                 int64_t m, int64_t n, int64_t k, bool accumulate);

#endif
