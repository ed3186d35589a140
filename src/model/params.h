/* params.h: the parameters of a model: one block of floats and a table of named views on it.
 *
 * Layers declare what they need, in a first pass, and keep the offsets; then the block is
 * allocated. So an optimizer, a norm or a checkpoint is one pass over one array, and a frozen
 * encoder is a range of it. */
#ifndef MER_MODEL_PARAMS_H
#define MER_MODEL_PARAMS_H

#include "base/rng.h"
#include "mer/base.h"
#include "mer/tensor.h"
#include "model/int8_params.h"
#include "nn/panels.h"
#include "tensor/tensor_names.h"

typedef struct mer__param {
  char *name; /* as in the file */
  int64_t offset, size;
  int rank;
  int64_t shape[2];
  mer__storage storage; /* as in the file */
} mer__param;

/** Takes the gradient of a Linear layer's weights as soon as it is known, part by part, in place of
 * the block of gradients. */
typedef struct mer__grad_sink {
  /** The gradient of the n parameters at `offset`; from any thread. */
  void (*take)(struct mer__grad_sink *sink, int64_t offset, float *grad, int64_t n);
  /** Said before, of all parts together, from one thread. */
  void (*announce)(struct mer__grad_sink *sink, int64_t offset, int64_t n);
  float *scratch; /* [n_threads, capacity] for the gradients */
  int64_t capacity;
} mer__grad_sink;

/** Zero-initialize. */
typedef struct mer__params {
  mer__param *items;
  size_t n_items, capacity;
  int64_t size;  /* floats in the block */
  float *values; /* [size], once allocated */
  float *grads;  /* [size - first_trainable], of the trainable end of the block, while training */
  int64_t first_trainable;
  mer__grad_sink *sink;        /* borrowed; NULL: all gradients are added to `grads` */
  mer__product_dtype products; /* of the Linear layers, while training */
  float *outer_scratch; /* while training: for the gradients of weights; NULL: they are few */
  int64_t packed_from, packed_to; /* offsets between which weights of Linear layers are packed for
                                   * prediction, if they have a multiple of 16 outputs */
  mer__int8_params int8;          /* those that are not in `values` */
} mer__params;

/** Declares `name` [rows] or, if columns > 0, [rows, columns] and returns its offset; -1 if memory
 * is out or the block would be too large. */
int64_t mer__params_add(mer__params *params, int64_t rows, int64_t columns, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/** Allocates the values, not initialized. */
mer_status mer__params_allocate(mer__params *params, mer_error *err);
/** Allocates zeroed gradients of what lies at `first_trainable` and behind. */
mer_status mer__params_train(mer__params *params, int64_t first_trainable, mer_error *err);
/** Products of the Linear layers in `dtype` from now on, by panels, for up to `max_rows` rows at a
 * time. `table` is the offset of the word embeddings, which no product multiplies; -1: none. */
mer_status mer__params_use_panels(mer__params *params, mer__product_dtype dtype, int64_t max_rows,
                                  int64_t table, mer_error *err);
void mer__params_clear(mer__params *params);

/** The value of the parameter at `offset`. */
static inline float *mer__value(const mer__params *params, int64_t offset) {
  return params->values + offset;
}
/** Its gradient. */
static inline float *mer__grad(const mer__params *params, int64_t offset) {
  return params->grads + (offset - params->first_trainable);
}

/** Views of the parameters over another array of the block's layout, for writing; `tensors`
 * [n_items]. */
void mer__params_tensors(mer_tensor *tensors, const mer__params *params, const float *values);

/** Fills the parameters first .. last-1 of the table from a file; those that are int8 are views
 * of it, so that it must stay open. MER_STATUS_FORMAT: a tensor is missing or has another shape;
 * the message names `path` and the tensor. */
mer_status mer__params_load(mer__params *params, size_t first, size_t last,
                            const mer__tensor_names *names, const char *path, mer_error *err);

/** Uniform in +-1/sqrt(fan_in), as PyTorch initializes the weight and bias of a Linear. */
void mer__params_init_linear(float *values, int64_t n, int64_t fan_in, mer__rng *rng);

#endif
