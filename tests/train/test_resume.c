/* test_resume.c: interrupted and resumed trainings end in the bytes of uninterrupted ones, and
 * never cost an earlier model. */
#include "train_support.h"

/* Trains `name` with interruptions after the given steps (0 ends the list). */
static void train_in_parts(mer_train_kind kind, bool keep_best, const char *name,
                           const int64_t *stops) {
  mer_error err = {0};
  mer_train_options o = options_of(kind, name);
  o.keep_best = keep_best;
  for (; *stops; stops++, o.resume = true) {
    assert_int_equal(train(&o, *stops, NULL, &err), MER_STATUS_INTERRUPTED);
    assert_int_equal(watched.step, *stops);
    assert_message(&err, "--resume");
    assert_false(mer__path_is_folder(o.out));
  }
  assert_ok(train(&o, 0, NULL, &err));
  assert_int_equal(watched.step, STEPS);
}

/* What a resumed model has beside the bytes of an uninterrupted one. */
static void log_tells_of_resuming(const char *model, bool resumed) {
  char *log;
  size_t size;
  read_whole(&log, &size, model, "train.jsonl");
  assert_true((strstr(log, "{\"event\":\"resume\",") != NULL) == resumed);
  mer__free(log);
}

static void check_kind(mer_train_kind kind) {
  /* within the first epoch, at its end, in a later one, and twice */
  static const int64_t plans[][3] = {{2}, {6}, {15}, {9, 16}};
  for (int keep_best = 0; keep_best < 2; keep_best++) {
    mer_train_options whole = options_of(kind, "whole");
    whole.keep_best = keep_best;
    train_whole(&whole);
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
      train_in_parts(kind, keep_best, "parts", plans[i]);
      assert_same_model(in_folder("whole"), in_folder("parts"));
      log_tells_of_resuming(in_folder("whole"), false);
      log_tells_of_resuming(in_folder("parts"), true);
      remove_tree(in_folder("parts"));
    }
  }
}

static void text_resumes(void **state) {
  (void)state;
  check_kind(MER_KIND_TEXT);
}

static void audio_resumes(void **state) {
  (void)state;
  check_kind(MER_KIND_AUDIO);
}

static void fusion_resumes(void **state) {
  (void)state;
  check_kind(MER_KIND_FUSION);
}

static void check_fine_tuned_fusion(double max_grad_norm, double unimodal_loss) {
  mer_error err = {0};
  mer_train_options o = options_of(MER_KIND_FUSION, "whole");
  o.freeze_encoder = false;
  o.warmup = 0.3;
  o.linear_decay = true;
  o.max_grad_norm = max_grad_norm;
  o.unimodal_loss = unimodal_loss;
  train_whole(&o);
  mer_train_options parts = o;
  parts.out = in_folder("parts");
  assert_int_equal(train(&parts, 8, NULL, &err), MER_STATUS_INTERRUPTED);
  parts.resume = true;
  assert_ok(train(&parts, 0, NULL, &err));
  assert_same_model(in_folder("whole"), in_folder("parts"));
  remove_tree(in_folder("parts"));
}

static void fine_tuned_fusion_resumes(void **state) {
  (void)state;
  check_fine_tuned_fusion(1, 0);
  check_fine_tuned_fusion(0, 0.5); /* without clipping the optimizer works within backward */
}

/* Resuming with `o` must fail and name the setting; the state stays good. */
static void expect_refused(mer_train_options o, const char *setting) {
  mer_error err = {0};
  o.resume = true;
  assert_int_equal(train(&o, 0, NULL, &err), MER_STATUS_INVALID);
  assert_message(&err, "cannot resume");
  assert_message(&err, setting);
  assert_false(mer__path_is_folder(o.out));
}

static void another_setting_is_refused(void **state) {
  (void)state;
  mer_error err = {0};
  mer_train_options o = options_of(MER_KIND_AUDIO, "model"), other;
  assert_int_equal(train(&o, 7, NULL, &err), MER_STATUS_INTERRUPTED);
  other = o, other.lr = 1e-3;
  expect_refused(other, "had lr 0.002, this one lr 0.001");
  other = o, other.epochs = 5;
  expect_refused(other, "had epochs 3, this one epochs 5");
  other = o, other.seed = 1;
  expect_refused(other, "seed 1");
  other = o, other.batch_size = 5;
  expect_refused(other, "batch_size 5");
  other = o, other.keep_best = false;
  expect_refused(other, "keep \"last\"");
  other = o, other.limit = 5;
  expect_refused(other, "utterances 5");
  other = o, other.features.max_duration_s = 30;
  expect_refused(other, "max_duration 30");
  put_wav("train0.wav", 4000, 0.5); /* the same tables with another clip */
  expect_refused(o, "fixed_digest");
  put_wav("train0.wav", 3200, moods[0].amplitude);
  put_manifest("other.csv", N_TRAIN, true);
  open_data("other.csv");
  expect_refused(o, "(data)");
  open_data("manifest.csv");
  o.resume = true;
  assert_ok(train(&o, 0, NULL, &err));
}

