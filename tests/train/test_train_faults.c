/* test_train_faults.c: what goes wrong within a training: numbers that are not finite, a disk that
 * does not take what is written, a folder that is read and written. */
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

#include "tensor/finite.h"
#include "train_support.h"

enum { WIDTH = 6, N_ROWS = N_TRAIN + N_DEV, LONG = 60 };

/* Vectors of which hidden values are finite and gradients are not. */
static const float LARGE = 9e29f;

/* Writes x.npy, a vector for each row of the manifest, of which one training row has large values
 * (NaN: none), or all of them have. */
static void put_vectors(float large, bool all) {
  static float values[N_ROWS][WIDTH];
  mer_error err = {0};
  for (int i = 0; i < N_ROWS; i++) {
    int mood = (i < N_TRAIN ? i : i - N_TRAIN + 12) % 3;
    for (int j = 0; j < WIDTH; j++) values[i][j] = (float)(mood == j % 3) + 0.01f * (float)(i + j);
    bool affected = i < N_TRAIN && (all || i == 5) && !isnan(large);
    for (int j = 0; affected && j < WIDTH; j++) values[i][j] = j % 2 ? large : -large;
  }
  assert_ok(
      mer_npy_write(in_folder("x.npy"), values[0], (const int64_t[]){N_ROWS, WIDTH}, 2, &err));
}

/* Options of an audio classifier on those vectors as they are. */
static mer_train_options options_of_vectors(const char *out) {
  static char entry[300];
  static const char *precomputed[1] = {entry};
  mer_train_options o = options_of(MER_KIND_AUDIO, out);
  snprintf(entry, sizeof entry, "audio=%s", in_folder("x.npy"));
  o.precomputed = precomputed;
  o.n_precomputed = 1;
  o.standardize = false;
  return o;
}

static bool file_has(const char *model, const char *name, const char *part) {
  char *data;
  size_t size;
  read_whole(&data, &size, model, name);
  bool found = strstr(data, part) != NULL;
  mer__free(data);
  return found;
}

static void assert_finite_model(const char *out) {
  mer_error err = {0};
  mer_safetensors *file;
  char path[512];
  snprintf(path, sizeof path, "%s/model.safetensors", out);
  assert_ok(mer_safetensors_open(&file, path, &err));
  for (int64_t i = 0; i < mer_safetensors_count(file); i++) {
    const mer_tensor *t = mer_safetensors_at(file, i);
    assert_true(mer__all_finite(t->data, t->n_elements));
  }
  mer_safetensors_close(file);
}

/* A training of which one batch of each epoch may be skipped: not the one whose gradient vanishes,
 * as what is far from all others is told with certainty. */
static void train_with_one(const mer_train_options *o, const char *message) {
  mer_error err = {0};
  mer_train_result result = {0};
  int64_t n = 0;
  char words[64];
  assert_ok(train(o, 0, &result, &err));
  for (int64_t i = 0; i < EPOCHS; i++) {
    n += result.epochs[i].n_skipped;
    assert_true(result.epochs[i].n_skipped <= 1 && isfinite(result.epochs[i].loss));
  }
  assert_true(n > 0 && result.n_skipped == n);
  assert_finite_model(o->out);
  snprintf(words, sizeof words, "\"skipped_steps\": %d\n", (int)n);
  assert_true(file_has(o->out, "config.json", words));
  assert_true(file_has(o->out, "train.jsonl", "\"skipped\":1"));
  if (!strstr(watched.text, message)) fail_msg("no '%s' in %s", message, watched.text);
  mer_train_result_clear(&result);
}

/* An encoder whose sums overflow at the last position that only one text reaches. */
static void put_long_text(const char *split) {
  char manifest[8192] = "split,text,audio,label\n", text[4 * LONG + 1] = "";
  for (int i = 0; i < LONG; i++) strcat(text, " day");
  for (int i = 0; i < N_TRAIN; i++) put_row(manifest, sizeof manifest, "train", i, false);
  size_t used = strlen(manifest);
  snprintf(manifest + used, sizeof manifest - used, "%s,%s,,joy\n", split, text);
  for (int i = 12; i < 12 + N_DEV; i++) put_row(manifest, sizeof manifest, "dev", i, false);
  put("long.csv", manifest);
  open_data("long.csv");
}

