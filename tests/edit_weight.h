/* edit_weight.h: files of weights with one value at fault. */
#ifndef MER_TESTS_EDIT_WEIGHT_H
#define MER_TESTS_EDIT_WEIGHT_H

#include "base/alloc.h"
#include "base/file.h"
#include "mer/tensor.h"
#include "test_support.h"

/** Sets the first value of a tensor of a safetensors file. */
static inline void edit_weight_of(const char *path, const char *name, float value) {
  mer_error err = {0};
  mer_safetensors *file;
  char *data;
  size_t size;
  assert_ok(mer_safetensors_open(&file, path, &err));
  const mer_tensor *tensor = mer_safetensors_find(file, name);
  assert_non_null(tensor);
  assert_int_equal(tensor->dtype, MER_DTYPE_F32);
  uint64_t header;
  assert_ok(mer__file_read(&data, &size, path, 1 << 26, &err));
  memcpy(&header, data, sizeof header);
  const char *base = mer_safetensors_at(file, 0)->data; /* the first tensor begins the data */
  memcpy(data + 8 + header + ((const char *)tensor->data - base), &value, sizeof value);
  mer_safetensors_close(file);
  assert_ok(mer__file_write(path, data, size, &err));
  mer__free(data);
}

#endif
