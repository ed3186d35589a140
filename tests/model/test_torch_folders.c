/* test_torch_folders.c: a checkpoint of each architecture is the same model, to the bit, if its
 * weights lie in pytorch_model.bin and not in model.safetensors. */
#include "copy_file.h"
#include "encoder/folder_digest.h"
#include "model/family_files.h"
#include "model/model_state.h"
#include "torch_support.h"

static const char *const golden[] = {"wav2vec/wav2vec2",
                                     "wav2vec/wav2vec2-large",
                                     "wav2vec/wav2vec2-values",
                                     "wav2vec/hubert",
                                     "wav2vec/wavlm",
                                     "wav2vec/wavlm-large",
                                     "whisper",
                                     "vision/vit"};

/* Copies a golden directory of plain files, but for what PyTorch said of it. */
static void copy_folder(const char *to, const char *from) {
  char **names;
  size_t n;
  mer_error err = {0};
  assert_ok(mer__folder_list(&names, &n, from, &err));
  for (size_t i = 0; i < n; i++)
    if (strcmp(names[i], "expected.safetensors") != 0) copy_test_file(to, from, names[i]);
  mer__folder_free(names, n);
}

/* Puts the weights of a directory into pytorch_model.bin. */
static void move_weights(const char *folder) {
  enum { MOST = 256 };
  mer_safetensors *file;
  mer_tensor tensors[MOST];
  mer_error err = {0};
  char path[128];
  snprintf(path, sizeof path, "%s/model.safetensors", folder);
  assert_ok(mer_safetensors_open(&file, path, &err));
  const int64_t n = mer_safetensors_count(file);
  assert_in_range(n, 1, MOST);
  for (int64_t i = 0; i < n; i++) tensors[i] = *mer_safetensors_at(file, i);
  assert_int_equal(unlink(path), 0);
  snprintf(path, sizeof path, "%s/pytorch_model.bin", folder);
  write_torch(path, tensors, n);
  mer_safetensors_close(file);
}

static void expect_same(const char *folder, const char *name) {
  mer_model *plain, *torch;
  mer_error err = {0};
  char before[MER__HASH_BYTES], after[MER__HASH_BYTES];
  assert_ok(mer_model_open(&plain, folder, &err));
  assert_ok(mer__folder_digest(before, folder, NULL, &err));
  move_weights(folder);
  assert_ok(mer__folder_digest(after, folder, NULL, &err));
  assert_string_equal(after, before);
  if (mer_model_open(&torch, folder, &err) != MER_OK) fail_msg("%s: %s", name, err.message);
  const mer__params *a = &plain->network.params, *b = &torch->network.params;
  assert_int_equal(a->size, b->size);
  if (memcmp(a->values, b->values, (size_t)a->size * sizeof(float)) != 0)
    fail_msg("%s: other weights", name);
  mer_model_close(plain);
  mer_model_close(torch);
}

static void the_weights_are_the_same(void **state) {
  (void)state;
  char folder[64], path[256];
  for (int i = 0; i < N_FAMILIES; i++) {
    make_temporary_folder(folder);
    write_family(family_names[i], folder, NULL, NULL);
    expect_same(folder, family_names[i]);
    remove_test_folder(folder);
  }
  for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) {
    snprintf(path, sizeof path, GOLDEN "%s", golden[i]);
    make_temporary_folder(folder);
    copy_folder(folder, path);
    expect_same(folder, golden[i]);
    remove_test_folder(folder);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_weights_are_the_same)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