static void spoil_position(int64_t position) {
  mer_error err = {0};
  mer_safetensors *file;
  mer_tensor tensors[100];
  assert_ok(mer_safetensors_open(&file, GOLDEN "bert/model.safetensors", &err));
  int64_t n = mer_safetensors_count(file);
  assert_in_range(n, 1, 100);
  float *copy = NULL;
  for (int64_t i = 0; i < n; i++) {
    tensors[i] = *mer_safetensors_at(file, i);
    if (!strstr(tensors[i].name, "position_embeddings")) continue;
    copy = malloc((size_t)tensors[i].n_elements * sizeof *copy);
    assert_non_null(copy);
    assert_in_range(position, 0, tensors[i].shape[0] - 1);
    memcpy(copy, tensors[i].data, (size_t)tensors[i].n_elements * sizeof *copy);
    for (int64_t j = 0; j < tensors[i].shape[1]; j++)
      copy[position * tensors[i].shape[1] + j] = j % 2 ? 3e38f : -3e38f;
    tensors[i].data = copy;
  }
  assert_ok(
      mer_safetensors_write(in_folder("encoder/model.safetensors"), tensors, n, NULL, 0, &err));
  mer_safetensors_close(file);
  free(copy);
}

/* A loss that is not finite shows before anything is changed, with clipping and without. */
static void a_step_without_a_loss_is_skipped(void **state) {
  (void)state;
  put_long_text("train");
  mer_train_options o = options_of(MER_KIND_TEXT, "model"), clipped = o;
  train_whole(&o);
  assert_false(file_has(o.out, "config.json", "skipped"));
  assert_false(file_has(o.out, "train.jsonl", "skipped"));
  spoil_position(LONG / 2);
  train_with_one(&o, "is skipped, as its loss or gradient is not finite");
  assert_null(strstr(watched.text, "goes back"));
  clipped.max_grad_norm = 1;
  train_with_one(&clipped, "is skipped, as its loss or gradient is not finite");
}

/* A row to measure on whose scores are not finite is named, and the training is not lost. */
static void an_epoch_that_cannot_be_measured_is_kept(void **state) {
  (void)state;
  mer_error err = {0};
  mer_train_options o = options_of(MER_KIND_TEXT, "model");
  put_long_text("dev");
  spoil_position(LONG / 2);
  for (int resume = 0; resume < 2; resume++) {
    o.resume = resume;
    assert_int_equal(train(&o, 0, NULL, &err), MER_STATUS_INVALID);
    assert_message(&err, "epoch 1 cannot be measured: the scores of line 24 of the dev split");
    assert_message(&err, "model.partial holds the state; a lower learning rate");
    assert_int_equal(err.position, 24);
    assert_true(mer__path_is_file(in_folder("model.partial/checkpoint.safetensors")));
    assert_false(mer__path_is_folder(o.out));
  }
}

/* Where the state cannot be written, the message says so, and still why the training ended. */
static void why_a_training_ends_is_not_lost(void **state) {
  (void)state;
  mer_error err = {0};
  mer_train_options o = options_of(MER_KIND_TEXT, "model");
  put_long_text("dev");
  spoil_position(LONG / 2);
  put("model.partial/.mer-lock", "");
  put("model.partial/checkpoint.safetensors/in-the-way", "");
  assert_int_equal(train(&o, 0, NULL, &err), MER_STATUS_IO);
  assert_message(&err, "epoch 1 cannot be measured: the scores of line 24 of the dev split");
  assert_message(&err, "the state cannot be saved: ");
  assert_message(&err, "checkpoint.safetensors: cannot write: Is a directory");
  assert_int_equal(err.position, 24);
  open_data("manifest.csv");
  o = options_of_vectors("model");
  put_vectors(LARGE, true);
  assert_int_equal(train(&o, 0, NULL, &err), MER_STATUS_IO);
  assert_message(&err, "not finite in 10 steps in a row, up to step 10");
  assert_message(&err, "checkpoint.safetensors: cannot write: Is a directory");
}

/* A gradient that overflows although the loss is finite shows when parts of it are applied: the
 * training goes back, to wherever a state was saved, and ends in the same bytes. */
