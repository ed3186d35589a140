/* npy_elements.h: the elements of a .npy file, of any numeric type and either order, as f32 in C
 * order. */
#ifndef MER_TENSOR_NPY_ELEMENTS_H
#define MER_TENSOR_NPY_ELEMENTS_H

#include "mer/tensor.h"

typedef struct mer__npy_elements {
  char kind;      /* 'f' floating point, 'i' signed, 'u' unsigned, 'b' boolean */
  size_t n_bytes; /* of an element */
  bool big;       /* the most significant byte is the first */
  bool fortran_order;
  int rank;
  int64_t shape[MER_MAX_RANK], n; /* n: the product of the shape */
} mer__npy_elements;

/** Reads a type as NumPy writes it, such as "<f4" or "|u1", into kind, n_bytes and big.
 * MER_STATUS_UNSUPPORTED: it is not a number of at most 8 bytes. */
mer_status mer__npy_element(mer__npy_elements *elements, const char *descr, const char *path,
                            mer_error *err);
/** Reads all elements from `fd` into `out` [n]. MER_STATUS_IO. */
mer_status mer__npy_elements_read(float *out, const mer__npy_elements *elements, int fd,
                                  const char *path, mer_error *err);

#endif
