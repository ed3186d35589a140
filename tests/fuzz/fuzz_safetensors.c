/* fuzz_safetensors.c: a safetensors file, and the reading of all that it says. */
#include "fuzz.h"
#include "mer/tensor.h"

enum { MOST_ELEMENTS = 1 << 20 };

static void read_elements(const mer_tensor *tensor) {
  mer_error err = {0};
  if (tensor->n_elements > MOST_ELEMENTS) return;
  float *values = malloc(sizeof *values * ((size_t)tensor->n_elements + 1));
  if (!values) abort();
  fuzz_check_status(mer_tensor_to_f32(values, tensor, &err), &err);
  free(values);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mer_safetensors *file = NULL;
  mer_error err = {0};
  mer_status status = mer_safetensors_open(&file, fuzz_write("a.safetensors", data, size), &err);
  fuzz_check_status(status, &err);
  FUZZ_REQUIRE((status == MER_OK) == (file != NULL));
  if (!file) return 0;
  for (int64_t i = 0; i < mer_safetensors_count(file); i++) {
    const mer_tensor *tensor = mer_safetensors_at(file, i);
    FUZZ_REQUIRE(tensor && mer_safetensors_find(file, tensor->name) == tensor);
    read_elements(tensor);
  }
  (void)mer_safetensors_metadata(file, "format");
  mer_safetensors_close(file);
  return 0;
}
