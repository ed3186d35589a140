/* fuzz_npy.c: a .npy file; what can be read is written and read again. */
#include "fuzz.h"
#include "mer/tensor.h"

static void round_trip(const float *data, const int64_t *shape, int rank) {
  float *again = NULL;
  int64_t shape_again[MER_MAX_RANK], n = 1;
  int rank_again = 0;
  mer_error err = {0};
  char path[512];
  snprintf(path, sizeof path, "%s/b.npy", fuzz_folder());
  for (int i = 0; i < rank; i++) n *= shape[i];
  FUZZ_REQUIRE(mer_npy_write(path, data, shape, rank, &err) == MER_OK);
  FUZZ_REQUIRE(mer_npy_read(&again, shape_again, &rank_again, path, &err) == MER_OK);
  FUZZ_REQUIRE(rank == rank_again);
  FUZZ_REQUIRE(rank == 0 || memcmp(shape, shape_again, (size_t)rank * sizeof *shape) == 0);
  FUZZ_REQUIRE(n == 0 || memcmp(data, again, (size_t)n * sizeof *data) == 0);
  mer_npy_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  float *values = NULL;
  int64_t shape[MER_MAX_RANK];
  int rank = 0;
  mer_error err = {0};
  mer_status status = mer_npy_read(&values, shape, &rank, fuzz_write("a.npy", data, size), &err);
  fuzz_check_status(status, &err);
  if (status == MER_OK) round_trip(values, shape, rank);
  mer_npy_free(values);
  return 0;
}
