/* test_folder_digest.c: the hash of a directory changes with what is read of it, and with nothing
 * else. */
#include "copy_file.h"
#include "edit_weight.h"
#include "encoder/folder_digest.h"

static char folder[64];

static int set_up(void **state) {
  static const char *const names[] = {"config.json", "model.safetensors", "vocab.txt"};
  (void)state;
  make_temporary_folder(folder);
  for (int i = 0; i < 3; i++) copy_test_file(folder, GOLDEN "bert", names[i]);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  remove_test_folder(folder);
  return 0;
}

static const char *path_of(const char *name) {
  static char path[128];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

/* Whether the hash is that of the last call; the first call: not. */
static bool has_changed(void) {
  static char last[MER__HASH_BYTES];
  char hex[MER__HASH_BYTES];
  mer_error err = {0};
  assert_ok(mer__folder_digest(hex, folder, NULL, &err));
  const bool changed = strcmp(hex, last) != 0;
  memcpy(last, hex, sizeof hex);
  return changed;
}

static void append(const char *name) {
  FILE *file = fopen(path_of(name), "ab");
  assert_non_null(file);
  assert_int_equal(fputs("[unused9]\n", file) >= 0, 1);
  assert_int_equal(fclose(file), 0);
}

static void what_is_read_counts(void **state) {
  static const char *const names[] = {"config.json", "bert_config.json", "vocab.txt",
                                      "preprocessor_config.json"};
  (void)state;
  has_changed();
  assert_false(has_changed());
  edit_weight_of(path_of("model.safetensors"), "bert.embeddings.LayerNorm.bias", 0.5f);
  assert_true(has_changed());
  for (int i = 0; i < 4; i++) {
    append(names[i]); /* or made */
    if (!has_changed()) fail_msg("%s does not count", names[i]);
  }
  assert_int_equal(unlink(path_of("model.safetensors")), 0);
  assert_true(has_changed());
}

static void what_is_not_read_does_not(void **state) {
  (void)state;
  has_changed();
  append("README.md");
  append("training_args.bin");
  append("pytorch_model.bin"); /* model.safetensors comes first */
  assert_int_equal(symlink("nowhere", path_of("other.safetensors")), 0);
  assert_false(has_changed());
}

static void what_is_not_there_is_no_error(void **state) {
  char hex[MER__HASH_BYTES];
  mer_error err = {0};
  (void)state;
  assert_ok(mer__folder_digest(hex, path_of("nowhere"), NULL, &err));
  assert_int_equal(unlink(path_of("vocab.txt")), 0);
  assert_int_equal(mkfifo(path_of("vocab.txt"), 0600), 0);
  append("model.safetensors"); /* which is not one then */
  assert_ok(mer__folder_digest(hex, folder, NULL, &err));
}

static bool stop(void *user) {
  (void)user;
  return true;
}

static void it_can_be_stopped(void **state) {
  const mer_monitor monitor = {.should_stop = stop};
  char hex[MER__HASH_BYTES];
  mer_error err = {0};
  (void)state;
  assert_int_equal(mer__folder_digest(hex, folder, &monitor, &err), MER_STATUS_INTERRUPTED);
  assert_non_null(strstr(err.message, folder));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(what_is_read_counts, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_is_not_read_does_not, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_is_not_there_is_no_error, set_up, tear_down),
      cmocka_unit_test_setup_teardown(it_can_be_stopped, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
