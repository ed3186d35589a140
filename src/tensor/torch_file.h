/* torch_file.h: the tensors of a file that torch.save has written, pytorch_model.bin: a state dict,
 * in the zip form or in the older one. Nothing of it is executed (tensor/pickle.h). */
#ifndef MER_TENSOR_TORCH_FILE_H
#define MER_TENSOR_TORCH_FILE_H

#include "mer/tensor.h"

typedef struct mer__torch_file mer__torch_file;

/** Maps and validates a file. Tensors are views of it; those whose elements do not lie one after
 * the other are copied. MER_STATUS_NOT_FOUND, MER_STATUS_IO; MER_STATUS_FORMAT: neither form, or
 * damaged; MER_STATUS_UNSUPPORTED: it asks for something else than tensors, or was written by a
 * big-endian machine; MER_STATUS_LIMIT; MER_STATUS_NO_MEMORY. */
mer_status mer__torch_file_open(mer__torch_file **out, const char *path, mer_error *err);
/** Accepts NULL. Views become invalid. */
void mer__torch_file_close(mer__torch_file *file);
int64_t mer__torch_file_count(const mer__torch_file *file);
/** View of tensor `index`, in the order of the file; NULL if out of range. Borrowed. */
const mer_tensor *mer__torch_file_at(const mer__torch_file *file, int64_t index);
/** As mer__safetensors_release. */
void mer__torch_file_release(mer__torch_file *file, const mer_tensor *view);

#endif
