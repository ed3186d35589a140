/* int8_params.h: those parameters of a model that are int8: views on a mapped file, or on memory
 * that they were quantized into. Their places in the block of floats are not touched. */
#ifndef MER_MODEL_INT8_PARAMS_H
#define MER_MODEL_INT8_PARAMS_H

#include <stddef.h>

#include "mer/tensor.h"
#include "nn/int8_weights.h"
#include "tensor/tensor_names.h"

/** How a parameter is kept. */
typedef enum mer__storage {
  MER__STORED_F32,          /* in the block */
  MER__STORED_INT8_PANELS,  /* a Linear layer's weight */
  MER__STORED_INT8_REDUCED, /* the same of a reduced range */
  MER__STORED_INT8_ROWS,    /* an embedding table */
} mer__storage;

/** In the order of the offsets. Zero-initialize. */
typedef struct mer__int8_params {
  int64_t *offsets;           /* [n]: the places in the block */
  mer__int8_matrix *matrices; /* [n] */
  size_t n, capacity_offsets, capacity_matrices;
  mer_safetensors *file; /* what the views lie in; or NULL */
  void *memory;          /* the same, by mer__malloc; or NULL */
} mer__int8_params;

/** Appends a view; 0, or -1 if memory is out. */
int mer__int8_params_add(mer__int8_params *params, int64_t offset, mer__int8_matrix matrix);
void mer__int8_params_clear(mer__int8_params *params);

/** Index of the parameter at `offset`, or -1: it is f32. */
ptrdiff_t mer__int8_params_find(const mer__int8_params *params, int64_t offset);

/** Shape of a matrix in the file, in `shape` [4]; its rank. */
int mer__int8_shape(int64_t *shape, mer__storage storage, int64_t rows, int64_t columns);

/** Views the int8 tensor `name` and its scales, `<name>_scale`. MER_STATUS_FORMAT: one is missing
 * or has another type or shape; the message names `path` and it.
 */
mer_status mer__int8_params_view(mer__int8_matrix *matrix, const mer__tensor_names *names,
                                 const char *name, mer__storage storage, int64_t rows,
                                 int64_t columns, const char *path, mer_error *err);

#endif
