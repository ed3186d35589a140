/* test_checkpoint.c: the state of a training survives being written to the last bit, and one whose
 * numbers contradict each other is refused. */
#include "base/file.h"
#include "data/data_support.h"
#include "mer/tensor.h"
#include "train/checkpoint.h"
#include "train/state_json.h"

enum { N = 5, N_EPOCHS = 4 };

/* 3 batches of 4, 4 and 2 utterances. */
static const mer__train_size size = {N_EPOCHS, 3, 10, 4};

typedef struct owner {
  float params[N], m[N], v[N], best[N];
  mer_epoch epochs[N_EPOCHS];
  mer__train_state state;
} owner;

/* A state within the third epoch. */
static void make(owner *o) {
  *o = (owner){.params = {1, -2, 3}, .m = {.1f}, .v = {.2f}, .best = {7, 8}};
  for (int i = 0; i < 2; i++)
    o->epochs[i] = (mer_epoch){1.0 / 3, 2.0 / 3, .5, {6, .7, .8, 1.0 / 7}, {0, 0, 0, 0}, 12.5, i};
  o->state = (mer__train_state){.params = o->params,
                                .m = o->m,
                                .v = o->v,
                                .best = o->best,
                                .n = N,
                                .step = 8,
                                .batch = 2,
                                .loss_sum = 1.0 / 9,
                                .n_correct = 3,
                                .n_seen = 4,
                                .n_skipped = 1,
                                .n_in_a_row = 1,
                                .cautious_from = 9,
                                .epochs = o->epochs,
                                .n_epochs = 2,
                                .best_epoch = 1,
                                .best_score = 1.0 / 7};
}

/* A state to read into. */
static void make_empty(owner *o) {
  *o = (owner){0};
  o->state = (mer__train_state){
      .params = o->params, .m = o->m, .v = o->v, .best = o->best, .n = N, .epochs = o->epochs};
}

static void all_numbers_survive(void **state) {
  (void)state;
  static owner a, b;
  mer_error err = {0};
  make(&a);
  make_empty(&b);
  a.epochs[1].dev.loss = NAN; /* JSON has no word for it */
  assert_ok(mer__checkpoint_write(in_folder("c"), &a.state, "{}", &err));
  assert_ok(mer__checkpoint_read(&b.state, &size, in_folder("c"), "{}", NULL, &err));
  assert_true(isnan(b.epochs[1].dev.loss));
  a.epochs[1].dev.loss = b.epochs[1].dev.loss = 0;
  assert_memory_equal(a.params, b.params, sizeof a.params);
  assert_memory_equal(a.m, b.m, sizeof a.m);
  assert_memory_equal(a.v, b.v, sizeof a.v);
  assert_memory_equal(a.best, b.best, sizeof a.best);
  assert_memory_equal(a.epochs, b.epochs, sizeof a.epochs);
  assert_int_equal(b.state.step, 8);
  assert_int_equal(b.state.batch, 2);
  assert_int_equal(b.state.n_correct, 3);
  assert_int_equal(b.state.n_seen, 4);
  assert_int_equal(b.state.n_skipped, 1);
  assert_int_equal(b.state.n_in_a_row, 1);
  assert_int_equal(b.state.cautious_from, 9);
  assert_int_equal(b.state.n_epochs, 2);
  assert_int_equal(b.state.best_epoch, 1);
  assert_true(b.state.loss_sum == a.state.loss_sum && b.state.best_score == a.state.best_score);
}

/* Whether a state with these counters is taken. */
static bool is_taken(const owner *o) {
  static owner into;
  make_empty(&into);
  char *text = mer__state_to_text(&o->state);
  bool taken = mer__state_from_text(&into.state, text, &size);
  free(text);
  return taken;
}

static void contradictions_are_refused(void **state) {
  (void)state;
  static owner o;
  make(&o);
  assert_true(is_taken(&o));
  o.state.step = 7, assert_false(is_taken(&o)), make(&o);
  o.state.step = INT64_MAX, assert_false(is_taken(&o)), make(&o);
  o.state.step = -1, assert_false(is_taken(&o)), make(&o);
  o.state.batch = 1, assert_false(is_taken(&o)), make(&o);
  o.state.batch = 4, o.state.step = 10, assert_false(is_taken(&o)), make(&o);
  o.state.n_seen = 3, assert_false(is_taken(&o)), make(&o);
  o.state.n_skipped = 3, assert_false(is_taken(&o)), make(&o);
  o.state.n_skipped = 0, assert_false(is_taken(&o)), make(&o);
  o.state.n_in_a_row = 9, assert_false(is_taken(&o)), make(&o);
  o.state.cautious_from = 13, assert_false(is_taken(&o)), make(&o);
  o.state.n_seen = 9, assert_false(is_taken(&o)), make(&o);
  o.state.n_correct = 9, assert_false(is_taken(&o)), make(&o);
  o.state.n_correct = -1, assert_false(is_taken(&o)), make(&o);
  o.state.best_epoch = 3, assert_false(is_taken(&o)), make(&o);
  o.state.best_score = NAN, assert_false(is_taken(&o)), make(&o);
  o.state.loss_sum = INFINITY, assert_false(is_taken(&o)), make(&o);
  o.state.n_epochs = 4, o.state.step = 14, assert_false(is_taken(&o)), make(&o);
  /* The last step is done, the model is not written yet. */
  o.state.n_epochs = 4, o.state.step = 12;
  o.state.batch = o.state.n_seen = o.state.n_correct = o.state.n_skipped = 0;
  assert_true(is_taken(&o));
}

