/* tensor_files.h: the tensors of an encoder directory, in whatever files they lie: one table of
 * views, by name. The files, of which the first that is there is taken: model.safetensors, the same
 * in pieces (model.safetensors.index.json), PyTorch's pytorch_model.bin, the same in pieces. */
#ifndef MER_TENSOR_TENSOR_FILES_H
#define MER_TENSOR_TENSOR_FILES_H

#include "mer/tensor.h"

typedef struct mer__tensor_files mer__tensor_files;

/** Opens and validates all files. MER_STATUS_NOT_FOUND: there is none of them;
 * MER_STATUS_UNSUPPORTED: only other forms, which the message names; else as mer_safetensors_open
 * and mer__torch_file_open. */
mer_status mer__tensor_files_open(mer__tensor_files **out, const char *folder, mer_error *err);
/** Accepts NULL. Views become invalid. */
void mer__tensor_files_close(mer__tensor_files *files);

/** For messages: the one file, or the index of several. Borrowed. */
const char *mer__tensor_files_path(const mer__tensor_files *files);
int64_t mer__tensor_files_count(const mer__tensor_files *files);
/** View of tensor `index`, in the order of the names; NULL if out of range. Borrowed. */
const mer_tensor *mer__tensor_files_at(const mer__tensor_files *files, int64_t index);
/** View of the tensor of that name, or NULL. Borrowed. What was found counts as used. */
const mer_tensor *mer__tensor_files_find(mer__tensor_files *files, const char *name);
/** Whether the tensor `index` was found by its name. */
bool mer__tensor_files_used(const mer__tensor_files *files, int64_t index);

/** As mer__safetensors_release, whatever file has the view. */
void mer__tensor_files_release(mer__tensor_files *files, const mer_tensor *view);

/** Asked of files that stay open while their tensors are used as they lie. MER_STATUS_UNSUPPORTED:
 * one is PyTorch's. */
mer_status mer__tensor_files_expect_safetensors(const mer__tensor_files *files, mer_error *err);
/** As mer__safetensors_protect, for all files, which are safetensors. */
mer_status mer__tensor_files_protect(mer__tensor_files *files, bool brief, mer_error *err);

#endif
