/* test_memory.c: what the library asks for: less where layers are computed again; and what it gives
 * back of a file while a model is opened. The linker puts the functions below in the place of the
 * C library's. */
#define _DEFAULT_SOURCE /* MADV_DONTNEED */
#include <stdatomic.h>
#include <sys/mman.h>

#include "copy_file.h"
#include "train_support.h"

enum { N_ROWS = 96 };

static atomic_size_t n_bytes, n_released;

void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size) {
  atomic_fetch_add(&n_bytes, size);
  return __real_aligned_alloc(alignment, size);
}

int __real_madvise(void *data, size_t size, int advice);
int __wrap_madvise(void *data, size_t size, int advice);
int __wrap_madvise(void *data, size_t size, int advice) {
  if (advice == MADV_DONTNEED) atomic_fetch_add(&n_released, size);
  return __real_madvise(data, size, advice);
}

/* Rows of 48 words, a sound of 200 ms and an image. */
static void put_rows(int n) {
  static char rows[256 * 1024];
  char *end = rows + sprintf(rows, "split,text,audio,image,label\n");
  put_wav("sound.wav", 3200, 0.5);
  for (int i = 0; i < n + 2; i++) {
    end += sprintf(end, "%s,", i < n ? "train" : "dev");
    for (int k = 0; k < 48; k++) end += sprintf(end, "no ");
    end += sprintf(end, ",sound.wav,photo.png,%s\n", moods[i % 2].label);
  }
  put("rows.csv", rows);
  open_data("rows.csv");
}

static size_t bytes_of_a_training(mer_train_kind kind, int n_rows, bool checkpoint_activations) {
  mer_train_options o = options_of(kind, "model");
  o.speech_encoder = GOLDEN "wav2vec/wav2vec2";
  o.image_encoder = GOLDEN "vision/vit";
  o.batch_size = n_rows;
  o.epochs = 1;
  o.checkpoint_activations = checkpoint_activations;
  n_bytes = 0;
  train_whole(&o);
  remove_tree(o.out);
  return n_bytes;
}

/* A layer of a batch has some megabytes of them; all but one is given up. */
static void activations_computed_again_take_less_memory(void **state) {
  (void)state;
  static const struct {
    mer_train_kind kind;
    int n_rows;
  } cases[] = {
      {MER_KIND_TEXT, N_ROWS}, {MER_KIND_AUDIO, N_ROWS}, {MER_KIND_IMAGE, 5 * N_ROWS}};
  copy_test_file(folder, GOLDEN "images", "photo.png");
  for (int i = 0; i < 3; i++) {
    put_rows(cases[i].n_rows);
    bytes_of_a_training(cases[i].kind, cases[i].n_rows, false); /* what is made once is there */
    const size_t kept = bytes_of_a_training(cases[i].kind, cases[i].n_rows, false),
                 again = bytes_of_a_training(cases[i].kind, cases[i].n_rows, true);
    if (kept < again + (1 << 20)) fail_msg("case %d: %zu and %zu bytes", i, kept, again);
  }
}

/* A BERT whose token table has 2^17 values, as a file of f32. */
static void opening_gives_back_what_was_read(void **state) {
  (void)state;
  enum { N_TOKENS = 4096, H = 32, MOST = 128 };
  static float table[N_TOKENS * H];
  mer_tensor tensors[MOST];
  mer_safetensors *file;
  mer_encoder *encoder;
  mer_error err = {0};
  assert_ok(mer_safetensors_open(&file, GOLDEN "bert/model.safetensors", &err));
  const int64_t n = mer_safetensors_count(file);
  assert_in_range(n, 1, MOST);
  for (int64_t i = 0; i < n; i++) {
    tensors[i] = *mer_safetensors_at(file, i);
    if (!strstr(tensors[i].name, "word_embeddings")) continue;
    tensors[i].shape[0] = N_TOKENS;
    tensors[i].n_elements = N_TOKENS * H;
    tensors[i].data = table;
  }
  assert_ok(mer_safetensors_write(in_folder("encoder/model.safetensors"), tensors, n, NULL, 0,
                                  &err));
  mer_safetensors_close(file);
  copy_file(GOLDEN "bert", "config.json", "\"vocab_size\": 500", "\"vocab_size\":4096");
  n_released = 0;
  assert_ok(mer_encoder_open(&encoder, in_folder("encoder"), &err));
  assert_true(n_released >= sizeof table);
  mer_encoder_close(encoder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(activations_computed_again_take_less_memory, begin, end),
      cmocka_unit_test_setup_teardown(opening_gives_back_what_was_read, begin, end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
