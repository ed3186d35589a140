/* fuzz_torch.c: a pytorch_model.bin in either form, and the reading of all that it says. */
#include "fuzz.h"
#include "mer/tensor.h"
#include "tensor/dtype.h"
#include "tensor/torch_file.h"

/* Reads each byte of a tensor, so that a view outside of the file is seen. */
static unsigned sum_bytes(const mer_tensor *tensor) {
  const uint8_t *bytes = tensor->data;
  const size_t n = (size_t)tensor->n_elements * mer__dtype_bytes(tensor->dtype);
  unsigned sum = 0;
  for (size_t i = 0; i < n; i++) sum += bytes[i];
  return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mer__torch_file *file = NULL;
  mer_error err = {0};
  volatile unsigned sum = 0;
  mer_status status = mer__torch_file_open(&file, fuzz_write("a.bin", data, size), &err);
  fuzz_check_status(status, &err);
  FUZZ_REQUIRE((status == MER_OK) == (file != NULL));
  if (!file) return 0;
  for (int64_t i = 0; i < mer__torch_file_count(file); i++) {
    const mer_tensor *tensor = mer__torch_file_at(file, i);
    FUZZ_REQUIRE(tensor && tensor->name);
    sum += sum_bytes(tensor);
  }
  mer__torch_file_close(file);
  return 0;
}
