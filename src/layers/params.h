/* params.h: the parameters of a network: one block of floats and a table that says what each is.
 *
 * Layers declare what they need, in a first pass, and keep the index in the table; then the block
 * is allocated: what stays fixed first, what is trained after it. So an optimizer, a norm or a
 * checkpoint is one pass over one array, however many encoders are frozen. */
#ifndef MER_LAYERS_PARAMS_H
#define MER_LAYERS_PARAMS_H

#include "base/rng.h"
#include "mer/base.h"
#include "mer/tensor.h"
#include "nn/int8_weights.h"
#include "tensor/tensor_names.h"

/** What a parameter is. */
typedef enum mer__param_role {
  MER__CONSTANT, /* never trained: statistics of a data set */
  MER__BUFFER,   /* statistics that a training keeps beside the weights, without a gradient */
  MER__VECTOR,   /* a bias, the scale or shift of a norm, a small table: always f32 */
  MER__LINEAR,   /* the weight of a Linear layer, [out, in], or of a convolution */
  MER__TABLE,    /* rows that are looked up: embeddings */
} mer__param_role;

/** How its values are stored. */
typedef enum mer__storage {
  MER__STORED_F32,          /* in the block */
  MER__STORED_PANELS,       /* in the block, packed for prediction (mer__panels_pack) */
  MER__STORED_INT8_PANELS,  /* int8, packed */
  MER__STORED_INT8_REDUCED, /* the same with a reduced range */
  MER__STORED_INT8_ROWS,    /* int8, row by row: a table */
} mer__storage;

/** Whether it is the weight of an int8 product. */
static inline bool mer__is_int8_product(mer__storage storage) {
  return storage == MER__STORED_INT8_PANELS || storage == MER__STORED_INT8_REDUCED;
}

/** Groups of parameters: an encoder's embeddings and stem, its layers from 1 on, and what stands on
 * the encoders. */
enum { MER__GROUP_STEM = 0, MER__GROUP_LAYER = 1, MER__GROUP_HEAD = -1 };

typedef struct mer__param {
  char *name;           /* as in the file */
  int64_t offset, size; /* floats in the block, once it is allocated */
  int64_t shape[2];     /* in the block; 0: it is a vector */
  int64_t kernel; /* of a convolution: the file has [out, in, kernel], the block [out, kernel, in],
                     of which `shape` is [out, kernel * in]; else 0 */
  int file_rank;
  int64_t file_shape[4];
  int64_t
      magnitudes; /* of directions (nn/weight_norm.h): the parameter of their lengths; -1: none */
  int64_t adapts; /* of an adapter (low_rank.h), which no file has: the parameter that it adapts;
                     -1: it is none */
  mer__param_role role;
  int group;
  bool trained;  /* lies with what a training changes */
  double rate;   /* a training's learning rate is multiplied by it */
  bool added;    /* an encoder directory may lack it: then it keeps its first value */
  bool optional; /* set: any file may lack it: then it is zeros */
  float epsilon; /* set of variances: each has a square root once this is added; else 0 */
  bool counts;   /* one whole number, in files of 64 bits and of rank 0 */
  mer__storage storage;
  bool squares;    /* set: the weight of a convolution of 3 x 3 pixels, one apart, over images */
  float *winograd; /* of these, while they are packed: mer__winograd_weights; or NULL */
  int16_t *winograd_int8; /* the same of int8: mer__int8_winograd_weights; or NULL */
  mer__int8_matrix int8;  /* the values, if they are stored as int8; the block's are not touched */
} mer__param;

/** Zero-initialize. */
typedef struct mer__params {
  mer__param *items;
  size_t n_items, capacity;
  int group;             /* set: of what is declared from now on */
  bool frozen;           /* set: what is declared from now on is not trained */
  int64_t frozen_groups; /* set: of it, the groups before this one are not: stem, first layers */
  int64_t adapter_rank;  /* set: encoders are trained by adapters of this rank alone; 0: whole */
  bool added;            /* set: what is declared from now on an encoder directory may lack */
  const char *prefix;    /* set: before the names of what is declared from now on; or NULL */
  int64_t size;          /* floats in the block */
  bool too_large;        /* what was declared is more than a block may hold */
  int64_t first_trained; /* floats before those that are trained, of which the first are buffers */
  int64_t n_buffers;     /* floats of these */
  float *values;         /* [size], once allocated */
  float *grads;          /* [size - first_trained], while training */
  mer__tensor_files *files; /* what int8 values are views of; or NULL */
  void *int8_memory;        /* the same, by mer__malloc; or NULL */
} mer__params;

