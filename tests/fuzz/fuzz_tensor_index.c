/* fuzz_tensor_index.c: an index of weights, and two files of weights that it may name. */
#include "fuzz.h"
#include "tensor/tensor_files.h"

static void write_parts(void) {
  static const float values[2] = {1, 2};
  static const char *const names[][2] = {{"1.safetensors", "a"}, {"2.safetensors", "b"}};
  mer_error err = {0};
  char path[512];
  for (int i = 0; i < 2; i++) {
    const mer_tensor tensor = {names[i][1], MER_DTYPE_F32, 1, {2}, 2, values};
    snprintf(path, sizeof path, "%s/%s", fuzz_folder(), names[i][0]);
    FUZZ_REQUIRE(mer_safetensors_write(path, &tensor, 1, NULL, 0, &err) == MER_OK);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static bool written;
  mer__tensor_files *files = NULL;
  mer_error err = {0};
  if (!written) write_parts();
  written = true;
  fuzz_write("model.safetensors.index.json", data, size);
  mer_status status = mer__tensor_files_open(&files, fuzz_folder(), &err);
  fuzz_check_status(status, &err);
  FUZZ_REQUIRE((status == MER_OK) == (files != NULL));
  for (int64_t i = 0; files && i < mer__tensor_files_count(files); i++) {
    const mer_tensor *tensor = mer__tensor_files_at(files, i);
    FUZZ_REQUIRE(tensor && mer__tensor_files_find(files, tensor->name) == tensor);
  }
  mer__tensor_files_close(files);
  return 0;
}