static void a_step_without_a_gradient_is_undone(void **state) {
  (void)state;
  mer_error err = {0};
  mer_train_options o = options_of_vectors("rare"), often = o, parts = o;
  put_vectors(1e25f, false);
  train_with_one(&o, "the training goes back to step 0");
  often.out = in_folder("often");
  often.checkpoint_every_s = 0;
  train_with_one(&often, "the training goes back to step");
  assert_null(strstr(watched.text, "goes back to step 0"));
  assert_same_model(o.out, often.out);
  parts.out = in_folder("parts");
  for (int64_t stop = 1; stop < STEPS; stop += 4, parts.resume = true)
    assert_int_equal(train(&parts, stop, NULL, &err), MER_STATUS_INTERRUPTED);
  assert_ok(train(&parts, 0, NULL, &err));
  assert_same_model(o.out, parts.out);
}

/* Clipping knows the whole gradient; one that is large but finite is made small. */
static void clipping_takes_large_gradients(void **state) {
  (void)state;
  mer_train_options o = options_of_vectors("model");
  o.max_grad_norm = 1;
  put_vectors(1e25f, false);
  train_whole(&o);
  assert_finite_model(o.out);
  assert_false(file_has(o.out, "config.json", "skipped"));
}

/* Data that turn bad after the first epoch: ten steps in a row, over the end of the second. */
static void ten_in_a_row_end_the_training(void **state) {
  (void)state;
  mer_model *model;
  for (int keep_best = 0; keep_best < 2; keep_best++) {
    mer_error err = {0};
    mer_train_options o = options_of_vectors("model");
    o.keep_best = keep_best;
    put_vectors(NAN, false);
    assert_int_equal(train(&o, 6, NULL, &err), MER_STATUS_INTERRUPTED);
    put_vectors(LARGE, true);
    o.resume = true;
    assert_int_equal(train(&o, 0, NULL, &err), MER_STATUS_INVALID);
    assert_int_equal(watched.step, 16);
    assert_message(&err, "not finite in 10 steps in a row, up to step 16");
    assert_message(&err, "model.partial holds the state");
    assert_false(mer__path_is_folder(o.out));
    if (keep_best) {
      assert_message(&err, "and the model of epoch 1;");
      assert_ok(mer_model_open(&model, in_folder("model.partial"), &err));
      mer_model_close(model);
    } else assert_null(strstr(err.message, "the model of epoch"));
    put_vectors(NAN, false); /* where the cause was outside, it goes on */
    assert_ok(train(&o, 0, NULL, &err));
    assert_non_null(strstr(watched.text, "features that were computed before have changed"));
    assert_finite_model(o.out);
    remove_tree(o.out);
  }
}

static void nothing_but_bad_steps(void **state) {
  (void)state;
  mer_error err = {0};
  mer_train_options o = options_of_vectors("model");
  put_vectors(LARGE, true);
  assert_int_equal(train(&o, 0, NULL, &err), MER_STATUS_INVALID);
  assert_int_equal(watched.step, 10);
  remove_tree(in_folder("model.partial"));
  o.epochs = 1; /* too few steps to give up: what was there before is written */
  mer_train_result result = {0};
  assert_ok(train(&o, 0, &result, &err));
  assert_int_equal(result.n_skipped, 6);
  assert_true(isnan(result.epochs[0].loss));
  assert_finite_model(o.out);
  mer_train_result_clear(&result);
}

/* The running statistics of batch norm, which the forward pass of a step changes, are as they were
 * when the step is skipped. */
