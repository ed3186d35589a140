/* strided.h: an array whose elements lie at strides in a storage. */
#ifndef MER_TENSOR_STRIDED_H
#define MER_TENSOR_STRIDED_H

#include "mer/tensor.h"

typedef struct mer__strided {
  const uint8_t *data; /* of its first element */
  size_t element;      /* bytes */
  int rank;
  const int64_t *shape, *strides; /* [rank], in elements, none negative */
  int64_t n_elements;
} mer__strided;

/** Whether all elements at `offset` and the strides lie in a storage of `n` elements; false also
 * for negative numbers and overflows. An array without elements lies in any storage. */
bool mer__strided_fits(const int64_t *shape, const int64_t *strides, int rank, int64_t offset,
                       int64_t n);
/** Whether its elements lie one after the other, in row-major order. */
bool mer__strided_is_contiguous(const int64_t *shape, const int64_t *strides, int rank);
/** Copies the elements into `out` [n_elements], row-major. */
void mer__strided_copy(void *out, const mer__strided *array);

#endif
