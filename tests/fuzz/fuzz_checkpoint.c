/* fuzz_checkpoint.c: the saved state of a training with four parameters. */
#include "fuzz.h"
#include "train/checkpoint.h"

enum { N = 4 };

static const mer__train_size sizes = {
    .n_epochs = 3, .n_batches = 3, .n_utterances = 5, .batch_size = 2};

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
  mer_status status = mer__checkpoint_read(&state, &sizes, path, "{\"epochs\":3}", &err);
  fuzz_check_status(status, &err);
  if (status != MER_OK) return 0;
  FUZZ_REQUIRE(state.n_epochs >= 0 && state.n_epochs <= sizes.n_epochs);
  FUZZ_REQUIRE(state.best_epoch >= 0 && state.best_epoch <= state.n_epochs);
  FUZZ_REQUIRE(state.batch >= 0 && state.batch <= sizes.n_batches);
  FUZZ_REQUIRE(state.step == state.n_epochs * sizes.n_batches + state.batch);
  FUZZ_REQUIRE(state.n_correct >= 0 && state.n_correct <= state.n_seen);
  return 0;
}
