/* test_memory.c: layers whose activations are computed again take less memory. */
#include <stdatomic.h>

#include "train_support.h"

enum { N_ROWS = 96 };

/* What the library's code has asked for. The linker puts the second in the place of the C
 * library's. */
static atomic_size_t n_bytes;
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size) {
  atomic_fetch_add(&n_bytes, size);
  return __real_aligned_alloc(alignment, size);
}

/* Rows of 48 words, a sound of a second, and an image. */
static void put_rows(void) {
  char rows[64 * 1024] = "split,text,audio,image,label\n";
  put_wav("sound.wav", 16000, 0.5);
  for (int i = 0; i < N_ROWS + 2; i++) {
    char *end = rows + strlen(rows);
    end += sprintf(end, "%s,", i < N_ROWS ? "train" : "dev");
    for (int k = 0; k < 48; k++) end += sprintf(end, "no ");
    sprintf(end, ",sound.wav," GOLDEN "images/photo.png,%s\n", moods[i % 2].label);
  }
  put("rows.csv", rows);
  open_data("rows.csv");
}

static size_t bytes_of_a_training(mer_train_kind kind, bool checkpoint_activations) {
  mer_train_options o = options_of(kind, "model");
  o.speech_encoder = GOLDEN "wav2vec/wav2vec2";
  o.image_encoder = GOLDEN "vision/vit";
  o.batch_size = N_ROWS;
  o.epochs = 1;
  o.checkpoint_activations = checkpoint_activations;
  n_bytes = 0;
  train_whole(&o);
  remove_tree(o.out);
  return n_bytes;
}

/* A layer of a batch has about a megabyte of them or more; all but one is given up. */
static void activations_computed_again_take_no_memory(void **state) {
  (void)state;
  static const mer_train_kind kinds[] = {MER_KIND_TEXT, MER_KIND_AUDIO, MER_KIND_IMAGE};
  put_rows();
  for (int i = 0; i < 3; i++) {
    bytes_of_a_training(kinds[i], false); /* what is made once is there */
    const size_t kept = bytes_of_a_training(kinds[i], false),
                 again = bytes_of_a_training(kinds[i], true);
    if (kept < again + (1 << 19)) fail_msg("kind %d: %zu and %zu bytes", i, kept, again);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(activations_computed_again_take_no_memory, begin, end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
