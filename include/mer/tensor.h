/* mer/tensor.h: arrays in files: safetensors and NumPy's .npy.
 * Stable (mer/mer.h). */
#ifndef MER_TENSOR_H
#define MER_TENSOR_H

#include "mer/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Most dimensions of a tensor. */
#define MER_MAX_RANK 8

/** Element types: X(name, safetensors' name, bytes of an element). New ones go to the end. */
#define MER_DTYPE_MAP(X) \
  X(F32, "F32", 4)       \
  X(F16, "F16", 2)       \
  X(BF16, "BF16", 2)     \
  X(F64, "F64", 8)       \
  X(I64, "I64", 8)       \
  X(I32, "I32", 4)       \
  X(I8, "I8", 1)         \
  X(U8, "U8", 1)         \
  X(I16, "I16", 2)       \
  X(BOOL, "BOOL", 1)

typedef enum mer_dtype {
#define MER_DTYPE_ENUM(name, text, bytes) MER_DTYPE_##name,
  MER_DTYPE_MAP(MER_DTYPE_ENUM)
#undef MER_DTYPE_ENUM
} mer_dtype;

/** A borrowed view of an array, row-major. */
typedef struct mer_tensor {
  const char *name;
  mer_dtype dtype;
  int rank;
  int64_t shape[MER_MAX_RANK];
  int64_t n_elements;
  const void *data; /* little-endian elements; aligned to the element's size or not at all */
} mer_tensor;

/** Copies `tensor`'s elements into `out` [n_elements] as f32. MER_STATUS_UNSUPPORTED for integer
 * types. */
MER_API mer_status mer_tensor_to_f32(float *out, const mer_tensor *tensor, mer_error *err);

/** A safetensors file, mapped read-only. Format: github.com/huggingface/safetensors, "Format". */
typedef struct mer_safetensors mer_safetensors;

/** Opens and validates a file: header size, JSON, dtypes, shapes, offsets without holes or overlap,
 * and the file's end. MER_STATUS_NOT_FOUND, MER_STATUS_IO, MER_STATUS_FORMAT (with the file and the
 * fault), MER_STATUS_LIMIT (header over 100 MB). */
MER_API mer_status mer_safetensors_open(mer_safetensors **out, const char *path, mer_error *err);
/** Accepts NULL. Views become invalid. */
MER_API void mer_safetensors_close(mer_safetensors *file);
MER_API int64_t mer_safetensors_count(const mer_safetensors *file);
/** View of tensor `index`, in the order of the data; NULL if out of range. Borrowed. */
MER_API const mer_tensor *mer_safetensors_at(const mer_safetensors *file, int64_t index);
/** View of the tensor of that name, or NULL. Borrowed. */
MER_API const mer_tensor *mer_safetensors_find(const mer_safetensors *file, const char *name);
/** Value of a key of "__metadata__", or NULL. Borrowed. */
MER_API const char *mer_safetensors_metadata(const mer_safetensors *file, const char *key);

/** One entry of "__metadata__". */
typedef struct mer_metadata {
  const char *key, *value;
} mer_metadata;

/** Writes tensors to `path` atomically, in the order given, data aligned to 64 bytes. */
MER_API mer_status mer_safetensors_write(const char *path, const mer_tensor *tensors,
                                         int64_t n_tensors, const mer_metadata *metadata,
                                         int64_t n_metadata, mer_error *err);

/** Reads a .npy file (versions 1 to 3; f2 f4 f8, integers and booleans, of either byte order, in C
 * or Fortran order) as f32 in C order. `*data` is the caller's and is freed by mer_npy_free;
 * without `data` (NULL) the shape alone is read, and that the file is as long as that says. `shape`
 * [MER_MAX_RANK]. MER_STATUS_FORMAT, MER_STATUS_UNSUPPORTED, MER_STATUS_IO, MER_STATUS_NOT_FOUND.
 */
MER_API mer_status mer_npy_read(float **data, int64_t *shape, int *rank, const char *path,
                                mer_error *err);
MER_API void mer_npy_free(float *data);
/** How a .npy file of mer's begins, [MER_NPY_START_BYTES]: with a header of 256 bytes. NumPy gives
 * an array of few dimensions 128, so that mer knows its own. */
#define MER_NPY_START \
  "\x93NUMPY\x01\x00" \
  "\xf6\x00"          \
  "{'descr': '<f4', 'fortran_order': False, 'shape': ("
#define MER_NPY_START_BYTES (sizeof MER_NPY_START - 1)
/** Writes a f32 array as .npy version 1, atomically. */
MER_API mer_status mer_npy_write(const char *path, const float *data, const int64_t *shape,
                                 int rank, mer_error *err);

/** The same in parts, for an array that is larger than memory should be. */
typedef struct mer_npy_writer mer_npy_writer;

/** Begins an array of `shape` [rank]. `monitor` (or NULL) as in mer_file_write.
 * MER_STATUS_INVALID (the shape), and those of mer_file_write. */
MER_API mer_status mer_npy_writer_open(mer_npy_writer **out, const char *path, const int64_t *shape,
                                       int rank, const mer_monitor *monitor, mer_error *err);
/** Adds the next `n` elements. MER_STATUS_INVALID: more than the shape has; MER_STATUS_IO; then the
 * writer can only be closed. */
MER_API mer_status mer_npy_writer_add(mer_npy_writer *writer, const float *data, int64_t n,
                                      mer_error *err);
/** The array is whole; then close the writer. MER_STATUS_INVALID: elements are missing;
 * MER_STATUS_IO: not all could be written. */
MER_API mer_status mer_npy_writer_commit(mer_npy_writer *writer, mer_error *err);
/** Without a commit nothing is left of the file, unless it was written through. Accepts NULL. */
MER_API void mer_npy_writer_close(mer_npy_writer *writer);

#ifdef __cplusplus
}
#endif
#endif
