/* torch_support.h: writes what torch.save writes, in its older form, for tests that need a
 * pytorch_model.bin of given tensors. */
#ifndef MER_TESTS_TORCH_SUPPORT_H
#define MER_TESTS_TORCH_SUPPORT_H

#include "mer/tensor.h"
#include "test_support.h"

static inline void torch_text(FILE *out, const char *text) {
  const uint32_t size = (uint32_t)strlen(text);
  fputc('X', out);
  fwrite(&size, sizeof size, 1, out);
  fwrite(text, 1, size, out);
}

static inline void torch_number(FILE *out, int64_t number) {
  fputs("\x8a\x08", out);
  fwrite(&number, sizeof number, 1, out);
}

/* One f32 tensor, in a storage of its own, `key`. */
static inline void torch_tensor(FILE *out, const mer_tensor *tensor, const char *key) {
  int64_t stride = tensor->n_elements;
  fputs("ctorch._utils\n_rebuild_tensor_v2\n((", out);
  torch_text(out, "storage");
  fputs("ctorch\nFloatStorage\n", out);
  torch_text(out, key);
  torch_text(out, "cpu");
  torch_number(out, tensor->n_elements);
  fputs("NtQK", out);
  fputc(0, out);
  fputc('(', out);
  for (int i = 0; i < tensor->rank; i++) torch_number(out, tensor->shape[i]);
  fputs("t(", out);
  for (int i = 0; i < tensor->rank; i++) torch_number(out, stride /= tensor->shape[i]);
  fputs("t\x89}tR", out);
}

/* What stands before the names and tensors of the state dict. */
static inline void torch_begin(FILE *out) {
  fputs("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.\x80\x02}",
        out);
  torch_text(out, "little_endian");
  fputs("\x88s.\x80\x02}(", out);
}

/* The end of the state dict, and the list of the storages, which follow it. */
static inline void torch_list(FILE *out, const char *const *keys, int64_t n) {
  fputs("u.\x80\x02](", out);
  for (int64_t i = 0; i < n; i++) torch_text(out, keys[i]);
  fputs("e.", out);
}

/* Tensors of f32 with elements in each dimension. */
static inline void write_torch(const char *path, const mer_tensor *tensors, int64_t n) {
  enum { KEY_SIZE = 24 };
  FILE *out = fopen(path, "wb");
  char *text = calloc((size_t)n, KEY_SIZE);
  const char **keys = calloc((size_t)n, sizeof *keys);
  assert_non_null(out);
  assert_non_null(text);
  assert_non_null(keys);
  torch_begin(out);
  for (int64_t i = 0; i < n; i++) {
    torch_text(out, tensors[i].name);
    snprintf(text + i * KEY_SIZE, KEY_SIZE, "%lld", (long long)i);
    keys[i] = text + i * KEY_SIZE;
    torch_tensor(out, &tensors[i], keys[i]);
  }
  torch_list(out, keys, n);
  free(keys);
  free(text);
  for (int64_t i = 0; i < n; i++) {
    fwrite(&tensors[i].n_elements, sizeof tensors[i].n_elements, 1, out);
    fwrite(tensors[i].data, sizeof(float), (size_t)tensors[i].n_elements, out);
  }
  assert_int_equal(fclose(out), 0);
}

#endif
