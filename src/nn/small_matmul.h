/* small_matmul.h: matrix products too small for a call of sgemm and its packing, within one thread.
 * Tiles of 4 x 16 sums stay in registers, with AVX2 of 6 x 16, with AVX-512 of 8 x 32. */
#ifndef MER_NN_SMALL_MATMUL_H
#define MER_NN_SMALL_MATMUL_H

#include <stdbool.h>
#include <stdint.h>

/** A matrix read element by element: (i, j) is data[i * row + j * column]. With the two strides
 * exchanged it is transposed. */
typedef struct mer__strided {
  const float *data;
  int64_t row, column;
} mer__strided;

/** y = a b, or y += with `accumulate`. y: [m, n] with rows of `y_row` floats; a: [m, k]; b: [k, n]
 * with rows of `b_row` floats. y overlaps neither. Best for n a multiple of 8. */
void mer__small_matmul(float *y, int64_t y_row, mer__strided a, const float *b, int64_t b_row,
                       int64_t m, int64_t n, int64_t k, bool accumulate);

#endif
