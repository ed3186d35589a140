/* tensor_index.h: the index of weights that lie in several files, as Hugging Face writes it. */
#ifndef MER_TENSOR_TENSOR_INDEX_H
#define MER_TENSOR_TENSOR_INDEX_H

#include <jansson.h>

#include "mer/base.h"

enum { MER__MAX_TENSOR_PARTS = 512 };

/** An index: which file has which tensor. Zero-initialize. */
typedef struct mer__tensor_index {
  json_t *root;
  json_t *weights;    /* borrowed: tensor's name -> file's name */
  const char **files; /* [n_files], each once, in order */
  size_t n_files;
} mer__tensor_index;

/** MER_STATUS_FORMAT: not an index, or it names something else than a file beside it;
 * MER_STATUS_LIMIT: more than 64 MiB, or more than MER__MAX_TENSOR_PARTS files. */
mer_status mer__tensor_index_read(mer__tensor_index *index, const char *path, mer_error *err);
/** Accepts a zeroed index. */
void mer__tensor_index_clear(mer__tensor_index *index);

#endif
