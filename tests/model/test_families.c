/* test_families.c: a small random classifier of each family of text encoders: hidden states,
 * logits, all gradients and five AdamW steps against PyTorch (tests/golden/make_families.py), and
 * packed batches against single utterances. */
#include "encoder/text_encoder.h"
#include "model/family_files.h"
#include "model/model_state.h"
#include "model/network_gradients.h"
#include "train/adam.h"

enum { B = 5, MAX_T = 17, TOKENS = 41, H = 32, K = 4, STEPS = 5 };

typedef struct fixture {
  mer_model *model;
  mer_safetensors *expected;
  int32_t ids[B * MAX_T], types[B * MAX_T], lengths[B], labels[B];
  mer__input inputs[B];
  mer__arena arena;
  mer__compute compute;
} fixture;

static fixture *open_family(const char *family) {
  fixture *f = calloc(1, sizeof *f);
  char folder[64];
  mer_error err = {0};
  make_temporary_folder(folder);
  write_family(family, folder, NULL, NULL);
  f->expected = open_expected(family);
  assert_ok(mer_model_open(&f->model, folder, &err));
  remove_test_folder(folder);
  read_family_inputs(f->inputs, f->ids, f->types, f->lengths, f->expected, B, MAX_T);
  read_expected(f->labels, f->expected, "labels", B);
  return f;
}

static void close_family(fixture *f) {
  mer_model_close(f->model);
  mer_safetensors_close(f->expected);
  mer__compute_clear(&f->compute);
  mer__arena_clear(&f->arena);
  free(f);
}

static void expect(const fixture *f, const char *family, const char *name, const float *found,
                   int64_t n, double tolerance) {
  float expected[TOKENS * H];
  assert_true(n <= TOKENS * H);
  read_expected(expected, f->expected, name, n);
  const double difference = max_difference(found, expected, (size_t)n);
  if (!(difference <= tolerance)) fail_msg("%s: %s differs by %g", family, name, difference);
}

static void classify(float *logits, fixture *f, const mer__input *inputs, int64_t n) {
  const mer__noise noise = {0};
  mer_error err = {0};
  mer__arena_reset(&f->arena);
  assert_ok(
      mer__network_forward(logits, NULL, &f->model->network, inputs, n, &f->arena, &noise, &err));
}

/* All rows of the last layer, of which a classifier computes the first ones alone. */
static void embed_rows(float *hidden, fixture *f) {
  mer__network *network = &f->model->network;
  mer__modality *text = &network->modalities[0];
  mer__transformer_config *config = &((mer__text_encoder *)text->self)->layers.config;
  const mer__pass pass = {.params = &network->params, .arena = &f->arena};
  const mer__input *inputs[B];
  void *state;
  mer_error err = {0};
  for (int b = 0; b < B; b++) inputs[b] = &f->inputs[b];
  mer__arena_reset(&f->arena);
  config->result = MER__ALL_ROWS;
  assert_ok(text->type->forward(hidden, &state, text, inputs, B, &pass, &err));
  config->result = MER__FIRST_ROWS;
}

static void logits_are_those_of_transformers(void **state) {
  (void)state;
  for (int i = 0; i < N_FAMILIES; i++) {
    fixture *f = open_family(family_names[i]);
    float logits[B * K], single[K], hidden[TOKENS * H];
    assert_string_equal(f->model->kind, "text");
    assert_string_equal(mer_model_label(f->model, 1), "anger");
    embed_rows(hidden, f);
    expect(f, family_names[i], "hidden", hidden, TOKENS * H, 1e-5);
    classify(logits, f, f->inputs, B);
    expect(f, family_names[i], "logits", logits, B * K, 1e-5);
    for (int b = 0; b < B; b++) {
      classify(single, f, &f->inputs[b], 1);
      assert_near(max_difference(single, logits + b * K, K), 0, 2e-6);
    }
    close_family(f);
  }
}

