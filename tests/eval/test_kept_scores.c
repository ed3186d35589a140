/* test_kept_scores.c: scores that are kept are taken from there, but only for the model and the
 * rows that they come from. */
#include "eval/kept_scores.h"
#include "train/train_support.h"

static mer_model *model;
static char kept_in[128];

static int open_text(void **state) {
  mer_error err = {0};
  begin(state);
  mer_train_options o = options_of(MER_KIND_TEXT, "text");
  o.epochs = 1;
  train_whole(&o);
  snprintf(kept_in, sizeof kept_in, "%s", in_folder("kept"));
  return mer_model_open(&model, in_folder("text"), &err) == MER_OK ? 0 : -1;
}

static int close_text(void **state) {
  mer_model_close(model);
  model = NULL;
  return end(state);
}

/* What the model answers, kept as that of the directory `name`. */
static mer_predictions ask(const mer_utterance *rows, int64_t n, const char *name) {
  mer__kept_scores kept;
  mer_predictions p = {0};
  mer_error err = {0};
  assert_ok(mer__kept_scores_open(&kept, kept_in, in_folder(name), NULL, &err));
  assert_ok(mer__predict_rows_kept(&p, model, dataset, rows, n, NULL, NULL, &kept, &err));
  return p;
}

/* Path of the only file that is kept. */
static const char *kept_file(void) {
  static char path[300];
  char **names;
  size_t n;
  mer_error err = {0};
  assert_ok(mer__folder_list(&names, &n, kept_in, &err));
  assert_int_equal(n, 1);
  snprintf(path, sizeof path, "%s/%s", kept_in, names[0]);
  mer__folder_free(names, n);
  return path;
}

/* Puts other scores in the place of those that are kept of the rows. */
static void forge(int64_t n) {
  float scores[N_TRAIN * 7];
  const int64_t shape[2] = {n, mer_model_n_labels(model)};
  mer_error err = {0};
  for (int i = 0; i < N_TRAIN * 7; i++) scores[i] = (float)i;
  assert_ok(mer_npy_write(kept_file(), scores, shape, 2, &err));
}

static void write_at(const char *path, long place, const float *value) {
  FILE *file = fopen(path, "r+b");
  assert_non_null(file);
  assert_int_equal(fseek(file, place, SEEK_SET), 0);
  assert_int_equal(fwrite(value, sizeof *value, 1, file), 1);
  assert_int_equal(fclose(file), 0);
}

static bool is_forged(mer_predictions *p) {
  bool forged = true;
  for (int64_t i = 0; i < p->n * p->n_classes; i++) forged &= p->logits[i] == (float)i;
  assert_true(p->n > 0);
  mer_predictions_clear(p);
  return forged;
}

static void what_is_kept_is_not_asked_again(void **state) {
  (void)state;
  int64_t n;
  mer_error err = {0};
  const mer_utterance *rows = mer_dataset_rows(dataset, MER_SPLIT_TRAIN, &n);
  mer_predictions plain = {0}, first = ask(rows, n, "text");
  assert_ok(mer_predict_rows(&plain, model, dataset, rows, n, NULL, &err));
  const size_t size = (size_t)(n * plain.n_classes) * sizeof *plain.logits;
  assert_memory_equal(first.logits, plain.logits, size);
  mer_predictions again = ask(rows, n, "text");
  assert_memory_equal(again.logits, plain.logits, size);
  assert_memory_equal(again.probs, plain.probs, size);
  assert_memory_equal(again.labels, plain.labels, (size_t)n * sizeof *plain.labels);
  mer_predictions_clear(&plain);
  mer_predictions_clear(&first);
  mer_predictions_clear(&again);
  forge(n);
  again = ask(rows, n, "text");
  assert_true(is_forged(&again));
}

static void other_rows_are_asked(void **state) {
  (void)state;
  int64_t n;
  const mer_utterance *rows = mer_dataset_rows(dataset, MER_SPLIT_TRAIN, &n);
  mer_utterance changed[N_TRAIN];
  mer_predictions p = ask(rows, n, "text");
  mer_predictions_clear(&p);
  forge(n);
  memcpy(changed, rows, (size_t)n * sizeof *rows);
  changed[n - 1].text = "another text";
  p = ask(changed, n, "text");
  assert_false(is_forged(&p));
  p = ask(rows, n - 1, "text");
  assert_false(is_forged(&p));
  p = ask(rows, n, "text");
  assert_true(is_forged(&p));
}

/* A row that is left out, as it lacks a modality, is heard of its speaker all the same. */
static void rows_that_are_left_out_count(void **state) {
  (void)state;
  int32_t said[2] = {5, 6}, kinds[2] = {0, 0};
  mer_tokens tokens[2] = {{.ids = &said[0], .type_ids = &kinds[0], .n = 1},
                          {.ids = &said[1], .type_ids = &kinds[1], .n = 1}};
  int64_t rows[1] = {1};
  int32_t speakers[2] = {0, 0};
  const mer__inputs inputs = {.n = 1,
                              .rows = rows,
                              .speakers = speakers,
                              .n_modalities = 1,
                              .columns = {{.tokens = tokens}},
                              .n_rows = 2};
  const mer__kept_scores kept = {.folder = "kept"};
  char *paths[3];
  for (int i = 0; i < 3; i++) {
    if (i == 1) said[0] = 7;
    if (i == 2) rows[0] = 0;
    paths[i] = mer__kept_scores_path(&kept, &inputs, true);
  }
  assert_string_not_equal(paths[0], paths[1]);
  assert_string_not_equal(paths[1], paths[2]);
  for (int i = 0; i < 3; i++) mer__free(paths[i]);
}

