/* test_bert.c: a small BERT of random weights with a classifier on top: hidden states, loss, all
 * gradients and ten AdamW steps against PyTorch (tests/golden/make_bert.py), and packed batches
 * against single utterances. */
#include "encoder/modality.h"
#include "model/model_state.h"
#include "model/network_gradients.h"
#include "test_support.h"
#include "train/adam.h"

#define FOLDER GOLDEN "bert"

enum { B = 5, MAX_T = 40, H = 32, K = 7 };

typedef struct fixture {
  mer_model model;
  mer_safetensors *expected;
  mer__input inputs[B];
  int32_t labels[B];
  mer__arena arena;
  mer__compute compute;
} fixture;

static const float *expected_values(const fixture *f, const char *name, int64_t n) {
  const mer_tensor *tensor = mer_safetensors_find(f->expected, name);
  if (!tensor || tensor->n_elements != n)
    fail_msg("no tensor %s of %lld values", name, (long long)n);
  return tensor->data;
}

/* Copies a tensor, which may lie at any address. */
static void read_floats(float *out, const fixture *f, const char *name, int64_t n) {
  memcpy(out, expected_values(f, name, n), (size_t)n * sizeof *out);
}

static void load_head(fixture *f) {
  const mer__params *params = &f->model.network.params;
  for (size_t i = f->model.network.modalities[0].last_param; i < params->n_items; i++)
    read_floats(mer__value(params, (int64_t)i), f, params->items[i].name, params->items[i].size);
}

static int set_up(void **state) {
  fixture *f = calloc(1, sizeof *f);
  mer_error err = {0};
  mer__network *network = &f->model.network;
  mer__modality *text = &network->modalities[0];
  network->n_modalities = 1;
  network->n_labels = K;
  network->n_hidden = 1;
  network->hidden[0] = 128;
  assert_ok(mer_safetensors_open(&f->expected, FOLDER "/expected.safetensors", &err));
  network->fusion.type = mer__fusion_type_find("concat");
  const mer__encoder_settings settings = {.folder = FOLDER, .max_length = 64};
  assert_ok(
      mer__model_adopt(&f->model, text, mer__encoder_type_find("bert"), "text", &settings, &err));
  assert_ok(mer__network_build(network, &err));
  assert_ok(mer__model_load_encoder(&f->model, text, FOLDER, false, NULL, &err));
  load_head(f);
  int32_t lengths[B];
  memcpy(lengths, expected_values(f, "lengths", B), sizeof lengths);
  memcpy(f->labels, expected_values(f, "labels", B), sizeof f->labels);
  const int32_t *ids = mer_safetensors_find(f->expected, "ids")->data;
  const int32_t *types = mer_safetensors_find(f->expected, "type_ids")->data;
  for (int b = 0; b < B; b++)
    f->inputs[b] = (mer__input){
        .present = true, .length = lengths[b], .tokens = {ids + b * MAX_T, types + b * MAX_T}};
  *state = f;
  return 0;
}

static int tear_down(void **state) {
  fixture *f = *state;
  mer__network_clear(&f->model.network);
  mer__compute_clear(&f->compute);
  mer_safetensors_close(f->expected);
  mer__arena_clear(&f->arena);
  free(f);
  return 0;
}

static void cls_equals_pytorch(void **state) {
  fixture *f = *state;
  mer_error err = {0};
  float cls[B * H], hidden[B * MAX_T * H];
  assert_ok(mer__model_embed(cls, &f->model, 0, f->inputs, B, NULL, NULL, "test", &err));
  read_floats(hidden, f, "hidden", B * MAX_T * H);
  for (int b = 0; b < B; b++)
    assert_near(max_difference(cls + b * H, hidden + b * MAX_T * H, H), 0, 1e-5);
}

static void packed_equals_one_by_one(void **state) {
  fixture *f = *state;
  mer_error err = {0};
  float packed[B * H], single[H];
  assert_ok(mer__model_embed(packed, &f->model, 0, f->inputs, B, NULL, NULL, "test", &err));
  for (int b = 0; b < B; b++) {
    assert_ok(mer__model_embed(single, &f->model, 0, &f->inputs[b], 1, NULL, NULL, "test", &err));
    assert_near(max_difference(packed + b * H, single, H), 0, 2e-6);
  }
}

/* Loss and gradients of the golden batch. */
static double run_step(fixture *f) {
  const network_batch batch = {&f->model.network, f->inputs, f->labels, B, &f->arena, NULL};
  return batch_loss(&batch, true);
}

/* The key's bias has no influence on the softmax: its gradient is rounding noise in PyTorch, too.
 */
static bool is_noise(const char *name) { return strstr(name, "key.bias") != NULL; }

static void expect_gradients(fixture *f) {
  const mer__params *params = &f->model.network.params;
  assert_near(run_step(f), expected_values(f, "loss", 1)[0], 1e-5);
  for (size_t i = 0; i < params->n_items; i++) {
    const mer__param *p = &params->items[i];
    char name[256];
    bool head = strncmp(p->name, "head.", 5) == 0;
    snprintf(name, sizeof name, "grad.%s%s", head ? "" : "bert.", p->name);
    float *golden = malloc((size_t)p->size * sizeof *golden);
    read_floats(golden, f, name, p->size);
    const float *ours = mer__grad(params, (int64_t)i);
    if (is_noise(p->name)) assert_near(max_difference(ours, golden, (size_t)p->size), 0, 1e-6);
    else if (relative_error(ours, golden, (size_t)p->size) > 1e-4)
      fail_msg("%s: relative error %g", name, relative_error(ours, golden, (size_t)p->size));
    free(golden);
  }
}

static void use_panels(fixture *f) {
  mer_error err = {0};
  mer__network *network = &f->model.network;
  assert_ok(
      mer__compute_init(&f->compute, &network->params, MER__PRODUCT_F32, MER__BATCH_TOKENS, &err));
  network->compute = &f->compute;
}

static void gradients_equal_pytorch(void **state) {
  fixture *f = *state;
  mer_error err = {0};
  mer__params *params = &f->model.network.params;
  assert_ok(mer__params_train(params, &err));
  expect_gradients(f);
  memset(params->grads, 0, (size_t)params->size * sizeof *params->grads);
  use_panels(f);
  expect_gradients(f);
}

static void ten_adamw_steps_equal_pytorch(void **state) {
  fixture *f = *state;
  mer_error err = {0};
  mer__params *params = &f->model.network.params;
  assert_ok(mer__params_train(params, &err));
  use_panels(f);
  float *m = calloc((size_t)params->size, sizeof *m), *v = calloc((size_t)params->size, sizeof *v);
  const mer__adam adam = {1e-3, 0.9, 0.999, 1e-8, 0.01, true};
  float losses[11];
  read_floats(losses, f, "losses", 11);
  for (int step = 0; step < 10; step++) {
    assert_near(run_step(f), losses[step], 1e-4);
    mer__adam_step s = mer__adam_step_at(&adam, step + 1);
    mer__adam_update(params->values, m, v, params->grads, params->size, &s, 1.0f, true);
  }
  assert_near(run_step(f), losses[10], 1e-4);
  free(m);
  free(v);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(cls_equals_pytorch, set_up, tear_down),
      cmocka_unit_test_setup_teardown(packed_equals_one_by_one, set_up, tear_down),
      cmocka_unit_test_setup_teardown(gradients_equal_pytorch, set_up, tear_down),
      cmocka_unit_test_setup_teardown(ten_adamw_steps_equal_pytorch, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
