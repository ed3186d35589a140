/* test_loss.c: losses of several labels and of values, their gradients, and five steps of a
 * classifier with each, against PyTorch and transformers (tests/golden/make_targets.py). */
#include "model/family_files.h"
#include "model/model_state.h"
#include "nn/concordance.h"
#include "train/adam.h"
#include "train/loss.h"

enum { ROWS = 6, B = 5, MAX_T = 17, H = 32, K = 4, STEPS = 5 };

static mer_safetensors *golden;

static int open_golden_targets(void **state) {
  (void)state;
  mer_error err = {0};
  assert_ok(mer_safetensors_open(&golden, GOLDEN "targets/targets.safetensors", &err));
  return 0;
}

static int close_golden_targets(void **state) {
  (void)state;
  mer_safetensors_close(golden);
  return 0;
}

static void assert_expected(const float *found, const char *name, int64_t n, double tolerance) {
  float expected[K * H];
  assert_true(n <= K * H);
  read_expected(expected, golden, name, n);
  const double difference = max_difference(found, expected, (size_t)n);
  if (!(difference <= tolerance)) fail_msg("%s differs by %g", name, difference);
}

static void losses_are_pytorchs(void **state) {
  (void)state;
  static const struct {
    mer__loss loss;
    const char *name, *gradient, *targets;
  } cases[] = {{{.target = MER_TARGET_LABELS}, "loss.bce", "loss.dbce", "loss.labels"},
               {{.target = MER_TARGET_VALUES}, "loss.mse", "loss.dmse", "loss.values"},
               {{.target = MER_TARGET_VALUES, .kind = MER_LOSS_CCC},
                "loss.ccc",
                "loss.dccc",
                "loss.values"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    float x[ROWS * K], targets[ROWS * K], answers[ROWS * K], dx[ROWS * K];
    read_expected(x, golden, "loss.x", ROWS * K);
    read_expected(targets, golden, cases[i].targets, ROWS * K);
    const float loss = (float)mer__loss_forward(answers, &cases[i].loss, x, targets, ROWS, K);
    mer__loss_backward(dx, &cases[i].loss, answers, targets, ROWS, K);
    assert_expected(&loss, cases[i].name, 1, 1e-6 * fmax(1, loss));
    assert_expected(dx, cases[i].gradient, ROWS * K, 1e-6);
    mer__loss_forward(x, &cases[i].loss, x, targets, ROWS, K); /* in place */
    mer__loss_backward(x, &cases[i].loss, x, targets, ROWS, K);
    assert_memory_equal(x, dx, sizeof dx);
  }
}

/* Equal numbers have no concordance, nor does one row; neither divides by zero. */
static void concordance_bears_equal_numbers(void **state) {
  (void)state;
  const float same[4] = {0.1f, 0.1f, 0.1f, 0.1f}, others[4] = {1, 2, 3, 5};
  float d[4];
  assert_true(mer__concordance_forward(same, same, 4, 1) == 1);
  mer__concordance_backward(d, same, same, 4, 1);
  for (int i = 0; i < 4; i++) assert_true(d[i] == 0);
  assert_near(mer__concordance_forward(same, others, 4, 1), 1, 1e-12);
  assert_true(mer__concordance_forward(others, same, 1, 4) == 1);
  assert_near(mer__concordance_forward(others, others, 4, 1), 0, 1e-12);
}

typedef struct fixture {
  mer_model *model;
  int32_t ids[B * MAX_T], types[B * MAX_T], lengths[B];
  mer__input inputs[B];
  float targets[B * K];
  mer__arena arena;
  mer__compute compute;
} fixture;

/* The BERT classifier of tests/golden/families with another problem. */
static fixture *open_classifier(const char *problem) {
  fixture *f = calloc(1, sizeof *f);
  char folder[64];
  mer_error err = {0};
  make_temporary_folder(folder);
  write_family("bert", folder, "single_label_classification", problem);
  assert_ok(mer_model_open(&f->model, folder, &err));
  remove_test_folder(folder);
  mer_safetensors *family = open_expected("bert");
  read_family_inputs(f->inputs, f->ids, f->types, f->lengths, family, B, MAX_T);
  mer_safetensors_close(family);
  mer__network *network = &f->model->network;
  assert_ok(mer__network_unpack(network, &err));
  assert_ok(mer__params_train(&network->params, &err));
  assert_ok(
      mer__compute_init(&f->compute, &network->params, MER__PRODUCT_F32, MER__BATCH_TOKENS, &err));
  network->compute = &f->compute;
  return f;
}

static void close_classifier(fixture *f) {
  mer_model_close(f->model);
  mer__compute_clear(&f->compute);
  mer__arena_clear(&f->arena);
  free(f);
}

/* The loss of the batch, whose gradients are added. */
static double run_step(fixture *f) {
  mer__network *network = &f->model->network;
  const mer__loss loss = {.target = network->target};
  const mer__noise noise = {.training = true};
  mer__network_state *kept;
  float logits[B * K];
  mer_error err = {0};
  mer__arena_reset(&f->arena);
  assert_ok(mer__network_forward(logits, &kept, network, f->inputs, B, &f->arena, &noise, &err));
  const double value = mer__loss_forward(logits, &loss, logits, f->targets, B, K);
  mer__loss_backward(logits, &loss, logits, f->targets, B, K);
  assert_ok(mer__network_backward(network, kept, logits, &f->arena, &err));
  return value;
}

static const float *gradient_of(const fixture *f, const char *name) {
  const mer__params *params = &f->model->network.params;
  for (size_t i = 0; i < params->n_items; i++)
    if (strcmp(params->items[i].name, name) == 0) return mer__grad(params, (int64_t)i);
  fail_msg("no parameter %s", name);
  return NULL;
}

/* `kind` is that of the golden tensors. */
static void check_training(const char *kind, const char *problem, mer_target target) {
  const mer__adam adam = {1e-3, 0.9, 0.999, 1e-8, 0.01, true};
  fixture *f = open_classifier(problem);
  mer__params *params = &f->model->network.params;
  float losses[STEPS + 1], *m = calloc((size_t)params->size, sizeof *m),
                           *v = calloc((size_t)params->size, sizeof *v);
  char name[64];
  assert_int_equal(f->model->network.target, target);
  snprintf(name, sizeof name, "%s.targets", kind);
  read_expected(f->targets, golden, name, B * K);
  snprintf(name, sizeof name, "%s.losses", kind);
  read_expected(losses, golden, name, STEPS + 1);
  for (int step = 0; step <= STEPS; step++) {
    assert_near(run_step(f), losses[step], 1e-5);
    if (step == 0) {
      snprintf(name, sizeof name, "%s.dweight", kind);
      assert_expected(gradient_of(f, "classifier.weight"), name, K * H, 1e-5);
      snprintf(name, sizeof name, "%s.dbias", kind);
      assert_expected(gradient_of(f, "classifier.bias"), name, K, 1e-5);
    }
    mer__adam_step s = mer__adam_step_at(&adam, step + 1);
    mer__adam_update(params->values, m, v, params->grads, params->size, &s, 1.0f, true);
  }
  free(m);
  free(v);
  close_classifier(f);
}

static void training_is_that_of_transformers(void **state) {
  (void)state;
  check_training("labels", "multi_label_classification", MER_TARGET_LABELS);
  check_training("values", "regression", MER_TARGET_VALUES);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(losses_are_pytorchs),
      cmocka_unit_test(concordance_bears_equal_numbers),
      cmocka_unit_test(training_is_that_of_transformers),
  };
  return cmocka_run_group_tests(tests, open_golden_targets, close_golden_targets);
}
