/* test_label_loss.c: the losses of one label and their gradients against PyTorch
 * (tests/golden/make_losses.py) and against finite differences. */
#include "base/rng.h"
#include "data/dataset.h"
#include "mer/tensor.h"
#include "model/family_files.h"
#include "nn/cross_entropy.h"
#include "train/loss.h"
#include "train/set_shares.h"

enum { TRAIN = 60, ROWS = 7, K = 5 };

static mer_safetensors *golden;
static float train[TRAIN * K], x[ROWS * K];

static int open_losses(void **state) {
  (void)state;
  mer_error err = {0};
  assert_ok(mer_safetensors_open(&golden, GOLDEN "losses/losses.safetensors", &err));
  read_expected(train, golden, "train", TRAIN * K);
  read_expected(x, golden, "x", ROWS * K);
  return 0;
}

static int close_losses(void **state) {
  (void)state;
  mer_safetensors_close(golden);
  return 0;
}

static mer__loss loss_by(mer_loss kind, double smoothing, const double *counts) {
  mer_train_options o;
  mer__loss loss;
  mer_error err = {0};
  mer_train_options_init(&o, sizeof o, MER_KIND_TEXT);
  o.loss = kind;
  o.label_smoothing = smoothing;
  assert_ok(mer__loss_init(&loss, MER_TARGET_LABEL, &o, counts, K, &err));
  return loss;
}

static mer__loss loss_of(mer_loss kind, double smoothing) {
  double counts[K] = {0};
  for (int i = 0; i < TRAIN * K; i++) counts[i % K] += train[i];
  return loss_by(kind, smoothing, counts);
}

/* Labels are counted as often as an epoch takes them: of the second of two data sets a quarter. */
static void labels_count_by_the_shares_of_their_sets(void **state) {
  (void)state;
  enum { N = 12 };
  static mer_dataset dataset = {.n_parts = 2};
  mer_utterance rows[N] = {0};
  int64_t kept[N];
  float targets[N * 2] = {0};
  double counts[2];
  const double weights[2] = {1, 0.25};
  for (int i = 0; i < N; i++) {
    rows[i].set = i >= 4;
    kept[i] = i;
    targets[2 * i + (i >= 2)] = 1;
  }
  dataset.splits[MER_SPLIT_TRAIN].rows = rows;
  dataset.splits[MER_SPLIT_TRAIN].n_rows = N;
  const mer__inputs inputs = {.n = N, .rows = kept, .targets = targets};
  mer_train_options o;
  mer__set_shares shares;
  mer_error err = {0};
  mer_train_options_init(&o, sizeof o, MER_KIND_TEXT);
  assert_ok(mer__set_shares_check(&dataset, &o, &err));
  mer__set_shares_init(&shares, &dataset, &inputs, &o);
  mer__set_shares_count(counts, &shares, 2);
  assert_true(counts[0] == 2 && counts[1] == 10);
  o.weights = weights;
  o.n_weights = 2;
  assert_ok(mer__set_shares_check(&dataset, &o, &err));
  mer__set_shares_init(&shares, &dataset, &inputs, &o);
  mer__set_shares_count(counts, &shares, 2);
  assert_true(counts[0] == 2 && counts[1] == 2 + 8 * 0.25);
}

/* The rows of a share are counted as by hand: 7 of 100 at 0.07, not 8. */
static void shares_are_rounded_up_from_what_is_meant(void **state) {
  (void)state;
  enum { N = 300 };
  static mer_dataset dataset;
  static mer_utterance rows[N];
  static int64_t kept[N];
  mer_train_options o;
  mer_train_options_init(&o, sizeof o, MER_KIND_TEXT);
  dataset.splits[MER_SPLIT_TRAIN].rows = rows;
  for (int64_t n = 1; n <= N; n++)
    for (int percent = 1; percent <= 100; percent++) {
      mer__set_shares shares;
      const mer__inputs inputs = {.n = n, .rows = kept};
      const double weight = percent / 100.0;
      o.weights = &weight;
      o.n_weights = 1;
      mer__set_shares_init(&shares, &dataset, &inputs, &o);
      assert_int_equal(shares.n_all, (n * percent + 99) / 100);
    }
  const double least = 1e-300;
  mer__set_shares shares;
  o.weights = &least;
  mer__set_shares_init(&shares, &dataset, &(mer__inputs){.n = N, .rows = kept}, &o);
  assert_int_equal(shares.n_all, 1);
}