static void skipped_steps_leave_running_statistics(void **state) {
  (void)state;
  mer_error err = {0};
  mer_safetensors *before, *after;
  char entry[300], path[300];
  const char *precomputed[] = {entry};
  mer_train_options o = options_of(MER_KIND_FUSION, "model");
  open_images(GOLDEN "images/photo.png", GOLDEN "images/photo.png");
  put_vectors(LARGE, true);
  snprintf(entry, sizeof entry, "x=%s", in_folder("x.npy"));
  o.precomputed = precomputed;
  o.n_precomputed = 1;
  o.encoder = NULL;
  o.modalities = "image,x";
  o.image_encoder = GOLDEN "vision/resnet-basic";
  o.freeze_encoder = o.standardize = false;
  o.epochs = 1;
  mer_train_result result = {0};
  assert_ok(train(&o, 0, &result, &err));
  assert_int_equal(result.n_skipped, 6);
  mer_train_result_clear(&result);
  snprintf(path, sizeof path, "%s/model.safetensors", o.out);
  assert_ok(mer_safetensors_open(&after, path, &err));
  assert_ok(mer_safetensors_open(&before, GOLDEN "vision/resnet-basic/model.safetensors", &err));
  int n = 0;
  for (int64_t i = 0; i < mer_safetensors_count(after); i++) {
    const mer_tensor *t = mer_safetensors_at(after, i);
    if (!strstr(t->name, ".running_")) continue;
    snprintf(path, sizeof path, "resnet.%s", t->name);
    const mer_tensor *was = mer_safetensors_find(before, path);
    assert_memory_equal(t->data, was->data, (size_t)t->n_elements * sizeof(float));
    n++;
  }
  assert_true(n > 0);
  mer_safetensors_close(before);
  mer_safetensors_close(after);
}

/* Statistics of the training rows are parameters too. */
static void no_model_of_numbers_that_are_not_finite(void **state) {
  (void)state;
  mer_error err = {0};
  mer_train_options o = options_of_vectors("model");
  o.epochs = 1;
  o.freeze_encoder = true;
  o.kind = MER_KIND_FUSION;
  o.modalities = "text,audio";
  o.standardize = true;
  put_vectors(LARGE, true);
  mer_status status = train(&o, 0, NULL, &err);
  if (status == MER_OK) assert_finite_model(o.out);
  else assert_false(mer__path_is_folder(o.out));
}

/* The folder where a model is made is cleared first: what is read must not lie there. */
static void what_is_read_is_not_cleared(void **state) {
  (void)state;
  mer_train_options o = options_of(MER_KIND_TEXT, "model"), teacher = o;
  char source[300], name[300];
  train_whole(&o);
  snprintf(source, sizeof source, "%s", in_folder("next.partial"));
  snprintf(name, sizeof name, "%s", in_folder("next"));
  assert_int_equal(rename(o.out, source), 0);
  put("next.partial/.mer-lock", "");
  const char *teachers[] = {source};
  o.encoder = source;
  teacher.teachers = teachers;
  teacher.n_teachers = 1;
  o.out = teacher.out = name;
  for (int i = 0; i < 2; i++) {
    mer_error err = {0};
    assert_int_equal(train(i ? &teacher : &o, 0, NULL, &err), MER_STATUS_INVALID);
    assert_message(&err, "next.partial: is read by the training, and is where ");
    assert_false(mer__path_is_folder(name));
    assert_finite_model(source);
  }
  remove_tree(source);
  /* What is not there is told as such, and nothing is left. */
  mer_error err = {0};
  assert_int_not_equal(train(&o, 0, NULL, &err), MER_OK);
  assert_null(strstr(err.message, "is read by the training"));
  assert_false(mer__path_is_folder(source));
}

