/* small_kernels.h: products too small for packing, by one thread: tiles of sums stay in registers.
 */
#ifndef MER_NN_SMALL_KERNELS_H
#define MER_NN_SMALL_KERNELS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dispatch.h"
#include "nn/small_matmul.h"

/** The arguments of mer__small_matmul. */
typedef struct mer__small_product {
  float *y;
  int64_t y_row;
  mer__strided a;
  const float *b;
  int64_t b_row, m, n, k;
  bool accumulate;
} mer__small_product;

/** The arguments of mer__few_rows_forward. */
typedef struct mer__few_rows_layer {
  float *y;
  const float *x, *weight, *bias;
  int64_t rows, in, out;
} mer__few_rows_layer;

/** Outputs that are best asked of a layer at a time. */
enum { MER__FEW_ROWS_OUTPUTS = 3 };

typedef struct mer__small_kernels {
  void (*multiply)(const mer__small_product *product);
  /** Outputs j .. j + n - 1 of all rows, n <= MER__FEW_ROWS_OUTPUTS. */
  void (*few_rows)(const mer__few_rows_layer *layer, int64_t j, int64_t n);
} mer__small_kernels;

MER__DECLARE_VERSIONS(mer__small_kernels, mer__small);

#endif
