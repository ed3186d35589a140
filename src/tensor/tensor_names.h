/* tensor_names.h: the names of an encoder's tensors as files have them. A file may put a prefix
 * before all of them ("bert.", "module.bert.", "0.auto_model."), and the oldest ones call the
 * weight and bias of a layer norm gamma and beta. */
#ifndef MER_TENSOR_TENSOR_NAMES_H
#define MER_TENSOR_TENSOR_NAMES_H

#include "tensor/tensor_files.h"

enum { MER__MAX_TENSOR_NAME = 512 };

typedef struct mer__tensor_names {
  mer__tensor_files *files; /* borrowed */
  char prefix[128];         /* before the names of the encoder; "" */
  /* How some names begin that do not so in the files: [n_skipped] bytes, borrowed. */
  const char *skipped;
  size_t n_skipped;
} mer__tensor_names;

/** Finds the prefix of `files` by the tensor whose name ends with `anchor` (NULL: there is no
 * encoder). MER_STATUS_FORMAT: there are several such tensors and none without a prefix, or the
 * prefix is too long. Files without such a tensor have no prefix. */
mer_status mer__tensor_names_open(mer__tensor_names *names, mer__tensor_files *files,
                                  const char *anchor, mer_error *err);

/** The tensor `name`, without what is skipped, with the prefix or without it, under its present or
 * its oldest name; or NULL.
 */
const mer_tensor *mer__tensor_names_find(const mer__tensor_names *names, const char *name);

#endif