/* A tokenizer may have two types where the encoder has a table of one, or none. */
static void types_that_an_encoder_lacks_are_none(void **state) {
  (void)state;
  int n_compared = 0;
  for (int i = 0; i < N_FAMILIES; i++) {
    fixture *f = open_family(family_names[i]);
    const mer__text_encoder *e = f->model->network.modalities[0].self;
    float logits[B * K], with_types[B * K];
    classify(logits, f, f->inputs, B);
    for (int t = 0; t < B * MAX_T; t++) f->types[t] = 1;
    classify(with_types, f, f->inputs, B);
    if (e->config.n_types < 2) assert_memory_equal(logits, with_types, sizeof logits);
    else assert_true(max_difference(logits, with_types, B * K) > 1e-4);
    n_compared += e->config.n_types == 1;
    close_family(f);
  }
  assert_int_equal(n_compared, 2); /* roberta, xlm-roberta */
}

/* Loss and gradients of the batch. */
static double run_step(fixture *f) {
  const network_batch batch = {&f->model->network, f->inputs, f->labels, B, &f->arena, NULL};
  return batch_loss(&batch, true);
}

/* The key's bias has no influence on the softmax: its gradient is rounding noise in PyTorch, too.
 */
static bool is_noise(const char *name) {
  return strstr(name, "key.bias") || strstr(name, "k_lin.bias") || strstr(name, "attn.k.bias");
}

static void expect_gradients(const fixture *f, const char *family) {
  const mer__params *params = &f->model->network.params;
  for (size_t i = 0; i < params->n_items; i++) {
    const mer__param *p = &params->items[i];
    char name[256];
    snprintf(name, sizeof name, "grad.%s", p->name);
    float *golden = malloc((size_t)p->size * sizeof *golden);
    read_expected(golden, f->expected, name, p->size);
    const float *ours = mer__grad(params, (int64_t)i);
    if (is_noise(p->name)) assert_near(max_difference(ours, golden, (size_t)p->size), 0, 1e-6);
    else if (relative_error(ours, golden, (size_t)p->size) > 1e-4)
      fail_msg("%s: %s: relative error %g", family, name,
               relative_error(ours, golden, (size_t)p->size));
    free(golden);
  }
}

static void start_training(fixture *f) {
  mer_error err = {0};
  mer__network *network = &f->model->network;
  assert_ok(mer__network_unpack(network, &err));
  assert_ok(mer__params_train(&network->params, &err));
  assert_ok(
      mer__compute_init(&f->compute, &network->params, MER__PRODUCT_F32, MER__BATCH_TOKENS, &err));
  network->compute = &f->compute;
}

static void training_is_that_of_pytorch(void **state) {
  (void)state;
  const mer__adam adam = {1e-3, 0.9, 0.999, 1e-8, 0.01, true};
  for (int i = 0; i < N_FAMILIES; i++) {
    fixture *f = open_family(family_names[i]);
    mer__params *params = &f->model->network.params;
    float losses[STEPS + 1];
    start_training(f);
    const size_t n = (size_t)params->size;
    float *m = calloc(n, sizeof *m), *v = calloc(n, sizeof *v);
    read_expected(losses, f->expected, "losses", STEPS + 1);
    for (int step = 0; step < STEPS; step++) {
      assert_near(run_step(f), losses[step], 1e-5);
      if (step == 0) expect_gradients(f, family_names[i]);
      mer__adam_step s = mer__adam_step_at(&adam, step + 1);
      mer__adam_update(params->values, m, v, params->grads, params->size, &s, 1.0f, true);
    }
    assert_near(run_step(f), losses[STEPS], 1e-5);
    free(m);
    free(v);
    close_family(f);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(logits_are_those_of_transformers),
      cmocka_unit_test(types_that_an_encoder_lacks_are_none),
      cmocka_unit_test(training_is_that_of_pytorch),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