/* Votes that add up to less than one row count as one. */
static void parts_of_a_row_are_one(void **state) {
  (void)state;
  const double parts[K] = {30, 0.01, 20, 0.5, 9.49}, whole[K] = {30, 1, 20, 1, 9.49};
  const mer__loss balanced = loss_by(MER_LOSS_BALANCED, 0, parts),
                  expected = loss_by(MER_LOSS_BALANCED, 0, whole),
                  adjusted = loss_by(MER_LOSS_ADJUSTED, 0, parts);
  for (int c = 0; c < K; c++) {
    assert_true(balanced.classes[c] == expected.classes[c]);
    assert_near(adjusted.classes[c], log(whole[c] / 60), 1e-6);
  }
}

static void losses_are_pytorchs(void **state) {
  (void)state;
  static const struct {
    mer_loss kind;
    double smoothing;
    const char *name, *targets;
  } cases[] = {{MER_LOSS_BALANCED, 0, "balanced", "targets"},
               {MER_LOSS_FOCAL, 0, "focal", "targets"},
               {MER_LOSS_ADJUSTED, 0, "adjusted", "targets"},
               {MER_LOSS_USUAL, 0.1, "smoothed", "targets"},
               {MER_LOSS_BALANCED, 0.2, "balanced_smoothed", "targets"},
               {MER_LOSS_FOCAL, 0.2, "focal_smoothed", "targets"},
               {MER_LOSS_ADJUSTED, 0.2, "adjusted_smoothed", "targets"},
               {MER_LOSS_BALANCED, 0, "soft_balanced", "soft"},
               {MER_LOSS_FOCAL, 0, "soft_focal", "soft"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const mer__loss loss = loss_of(cases[i].kind, cases[i].smoothing);
    float targets[ROWS * K], answers[ROWS * K], dx[ROWS * K], expected[ROWS * K];
    char gradient[64];
    snprintf(gradient, sizeof gradient, "d%s", cases[i].name);
    read_expected(targets, golden, cases[i].targets, ROWS * K);
    const double value = mer__loss_forward(answers, &loss, x, targets, ROWS, K);
    mer__loss_backward(dx, &loss, answers, targets, ROWS, K);
    read_expected(expected, golden, cases[i].name, 1);
    assert_near(value, expected[0], 1e-6 * fmax(1, expected[0]));
    read_expected(expected, golden, gradient, ROWS * K);
    const double difference = max_difference(dx, expected, ROWS * K);
    if (!(difference <= 1e-6)) fail_msg("%s differs by %g", gradient, difference);
    memcpy(answers, x, sizeof x); /* in place */
    mer__loss_forward(answers, &loss, answers, targets, ROWS, K);
    mer__loss_backward(answers, &loss, answers, targets, ROWS, K);
    assert_memory_equal(answers, dx, sizeof dx);
  }
}

static void gradients_are_those_of_finite_differences(void **state) {
  (void)state;
  static const mer_loss kinds[] = {MER_LOSS_USUAL, MER_LOSS_BALANCED, MER_LOSS_FOCAL,
                                   MER_LOSS_ADJUSTED};
  const float step = 1.0f / 64;
  float logits[ROWS * K], targets[ROWS * K], answers[ROWS * K], dx[ROWS * K];
  mer__rng rng = {.seed = 3};
  read_expected(targets, golden, "soft", ROWS * K);
  for (int i = 0; i < ROWS * K; i++) logits[i] = mer__rng_normal(&rng);
  for (size_t n = 0; n < 2 * sizeof kinds / sizeof *kinds; n++) {
    const mer__loss loss = loss_of(kinds[n / 2], n % 2 ? 0.3 : 0);
    mer__loss_forward(answers, &loss, logits, targets, ROWS, K);
    mer__loss_backward(dx, &loss, answers, targets, ROWS, K);
    for (int i = 0; i < ROWS * K; i++) {
      const float kept = logits[i];
      logits[i] = kept + step;
      const double above = mer__loss_forward(answers, &loss, logits, targets, ROWS, K);
      const float high = logits[i];
      logits[i] = kept - step;
      const double below = mer__loss_forward(answers, &loss, logits, targets, ROWS, K);
      assert_near(dx[i], (above - below) / ((double)high - logits[i]), 1e-4);
      logits[i] = kept;
    }
  }
}

/* Without anything that shapes it the loss has the bits of the cross entropy. */
static void nothing_changes_the_usual_loss(void **state) {
  (void)state;
  const mer__loss loss = loss_of(MER_LOSS_USUAL, 0), plain = {.target = MER_TARGET_LABEL};
  float targets[ROWS * K], a[ROWS * K], b[ROWS * K];
  read_expected(targets, golden, "targets", ROWS * K);
  assert_memory_equal(&loss, &plain, sizeof loss);
  assert_true(mer__loss_forward(a, &loss, x, targets, ROWS, K) ==
              mer__cross_entropy_forward(b, x, targets, ROWS, K));
  assert_memory_equal(a, b, sizeof a);
}

/* Scores of which one is far above the others. */
static void sure_answers_stay_finite(void **state) {
  (void)state;
  const float logits[4] = {3e4f, -3e4f, -3e4f, 3e4f}, targets[4] = {1, 0, 1, 0};
  for (mer_loss kind = MER_LOSS_USUAL; kind <= MER_LOSS_ADJUSTED; kind++) {
    mer__loss loss = {
        .target = MER_TARGET_LABEL, .kind = kind, .smoothing = 0.1, .classes = {1, 1}};
    float answers[4], dx[4];
    assert_true(isfinite(mer__loss_forward(answers, &loss, logits, targets, 2, 2)));
    mer__loss_backward(dx, &loss, answers, targets, 2, 2);
    for (int i = 0; i < 4; i++) assert_true(isfinite(dx[i]));
  }
}

static void losses_that_do_not_apply_are_refused(void **state) {
  (void)state;
  static const struct {
    mer_loss kind;
    double smoothing;
    mer_target target;
    const char *message;
  } cases[] = {
      {MER_LOSS_BALANCED, 0, MER_TARGET_LABELS, "the loss balanced is of one label; rows of"},
      {MER_LOSS_FOCAL, 0, MER_TARGET_VALUES,
       "the loss focal is of one label; rows of the data have"},
      {MER_LOSS_ADJUSTED, 0, MER_TARGET_VALUES, "adjusted"},
      {MER_LOSS_CCC, 0, MER_TARGET_LABEL, "the loss ccc is of values; rows of the data have one"},
      {MER_LOSS_USUAL, 0.1, MER_TARGET_LABELS, "smoothing is of one label"},
      {MER_LOSS_CCC, 0.1, MER_TARGET_VALUES, "smoothing is of one label"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    mer_train_options o;
    mer_error err = {0};
    mer_train_options_init(&o, sizeof o, MER_KIND_TEXT);
    o.loss = cases[i].kind;
    o.label_smoothing = cases[i].smoothing;
    assert_int_equal(mer__loss_check(cases[i].target, &o, &err), MER_STATUS_INVALID);
    if (!strstr(err.message, cases[i].message)) fail_msg("\"%s\"", err.message);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(losses_are_pytorchs),
      cmocka_unit_test(labels_count_by_the_shares_of_their_sets),
      cmocka_unit_test(shares_are_rounded_up_from_what_is_meant),
      cmocka_unit_test(parts_of_a_row_are_one),
      cmocka_unit_test(gradients_are_those_of_finite_differences),
      cmocka_unit_test(nothing_changes_the_usual_loss),
      cmocka_unit_test(sure_answers_stay_finite),
      cmocka_unit_test(losses_that_do_not_apply_are_refused),
  };
  return cmocka_run_group_tests(tests, open_losses, close_losses);
}