/* What a version without these counters wrote. */
static void older_states_are_read(void **state) {
  (void)state;
  static owner o;
  make_empty(&o);
  assert_true(mer__state_from_text(
      &o.state,
      "{\"step\":4,\"batch\":1,\"loss_sum\":1.5,\"n_correct\":2,\"n_seen\":4,\"best_epoch\":1,"
      "\"best_score\":0.5,\"epochs\":[{\"loss\":1.0,\"loss_sum\":3.0,\"accuracy\":0.5,\"seconds\":"
      "1.0,\"dev\":[3,1.0,0.5,0.5],\"test\":[0,0.0,0.0,0.0]}]}",
      &size));
  assert_int_equal(o.state.n_skipped + o.state.n_in_a_row + o.state.cautious_from, 0);
  assert_int_equal(o.state.n_epochs, 1);
}

static void other_texts_are_refused(void **state) {
  static const char *const texts[] = {
      NULL,
      "",
      "[]",
      "{}",
      "{\"step\":0}",
      "{\"step\":\"0\",\"batch\":0,\"loss_sum\":0,\"n_correct\":0,\"n_seen\":0,\"best_epoch\":0,"
      "\"best_score\":0,\"epochs\":[]}",
      "{\"step\":0,\"batch\":0,\"loss_sum\":0,\"n_correct\":0,\"n_seen\":0,\"best_epoch\":0,"
      "\"best_score\":0,\"epochs\":{}}",
      "{\"step\":3,\"batch\":0,\"loss_sum\":0,\"n_correct\":0,\"n_seen\":0,\"best_epoch\":0,"
      "\"best_score\":0,\"epochs\":[{\"loss\":1}]}",
      "{\"step\":0,\"batch\":0,\"loss_sum\":0,\"n_correct\":0,\"n_seen\":0,\"best_epoch\":0,"
      "\"best_score\":0,\"epochs\":[[],[],[],[],[]]}",
  };
  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    static owner o;
    make_empty(&o);
    if (mer__state_from_text(&o.state, texts[i], &size)) fail_msg("taken: %s", texts[i]);
  }
}

static void arrays_are_finite(void **state) {
  (void)state;
  static owner a, b;
  for (int i = 0; i < 4; i++) {
    mer_error err = {0};
    make(&a);
    make_empty(&b);
    ((float *[]){a.params, a.m, a.v, a.best})[i][N - 1] = i % 2 ? INFINITY : NAN;
    assert_ok(mer__checkpoint_write(in_folder("c"), &a.state, "{}", &err));
    assert_int_equal(mer__checkpoint_read(&b.state, &size, in_folder("c"), "{}", NULL, &err),
                     MER_STATUS_FORMAT);
    assert_non_null(strstr(err.message, "not finite"));
  }
}

/* Reading the file `c` into a state must fail; it stays as it is. */
static void expect_refused(const char *message) {
  static owner into;
  mer_error err = {0};
  make_empty(&into);
  mer_status status = mer__checkpoint_read(&into.state, &size, in_folder("c"), "{}", NULL, &err);
  if (status == MER_OK) fail_msg("a damaged state is taken");
  if (!strstr(err.message, message)) fail_msg("expected %s, found %s", message, err.message);
}

/* Turns a bit of the file `c`. */
static void turn_bit(FILE *file, size_t at) {
  assert_int_equal(fseek(file, (long)(at / 8), SEEK_SET), 0);
  const int byte = fgetc(file);
  assert_int_equal(fseek(file, (long)(at / 8), SEEK_SET), 0);
  assert_int_not_equal(fputc(byte ^ 1 << at % 8, file), EOF);
  assert_int_equal(fflush(file), 0);
}

/* Wherever a bit is another one, in a text, a name or a number. */
static void each_bit_is_checked(void **state) {
  (void)state;
  static owner o;
  mer_error err = {0};
  make(&o);
  assert_ok(mer__checkpoint_write(in_folder("c"), &o.state, "{}", &err));
  FILE *file = fopen(in_folder("c"), "r+b");
  assert_non_null(file);
  assert_int_equal(fseek(file, 0, SEEK_END), 0);
  const size_t n = (size_t)ftell(file) * 8;
  for (size_t i = 0; i < n; i++) {
    turn_bit(file, i);
    expect_refused("");
    turn_bit(file, i);
  }
  turn_bit(file, n - 20); /* of the last number */
  expect_refused("/c: is damaged: its checksum is ");
  fclose(file);
}

/* A file that says all but its checksum. */
static void a_state_without_checksum_is_refused(void **state) {
  (void)state;
  static const float values[N];
  const mer_tensor tensors[] = {{"params", MER_DTYPE_F32, 1, {N}, N, values},
                                {"m", MER_DTYPE_F32, 1, {N}, N, values},
                                {"v", MER_DTYPE_F32, 1, {N}, N, values}};
  const mer_metadata metadata[] = {{"state", "{}"}, {"settings", "{}"}};
  mer_error err = {0};
  assert_ok(mer_safetensors_write(in_folder("c"), tensors, 3, metadata, 2, &err));
  expect_refused("/c: has no checksum: it is damaged, or of an earlier version");
  assert_ok(mer_safetensors_write(in_folder("c"), tensors, 3, metadata, 1, &err));
  expect_refused("/c: not the state of a training");
}

#define CHECKPOINT_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      CHECKPOINT_TEST(all_numbers_survive),
      CHECKPOINT_TEST(contradictions_are_refused),
      CHECKPOINT_TEST(older_states_are_read),
      CHECKPOINT_TEST(other_texts_are_refused),
      CHECKPOINT_TEST(arrays_are_finite),
      CHECKPOINT_TEST(each_bit_is_checked),
      CHECKPOINT_TEST(a_state_without_checksum_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