static void limit_files(int64_t n_bytes) {
  struct rlimit limit;
  signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
  limit.rlim_cur = n_bytes > 0 ? (rlim_t)n_bytes : limit.rlim_max;
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static char *saved;
static size_t saved_size;

/* From step 7 to step 12 nothing can be written. */
static void disk_fails_for_a_while(int64_t step) {
  if (step == 7)
    read_whole(&saved, &saved_size, in_folder("model.partial"), "checkpoint.safetensors");
  if (step == 7) limit_files(1000);
  if (step != 12) return;
  char *now;
  size_t size;
  read_whole(&now, &size, in_folder("model.partial"), "checkpoint.safetensors");
  assert_int_equal(size, saved_size);
  assert_memory_equal(now, saved, size);
  mer__free(now);
  mer__free(saved);
  limit_files(0);
}

static void a_state_that_cannot_be_saved_is_no_end(void **state) {
  (void)state;
  mer_error err = {0};
  mer_train_options o = options_of(MER_KIND_AUDIO, "whole");
  train_whole(&o);
  o.out = in_folder("model");
  o.checkpoint_every_s = 0;
  watched.at_step = disk_fails_for_a_while;
  assert_ok(train(&o, 0, NULL, &err));
  assert_non_null(strstr(watched.text, "cannot write: File too large; the training goes on"));
  assert_same_model(in_folder("whole"), o.out);
}

/* A folder in the place of config.json: the model cannot be written. */
static void something_is_in_the_way(int64_t step) {
  if (step == STEPS) put("model.partial/config.json/in-the-way", "");
}

static void no_more_steps(int64_t step) { fail_msg("trained on, to step %lld", (long long)step); }

static void a_model_that_cannot_be_written_is_written_later(void **state) {
  (void)state;
  for (int kind = MER_KIND_TEXT; kind <= MER_KIND_FUSION; kind++)
    for (int keep_best = 0; keep_best < 2; keep_best++) {
      mer_error err = {0};
      mer_train_options o = options_of((mer_train_kind)kind, "whole");
      o.keep_best = keep_best;
      train_whole(&o);
      o.out = in_folder("model");
      watched.at_step = something_is_in_the_way;
      assert_int_equal(train(&o, 0, NULL, &err), MER_STATUS_IO);
      assert_message(&err, "config.json: cannot write: Is a directory");
      assert_message(&err, "model.partial holds the finished training: --resume writes the model");
      assert_false(mer__path_is_folder(o.out));
      remove_tree(in_folder("model.partial/config.json"));
      o.resume = true;
      watched.at_step = no_more_steps;
      assert_ok(train(&o, 0, NULL, &err));
      watched.at_step = NULL;
      assert_same_model(in_folder("whole"), o.out);
      assert_false(mer__path_is_folder(in_folder("model.partial")));
      remove_tree(o.out);
    }
}

static int reader = -1;

static void reader_leaves(int64_t step) {
  if (step == 1) close(reader);
}

/* A program that has not asked to ignore SIGPIPE is not ended by it. */
static void the_reader_of_the_log_may_leave(void **state) {
  (void)state;
  mer_error err = {0};
  sigset_t pending;
  mer_train_options o = options_of(MER_KIND_AUDIO, "model");
  char log[128];
  snprintf(log, sizeof log, "%s", in_folder("log"));
  o.log = log;
  assert_int_equal(mkfifo(log, 0600), 0);
  reader = open(log, O_RDONLY | O_NONBLOCK);
  assert_true(reader >= 0);
  watched.at_step = reader_leaves;
  assert_true(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
  assert_ok(train(&o, 0, NULL, &err));
  assert_int_equal(sigpending(&pending), 0);
  assert_false(sigismember(&pending, SIGPIPE));
}

/* Infinity has no place in settings, which are JSON. */
static void options_are_finite(void **state) {
  (void)state;
  mer_error err = {0};
  mer_train_result result = {0};
  put_vectors(NAN, false);
  mer_train_options o = options_of_vectors("model");
  o.max_grad_norm = INFINITY;
  assert_int_equal(train(&o, 0, &result, &err), MER_STATUS_INVALID);
  assert_string_equal(err.message, "expected gradient clipping: 0 or more");
}

#define FAULT_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
  const struct CMUnitTest tests[] = {
      FAULT_TEST(options_are_finite),
      FAULT_TEST(a_step_without_a_loss_is_skipped),
      FAULT_TEST(an_epoch_that_cannot_be_measured_is_kept),
      FAULT_TEST(why_a_training_ends_is_not_lost),
      FAULT_TEST(a_step_without_a_gradient_is_undone),
      FAULT_TEST(clipping_takes_large_gradients),
      FAULT_TEST(ten_in_a_row_end_the_training),
      FAULT_TEST(nothing_but_bad_steps),
      FAULT_TEST(skipped_steps_leave_running_statistics),
      FAULT_TEST(no_model_of_numbers_that_are_not_finite),
      FAULT_TEST(what_is_read_is_not_cleared),
      FAULT_TEST(a_state_that_cannot_be_saved_is_no_end),
      FAULT_TEST(a_model_that_cannot_be_written_is_written_later),
      FAULT_TEST(the_reader_of_the_log_may_leave),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
