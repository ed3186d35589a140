/* torch_storages.h: where the bytes of a torch file's tensors lie, in both of its forms. */
#ifndef MER_TENSOR_TORCH_STORAGES_H
#define MER_TENSOR_TORCH_STORAGES_H

#include "tensor/pickle.h"

/** Zero-initialize. */
typedef struct mer__torch_content {
  mer__pickle pickle;    /* its result is the state dict */
  const uint8_t **bytes; /* of each storage of the pickle */
} mer__torch_content;

/** Reads the pickle of the file `data` [size] and finds all its storages in it. */
mer_status mer__torch_content_read(mer__torch_content *content, const uint8_t *data, size_t size,
                                   const char *path, mer_error *err);
/** Accepts a zeroed one. */
void mer__torch_content_clear(mer__torch_content *content);

#endif
