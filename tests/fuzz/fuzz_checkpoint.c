/* fuzz_checkpoint.c: the saved state of a training with four parameters. */
#include "fuzz.h"
#include "mer/tensor.h"
#include "train/checkpoint.h"

enum { N = 4, MAX_TENSORS = 8 };

static const mer__train_size sizes = {
    .n_epochs = 3, .n_batches = 3, .n_utterances = 5, .batch_size = 2};

/* Gives a file without a checksum that of what it holds, which no fuzzer would find: so what comes
 * after that check is reached. */
static void seal(const char *path) {
  mer_safetensors *file;
  mer_tensor tensors[MAX_TENSORS];
  char sum[MER__HASH_BYTES];
  if (mer_safetensors_open(&file, path, NULL) != MER_OK) return;
  const char *state = mer_safetensors_metadata(file, "state"),
             *settings = mer_safetensors_metadata(file, "settings");
  const int64_t n = mer_safetensors_count(file);
  if (state && settings && n <= MAX_TENSORS && !mer_safetensors_metadata(file, "checksum")) {
    for (int64_t i = 0; i < n; i++) tensors[i] = *mer_safetensors_at(file, i);
    mer__checkpoint_sum(sum, tensors, (int)n, state, settings);
    const mer_metadata metadata[] = {{"state", state}, {"settings", settings}, {"checksum", sum}};
    FUZZ_REQUIRE(mer_safetensors_write(path, tensors, n, metadata, 3, NULL) == MER_OK);
  }
  mer_safetensors_close(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  float arrays[4][N] = {0};
  mer_epoch epochs[3] = {0};
  mer__train_state state = {.params = arrays[0],
                            .m = arrays[1],
                            .v = arrays[2],
                            .best = arrays[3],
                            .n = N,
                            .epochs = epochs};
  mer_error err = {0};
  const char *path = fuzz_write("checkpoint.safetensors", data, size);
  seal(path);
  mer_status status = mer__checkpoint_read(&state, &sizes, path, "{\"epochs\":3}", NULL, &err);
  fuzz_check_status(status, &err);
  if (status != MER_OK) return 0;
  FUZZ_REQUIRE(state.n_epochs >= 0 && state.n_epochs <= sizes.n_epochs);
  FUZZ_REQUIRE(state.best_epoch >= 0 && state.best_epoch <= state.n_epochs);
  FUZZ_REQUIRE(state.batch >= 0 && state.batch <= sizes.n_batches);
  FUZZ_REQUIRE(state.step == state.n_epochs * sizes.n_batches + state.batch);
  FUZZ_REQUIRE(state.n_correct >= 0 && state.n_correct <= state.n_seen);
  return 0;
}