static void another_model_is_asked(void **state) {
  (void)state;
  int64_t n;
  mer_error err = {0};
  const mer_utterance *rows = mer_dataset_rows(dataset, MER_SPLIT_TRAIN, &n);
  mer_train_options o = options_of(MER_KIND_TEXT, "other");
  o.epochs = 1;
  o.seed = 1;
  mer_predictions p = ask(rows, n, "text");
  mer_predictions_clear(&p);
  forge(n);
  train_whole(&o);
  p = ask(rows, n, "other"); /* other weights alone */
  assert_false(is_forged(&p));
  mer_model_close(model);
  model = NULL;
  assert_ok(mer_model_store_temperature(in_folder("text"), 2, &err));
  assert_ok(mer_model_open(&model, in_folder("text"), &err));
  p = ask(rows, n, "text"); /* another config.json alone */
  assert_false(is_forged(&p));
}

static void damaged_scores_are_asked_again(void **state) {
  (void)state;
  int64_t n;
  const mer_utterance *rows = mer_dataset_rows(dataset, MER_SPLIT_TRAIN, &n);
  mer_predictions p = ask(rows, n, "text");
  mer_predictions_clear(&p);
  forge(n - 1);
  p = ask(rows, n, "text");
  assert_false(is_forged(&p));
  forge(n);
  assert_int_equal(truncate(kept_file(), 300), 0);
  p = ask(rows, n, "text");
  assert_false(is_forged(&p));
  forge(n); /* the one file is whole again */
  p = ask(rows, n, "text");
  assert_true(is_forged(&p));
  write_at(kept_file(), 256, &(float){NAN});
  p = ask(rows, n, "text");
  assert_false(is_forged(&p));
  forge(n);
  write_at(kept_file(), 8, &(float){0}); /* no header of mer's */
  p = ask(rows, n, "text");
  assert_false(is_forged(&p));
}

static void a_link_is_not_a_folder_of_scores(void **state) {
  (void)state;
  mer__kept_scores kept;
  mer_error err = {0};
  char other[128];
  snprintf(other, sizeof other, "%s", in_folder("other"));
  assert_ok(mer__folder_make(other, &err));
  put("other/0123456789abcdef0123456789abcdef.npy", MER_NPY_START);
  assert_int_equal(symlink(other, kept_in), 0);
  assert_int_equal(mer__kept_scores_open(&kept, kept_in, in_folder("text"), NULL, &err),
                   MER_STATUS_INVALID);
  mer__kept_scores_remove(kept_in);
  assert_true(mer__path_is_there(in_folder("other/0123456789abcdef0123456789abcdef.npy")));
  assert_int_equal(remove(kept_in), 0);
}

/* A file is in the folder's place. */
static void scores_that_cannot_be_kept_are_answers_all_the_same(void **state) {
  (void)state;
  int64_t n;
  mer_error err = {0};
  mer__kept_scores kept;
  mer_predictions p = {0};
  const mer_utterance *rows = mer_dataset_rows(dataset, MER_SPLIT_TRAIN, &n);
  assert_ok(mer__kept_scores_open(&kept, kept_in, in_folder("text"), NULL, &err));
  assert_int_equal(rmdir(kept_in), 0);
  put("kept", "a file");
  assert_ok(mer__predict_rows_kept(&p, model, dataset, rows, n, NULL, NULL, &kept, &err));
  assert_int_equal(p.n, n);
  mer_predictions_clear(&p);
  assert_int_equal(remove(kept_in), 0);
}

static void only_scores_are_removed(void **state) {
  (void)state;
  int64_t n;
  const mer_utterance *rows = mer_dataset_rows(dataset, MER_SPLIT_TRAIN, &n);
  mer_predictions p = ask(rows, n, "text");
  mer_predictions_clear(&p);
  put("kept/mine.npy", "mine");
  put("kept/1123456789abcdef0123456789abcdef.npy", "\x93NUMPY of another program");
  put("kept/0123456789abcdef0123456789abcdef.npy.tmp-12-0", "\x93NUM");
  mer__kept_scores_remove(kept_in);
  assert_int_equal(remove(in_folder("kept/1123456789abcdef0123456789abcdef.npy")), 0);
  assert_non_null(strstr(kept_file(), "kept/mine.npy"));
  assert_int_equal(remove(kept_file()), 0);
  mer__kept_scores_remove(kept_in);
  assert_false(mer__path_is_there(kept_in));
  mer__kept_scores_remove(kept_in);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_text, close_text)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(what_is_kept_is_not_asked_again),
      TEST(other_rows_are_asked),
      cmocka_unit_test(rows_that_are_left_out_count),
      TEST(another_model_is_asked),
      TEST(damaged_scores_are_asked_again),
      TEST(only_scores_are_removed),
      TEST(scores_that_cannot_be_kept_are_answers_all_the_same),
      TEST(a_link_is_not_a_folder_of_scores),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