/** Declares `name` [rows] or, if columns > 0, [rows, columns], and returns its index; -1 if memory
 * is out or the block would be too large. Parameters that are declared one after the other and are
 * trained alike lie side by side. */
int64_t mer__params_add(mer__params *params, mer__param_role role, int64_t rows, int64_t columns,
                        const char *format, ...) __attribute__((format(printf, 5, 6)));
/** The same for the weight of a convolution over time. */
int64_t mer__params_add_kernel(mer__params *params, mer__param_role role, int64_t out, int64_t in,
                               int64_t kernel, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
/** The same for a buffer that counts, which any file may lack. */
int64_t mer__params_add_counter(mer__params *params, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/** Says that files have the parameter `index`, unless that is -1, in another shape of as many
 * values. */
void mer__params_set_file_shape(mer__params *params, int64_t index, int rank, const int64_t *shape);
/** Why mer__params_add has returned -1: MER_STATUS_LIMIT or MER_STATUS_NO_MEMORY. */
mer_status mer__params_fail(const mer__params *params, mer_error *err);

/** Lays out the block and allocates its values, not initialized. */
mer_status mer__params_allocate(mer__params *params, mer_error *err);
/** Allocates zeroed gradients of what is trained. */
mer_status mer__params_train(mer__params *params, mer_error *err);
void mer__params_clear(mer__params *params);

/** The value of the parameter `index`. */
static inline float *mer__value(const mer__params *params, int64_t index) {
  return params->values + params->items[index].offset;
}
/** Whether what is declared from now on in a group, and is no adapter, will be trained. */
static inline bool mer__params_trains(const mer__params *params, int group) {
  const bool whole = params->adapter_rank == 0 && group >= params->frozen_groups;
  return !params->frozen && (group == MER__GROUP_HEAD || whole);
}
/** Where the backward pass through `n_layers` layers, each a group, may end: none before `*first`
 * is trained. MER_STATUS_INVALID: all of them are to be frozen one by one. */
mer_status mer__params_first_trained_layer(int64_t *first, const mer__params *params,
                                           int64_t n_layers, mer_error *err);
static inline bool mer__is_trained(const mer__params *params, int64_t index) {
  return params->items[index].trained;
}
/** Its gradient; NULL if it is not trained. */
static inline float *mer__grad(const mer__params *params, int64_t index) {
  if (!mer__is_trained(params, index)) return NULL;
  return params->grads + (params->items[index].offset - params->first_trained);
}

/** Floats of what a file has in another order or type than the block. */
int64_t mer__params_reordered_size(const mer__params *params);
/** Views of the parameters over another array of the block's layout, for writing; `tensors`
 * [n_items]. What a file has in another order or type is put into `reordered`
 * [mer__params_reordered_size], which may be NULL if that is 0. */
void mer__params_tensors(mer_tensor *tensors, float *reordered, const mer__params *params,
                         const float *values);

/** Fills the parameters first .. last-1 of the table from files; those that are int8 are views
 * of them, so that they must stay open. With `whole` nothing may be missing, else what is `added`
 * may; constants that are `added` are statistics of other data, and are not read.
 * MER_STATUS_FORMAT: a tensor is missing, has another shape, or holds a value that is not finite,
 * or a variance without a root; the message names `path` and the tensor. */
mer_status mer__params_load(mer__params *params, size_t first, size_t last, bool whole,
                            const mer__tensor_names *names, const char *path, mer_error *err);

/** Uniform in +-1/sqrt(fan_in), as PyTorch initializes the weight and bias of a Linear. */
void mer__params_init_linear(float *values, int64_t n, int64_t fan_in, mer__rng *rng);

#endif