/* The same weights compute something else, whether they are trained or not. */
static void another_encoder_is_refused(void **state) {
  (void)state;
  mer_error err = {0};
  for (int frozen = 0; frozen < 2; frozen++) {
    mer_train_options o = options_of(MER_KIND_TEXT, frozen ? "frozen" : "tuned");
    o.freeze_encoder = frozen;
    put_encoder();
    assert_int_equal(train(&o, 7, NULL, &err), MER_STATUS_INTERRUPTED);
    copy_file(GOLDEN "bert", "config.json", "\"hidden_act\": \"gelu\"", "\"hidden_act\": \"relu\"");
    expect_refused(o, "fixed_digest");
    put_encoder();
    o.resume = true;
    assert_ok(train(&o, 0, NULL, &err));
  }
}

static void nothing_to_resume(void **state) {
  (void)state;
  mer_error err = {0};
  mer_train_options o = options_of(MER_KIND_AUDIO, "model");
  o.resume = true;
  assert_int_equal(train(&o, 0, NULL, &err), MER_STATUS_NOT_FOUND);
  assert_message(&err, "model.partial: there is no interrupted training to resume");
  o.resume = false;
  train_whole(&o);
  o.resume = true;
  assert_int_equal(train(&o, 0, NULL, &err), MER_STATUS_NOT_FOUND);
  put("model.partial/.mer-lock", ""); /* of a training that was killed before its first state */
  put("model.partial/train.jsonl", "{}\n");
  assert_int_equal(train(&o, 0, NULL, &err), MER_STATUS_NOT_FOUND);
  assert_true(mer__path_is_file(in_folder("model.partial/train.jsonl")));
}

static void damaged_state_is_refused(void **state) {
  (void)state;
  mer_error err = {0};
  mer_train_options o = options_of(MER_KIND_AUDIO, "model");
  assert_int_equal(train(&o, 7, NULL, &err), MER_STATUS_INTERRUPTED);
  char *data;
  size_t size;
  read_whole(&data, &size, in_folder("model.partial"), "checkpoint.safetensors");
  put_bytes("model.partial/checkpoint.safetensors", data, size / 2);
  o.resume = true;
  assert_int_equal(train(&o, 0, NULL, &err), MER_STATUS_FORMAT);
  assert_message(&err, "model.partial/checkpoint.safetensors: ");
  put_bytes("model.partial/checkpoint.safetensors", data, size);
  assert_ok(train(&o, 0, NULL, &err));
  mer__free(data);
}

static void starting_again_is_refused(void **state) {
  (void)state;
  mer_error err = {0};
  mer_train_options o = options_of(MER_KIND_AUDIO, "model"), whole = o;
  whole.out = in_folder("whole");
  train_whole(&whole);
  assert_int_equal(train(&o, 7, NULL, &err), MER_STATUS_INTERRUPTED);
  assert_int_equal(train(&o, 0, NULL, &err), MER_STATUS_INVALID);
  assert_message(&err, "model.partial: holds the state of an interrupted training: --resume goes");
  o.resume = true; /* the state is what it was */
  assert_ok(train(&o, 0, NULL, &err));
  assert_same_model(in_folder("whole"), o.out);
  assert_false(mer__path_is_folder(in_folder("model.partial")));
}

static void earlier_is_intact(void) {
  assert_same_model(in_folder("earlier"), in_folder("model"));
  mer_model *model;
  mer_error err = {0};
  assert_ok(mer_model_open(&model, in_folder("model"), &err));
  mer_model_close(model);
}

static void earlier_model_stays(void **state) {
  (void)state;
  mer_error err = {0};
  mer_train_options o = options_of(MER_KIND_AUDIO, "model"), copy = o;
  copy.out = in_folder("earlier");
  train_whole(&copy);
  train_whole(&o);
  earlier_is_intact();
  o.seed = 5;
  watched.at_stop = earlier_is_intact; /* while it trains */
  assert_int_equal(train(&o, 10, NULL, &err), MER_STATUS_INTERRUPTED);
  watched.at_stop = NULL;
  earlier_is_intact(); /* and after it */
  o.resume = true;
  assert_ok(train(&o, 0, NULL, &err));
  assert_false(same_file(in_folder("earlier"), o.out, "model.safetensors"));
  assert_false(mer__path_is_folder(in_folder("model.partial")));
  assert_false(mer__path_is_file(in_folder("model/checkpoint.safetensors")));
}

#define RESUME_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
  const struct CMUnitTest tests[] = {
      RESUME_TEST(text_resumes),
      RESUME_TEST(audio_resumes),
      RESUME_TEST(fusion_resumes),
      RESUME_TEST(fine_tuned_fusion_resumes),
      RESUME_TEST(another_setting_is_refused),
      RESUME_TEST(another_encoder_is_refused),
      RESUME_TEST(nothing_to_resume),
      RESUME_TEST(damaged_state_is_refused),
      RESUME_TEST(starting_again_is_refused),
      RESUME_TEST(earlier_model_stays),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
