/* private_tensors.h: a safetensors file that nobody but its owner can read. */
#ifndef MER_TENSOR_PRIVATE_TENSORS_H
#define MER_TENSOR_PRIVATE_TENSORS_H

#include "mer/tensor.h"

/** mer_safetensors_write of a file that is its owner's, as mer__atomic_open_private. */
mer_status mer__private_tensors_write(const char *path, const mer_tensor *tensors,
                                      int64_t n_tensors, const mer_metadata *metadata,
                                      int64_t n_metadata, mer_error *err);

#endif
