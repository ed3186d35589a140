/* test_transformer.c: stacks of transformer layers in each arrangement: results, hidden states and
 * all gradients against PyTorch (tests/golden/make_transformer.py), with dropout against finite
 * differences, packed batches against single utterances, and prediction against training. */
#include "layers/transformer.h"

#include "base/rng.h"
#include "mer/tensor.h"
#include "test_support.h"

enum { B = 3, T = 15, L = 2, H = 8, HEADS = 2, WIDE = 12, MOST = T * H };

static const int32_t OFFSETS[] = {0, 5, 6, 15};
static const mer__packing BATCH = {B, OFFSETS};

static const mer__transformer_names NAMES = {.layers = "layer",
                                             .query = "q",
                                             .key = "k",
                                             .value = "v",
                                             .attention = "o",
                                             .attention_norm = "n1",
                                             .up = "up",
                                             .down = "down",
                                             .output_norm = "n2",
                                             .final_norm = "final",
                                             .relative_bias = "relative",
                                             .gate = "gate",
                                             .gate_constant = "constant"};

#define SIZES                                                                   \
  .n_layers = L, .hidden_size = H, .n_heads = HEADS, .intermediate_size = WIDE, \
  .layer_norm_epsilon = 1e-5
static const struct {
  const char *name;
  mer__transformer_config config;
} STACKS[] = {
    {"post", {SIZES, .activation = MER__GELU, .n_buckets = 8, .max_distance = 20}},
    {"pre",
     {SIZES, .activation = MER__GELU_TANH, .pre_norm = true, .no_key_bias = true,
      .result = MER__ALL_ROWS}},
    {"pre_first", {SIZES, .activation = MER__RELU, .pre_norm = true}},
    {"post_sum",
     {SIZES, .activation = MER__RELU, .no_key_bias = true, .n_buckets = 8, .max_distance = 20,
      .result = MER__ALL_ROWS}},
    {"gated",
     {SIZES, .activation = MER__GELU, .pre_norm = true, .n_buckets = 8, .max_distance = 20,
      .gated_bias = true, .result = MER__ALL_ROWS}},
};
enum { N_STACKS = sizeof STACKS / sizeof *STACKS };

static mer_safetensors *golden;

static int open_golden(void **state) {
  mer_error err = {0};
  (void)state;
  assert_ok(mer_safetensors_open(&golden, GOLDEN "transformer/stacks.safetensors", &err));
  return 0;
}

static int close_golden(void **state) {
  (void)state;
  mer_safetensors_close(golden);
  return 0;
}

/* Copies the tensor `<stack>.<name>`, which may lie at any address. */
static void read_golden(float *out, const char *stack, const char *name, int64_t n) {
  char full[256];
  snprintf(full, sizeof full, "%s.%s", stack, name);
  const mer_tensor *tensor = mer_safetensors_find(golden, full);
  if (!tensor || tensor->n_elements != n)
    fail_msg("no tensor %s of %lld values", full, (long long)n);
  memcpy(out, tensor->data, (size_t)n * sizeof *out);
}

/* A stack with its parameters and a batch. */
typedef struct fixture {
  const char *name;
  mer__transformer stack;
  mer__params params;
  mer__arena arena;
  mer__noise noise;
  mer__compute compute;
  float weights[L + 1], dweights[L + 1];
  float x[MOST], dx[MOST], rows[MOST], result[MOST], dresult[MOST];
  float hidden[L + 1][MOST]; /* as the tap saw them */
  int64_t n_result, n_rows;
} fixture;

/* The golden result of a stack that gives all rows is the sum of all hidden states, each times its
 * weight. */
static void see(void *self, int64_t number, const float *hidden) {
  fixture *f = self;
  const int64_t n = f->n_rows * H;
  memcpy(f->hidden[number], hidden, (size_t)n * sizeof *hidden);
  if (number == 0) memset(f->result, 0, sizeof f->result);
  for (int64_t i = 0; i < n; i++) f->result[i] += f->weights[number] * hidden[i];
}

static void add_gradient(void *self, int64_t number, float *dhidden) {
  fixture *f = self;
  for (int64_t i = 0; i < f->n_rows * H; i++) dhidden[i] += f->weights[number] * f->dresult[i];
}

static bool is_tapped(const fixture *f) { return f->stack.config.result == MER__ALL_ROWS; }

/* A stack that is trained as the parameters' settings `how` say. Adapters get random values. */
static fixture *open_tuned(int i, const mer__transformer_config *config, const mer__params *how) {
  mer__rng rng = {.seed = 8};
  fixture *f = calloc(1, sizeof *f);
  mer_error err = {0};
  f->name = STACKS[i].name;
  f->stack.config = *config;
  f->noise = (mer__noise){.training = true, .seed = 1, .step = 2};
  f->n_result = config->result == MER__FIRST_ROWS ? B * H : T * H;
  f->params = *how;
  assert_ok(mer__transformer_declare(&f->stack, &f->params, &NAMES, &err));
  assert_ok(mer__params_allocate(&f->params, &err));
  assert_ok(mer__params_train(&f->params, &err));
  for (size_t p = 0; p < f->params.n_items; p++) {
    char name[160];
    const mer__param *param = &f->params.items[p];
    float *values = mer__value(&f->params, (int64_t)p);
    snprintf(name, sizeof name, "param.%s", param->name);
    if (param->adapts < 0) read_golden(values, f->name, name, param->size);
    else mer__params_init_linear(values, param->size, 4, &rng);
  }
  read_golden(f->x, f->name, "x", MOST);
  read_golden(f->dresult, f->name, "dresult", f->n_result);
  if (is_tapped(f)) read_golden(f->weights, f->name, "weights", L + 1);
  return f;
}

static fixture *open_stack(int i, const mer__transformer_config *config) {
  return open_tuned(i, config, &(mer__params){0});
}

static void close_stack(fixture *f) {
  mer__transformer_clear(&f->stack);
  mer__params_clear(&f->params);
  mer__compute_clear(&f->compute);
  mer__arena_clear(&f->arena);
  free(f);
}

static mer__pass pass_of(fixture *f) {
  const mer__compute *compute = f->compute.outer_scratch ? &f->compute : NULL;
  return (mer__pass){
      .params = &f->params, .compute = compute, .arena = &f->arena, .noise = f->noise};
}

static mer__transformer_state forward(fixture *f, const float *x, const mer__packing *packing,
                                      const mer__hidden_tap *tap) {
  mer_error err = {0};
  mer__transformer_state state;
  const mer__pass pass = pass_of(f);
  mer__arena_reset(&f->arena);
  assert_ok(mer__transformer_begin(&state, &f->stack, packing, &pass, &err));
  f->n_rows = packing->offsets[packing->n_utterances];
  memcpy(state.input, x, (size_t)(f->n_rows * H) * sizeof *x);
  state.tap = is_tapped(f) ? tap : NULL;
  assert_ok(
      mer__transformer_forward(is_tapped(f) ? f->rows : f->result, &state, &f->stack, &pass, &err));
  return state;
}

static void forward_backward(fixture *f) {
  mer_error err = {0};
  float *dx;
  const mer__hidden_tap tap = {f, see, add_gradient};
  const mer__transformer_state state = forward(f, f->x, &BATCH, &tap);
  const mer__pass pass = pass_of(f);
  memset(f->params.grads, 0, (size_t)(f->params.size - f->params.first_trained) * sizeof(float));
  assert_ok(mer__transformer_backward(&dx, &state, &f->stack, is_tapped(f) ? NULL : f->dresult,
                                      &pass, &err));
  assert_true((dx != NULL) == (f->params.frozen_groups == 0 && f->params.adapter_rank == 0));
  if (dx) memcpy(f->dx, dx, sizeof f->dx);
  for (int64_t l = 0; l <= L; l++) {
    f->dweights[l] = 0;
    for (int64_t i = 0; is_tapped(f) && i < MOST; i++)
      f->dweights[l] += f->hidden[l][i] * f->dresult[i];
  }
}

static void expect_golden(const fixture *f, const char *name, const float *found, int64_t n,
                          double tolerance) {
  float expected[512];
  assert_true(n <= 512);
  read_golden(expected, f->name, name, n);
  if (!(max_difference(found, expected, (size_t)n) <= tolerance))
    fail_msg("%s.%s differs by %g", f->name, name, max_difference(found, expected, (size_t)n));
}

static void expect_hidden(const fixture *f) {
  for (int64_t l = 0; is_tapped(f) && l < L; l++) {
    char name[32];
    snprintf(name, sizeof name, "hidden.%d", (int)l);
    expect_golden(f, name, f->hidden[l], MOST, 1e-5);
  }
}

static void stacks_are_pytorchs(void **state) {
  (void)state;
  for (int i = 0; i < N_STACKS; i++) {
    fixture *f = open_stack(i, &STACKS[i].config);
    forward_backward(f);
    expect_golden(f, "result", f->result, f->n_result, 1e-5);
    expect_hidden(f);
    expect_golden(f, "dx", f->dx, MOST, 2e-5);
    for (size_t p = 0; p < f->params.n_items; p++) {
      char name[160];
      snprintf(name, sizeof name, "grad.%s", f->params.items[p].name);
      expect_golden(f, name, mer__grad(&f->params, (int64_t)p), f->params.items[p].size, 5e-5);
    }
    if (is_tapped(f)) expect_golden(f, "dweights", f->dweights, L + 1, 5e-5);
    close_stack(f);
  }
}

static double loss(fixture *f) {
  double sum = 0;
  const mer__hidden_tap tap = {f, see, add_gradient};
  forward(f, f->x, &BATCH, &tap);
  for (int64_t i = 0; i < f->n_result; i++) sum += (double)f->result[i] * f->dresult[i];
  return sum;
}

/* Gradients of `n` values by central differences. */
static void expect_differences(fixture *f, const char *what, float *values, const float *found,
                               int64_t n) {
  static const float step = 4e-3f;
  float expected[512];
  assert_true(n <= 512);
  for (int64_t i = 0; i < n; i++) {
    const float value = values[i];
    values[i] = value + step;
    const double upper = loss(f);
    values[i] = value - step;
    expected[i] = (float)((upper - loss(f)) / (2.0 * step));
    values[i] = value;
  }
  if (strstr(what, "k.bias")) return; /* no influence on the softmax: all noise */
  double norm = 0;
  for (int64_t i = 0; i < n; i++) norm += (double)expected[i] * expected[i];
  const double error = relative_error(found, expected, (size_t)n) * sqrt(norm);
  if (!(error <= 5e-3 * sqrt(norm) + 1e-3))
    fail_msg("%s: %s: error %g of %g", f->name, what, error, sqrt(norm));
}

static const mer__transformer_config *with_dropout(const mer__transformer_config *config) {
  static mer__transformer_config own;
  own = *config;
  own.hidden_dropout = 0.2;
  own.attention_dropout = 0.3;
  own.activation_dropout = 0.1;
  return &own;
}

static void gradients_with_dropout_are_those_of_finite_differences(void **state) {
  (void)state;
  for (int i = 0; i < N_STACKS; i++) {
    mer__transformer_config config = *with_dropout(&STACKS[i].config);
    if (config.activation == MER__RELU) config.activation = MER__GELU; /* no edges */
    fixture *f = open_stack(i, &config);
    forward_backward(f);
    expect_differences(f, "dx", f->x, f->dx, MOST);
    for (size_t p = 0; p < f->params.n_items; p++)
      expect_differences(f, f->params.items[p].name, mer__value(&f->params, (int64_t)p),
                         mer__grad(&f->params, (int64_t)p), f->params.items[p].size);
    if (is_tapped(f)) expect_differences(f, "dweights", f->weights, f->dweights, L + 1);
    close_stack(f);
  }
}

/* What is trained has the gradients that it has when all is. */
static void frozen_layers_have_no_gradients(void **state) {
  (void)state;
  for (int i = 0; i < N_STACKS * L; i++) {
    const mer__transformer_config *config = with_dropout(&STACKS[i / L].config);
    const int n_frozen = 1 + i % L;
    fixture *whole = open_stack(i / L, config), *f;
    f = open_tuned(i / L, config, &(mer__params){.frozen_groups = n_frozen});
    forward_backward(whole);
    forward_backward(f);
    assert_memory_equal(f->result, whole->result, sizeof f->result);
    assert_memory_equal(f->dweights, whole->dweights, sizeof f->dweights);
    for (size_t p = 0; p < f->params.n_items; p++) {
      const float *found = mer__grad(&f->params, (int64_t)p);
      assert_true((found != NULL) == (f->params.items[p].group >= n_frozen));
      if (found)
        assert_memory_equal(found, mer__grad(&whole->params, (int64_t)p),
                            (size_t)f->params.items[p].size * sizeof *found);
    }
    close_stack(whole);
    close_stack(f);
  }
}

/* Adapters alone have gradients, and those of finite differences; where layers are frozen, too, the
 * layers above have adapters. */
static void adapters_have_the_gradients_of_finite_differences(void **state) {
  (void)state;
  for (int i = 0; i < 2 * N_STACKS; i++) {
    mer__transformer_config config = *with_dropout(&STACKS[i / 2].config);
    if (config.activation == MER__RELU) config.activation = MER__GELU; /* no edges */
    const mer__params how = {.adapter_rank = 3, .frozen_groups = i % 2 ? 2 : 0};
    fixture *f = open_tuned(i / 2, &config, &how);
    int n_adapters = 0;
    forward_backward(f);
    for (size_t p = 0; p < f->params.n_items; p++) {
      float *found = mer__grad(&f->params, (int64_t)p);
      assert_true((found != NULL) == (f->params.items[p].adapts >= 0));
      n_adapters += found != NULL;
      if (found)
        expect_differences(f, f->params.items[p].name, mer__value(&f->params, (int64_t)p), found,
                           f->params.items[p].size);
    }
    assert_int_equal(n_adapters, 4 * (i % 2 ? L - 1 : L));
    close_stack(f);
  }
}

/* Added to the weights, adapters give what they gave beside them; at first that is nothing. */
static void adapters_can_be_merged(void **state) {
  (void)state;
  for (int i = 0; i < N_STACKS; i++) {
    fixture *f = open_tuned(i, &STACKS[i].config, &(mer__params){.adapter_rank = 5});
    float beside[MOST];
    mer__rng rng = {.seed = 1};
    loss(f);
    memcpy(beside, f->result, sizeof beside);
    mer__low_rank_merge(f->params.values, &f->params);
    mer__low_rank_init(&f->params, &rng);
    loss(f);
    assert_near(max_difference(f->result, beside, (size_t)f->n_result), 0, 1e-5);
    close_stack(f);
    f = open_tuned(i, &STACKS[i].config, &(mer__params){.adapter_rank = 5});
    mer__low_rank_init(&f->params, &rng);
    loss(f);
    expect_golden(f, "result", f->result, f->n_result, 1e-5);
    assert_true(max_difference(f->result, beside, (size_t)f->n_result) > 1e-3);
    close_stack(f);
  }
}

static void assert_same_gradients(const fixture *a, const fixture *b) {
  assert_memory_equal(a->result, b->result, sizeof a->result);
  assert_memory_equal(a->dx, b->dx, sizeof a->dx);
  assert_memory_equal(a->dweights, b->dweights, sizeof a->dweights);
  assert_memory_equal(a->params.grads, b->params.grads,
                      (size_t)(a->params.size - a->params.first_trained) * sizeof(float));
}

/* Of layers that keep their inputs alone. */
static void activations_computed_again_give_the_same_bits(void **state) {
  (void)state;
  mer_error err = {0};
  static const mer__params hows[] = {
      {0}, {.frozen_groups = 2}, {.adapter_rank = 3}, {.adapter_rank = 3, .frozen_groups = 2}};
  for (int i = 0; i < 4 * N_STACKS; i++) {
    fixture *pair[2];
    for (int k = 0; k < 2; k++) {
      fixture *f = pair[k] = open_tuned(i / 4, with_dropout(&STACKS[i / 4].config), &hows[i % 4]);
      assert_ok(mer__compute_init(&f->compute, &f->params, MER__PRODUCT_F32, T, &err));
      f->compute.recompute = k;
      forward_backward(f);
    }
    assert_same_gradients(pair[0], pair[1]);
    close_stack(pair[0]);
    close_stack(pair[1]);
  }
}

static void all_layers_cannot_be_frozen(void **state) {
  (void)state;
  mer_error err = {0};
  mer__params params = {.frozen_groups = 1 + L};
  mer__transformer stack = {.config = STACKS[0].config};
  assert_int_equal(mer__transformer_declare(&stack, &params, &NAMES, &err), MER_STATUS_INVALID);
  assert_non_null(strstr(err.message, "2 layers cannot be frozen: the encoder has 2"));
  mer__transformer_clear(&stack);
  mer__params_clear(&params);
}

static void packed_is_one_by_one(void **state) {
  (void)state;
  for (int i = 0; i < N_STACKS; i++) {
    fixture *f = open_stack(i, &STACKS[i].config);
    float together[MOST];
    const mer__hidden_tap tap = {f, see, add_gradient};
    forward(f, f->x, &BATCH, &tap);
    memcpy(together, f->result, sizeof together);
    for (int b = 0; b < B; b++) {
      const int32_t n = OFFSETS[b + 1] - OFFSETS[b], offsets[] = {0, n};
      const bool first = f->stack.config.result == MER__FIRST_ROWS;
      const mer__packing one = {1, offsets};
      forward(f, f->x + OFFSETS[b] * H, &one, &tap);
      assert_near(max_difference(f->result, together + (first ? b : OFFSETS[b]) * H,
                                 (size_t)(first ? 1 : n) * H),
                  0, 2e-6);
    }
    close_stack(f);
  }
}

/* The layers share their memory then. */
static void prediction_is_as_training(void **state) {
  (void)state;
  for (int i = 0; i < N_STACKS; i++) {
    fixture *f = open_stack(i, &STACKS[i].config);
    const mer__hidden_tap tap = {f, see, add_gradient};
    f->noise.training = false;
    forward(f, f->x, &BATCH, &tap);
    expect_golden(f, "result", f->result, f->n_result, 1e-5);
    expect_hidden(f);
    close_stack(f);
  }
}

static void buckets_are_those_of_transformers(void **state) {
  (void)state;
  static const struct {
    const char *name;
    int n, distance;
  } tables[] = {
      {"buckets.32.128", 32, 128}, {"buckets.320.800", 320, 800}, {"buckets.8.20", 8, 20}};
  for (int i = 0; i < 3; i++) {
    const mer_tensor *tensor = mer_safetensors_find(golden, tables[i].name);
    assert_non_null(tensor);
    for (int64_t k = 0; k <= 2000; k++) {
      int32_t expected;
      memcpy(&expected, (const char *)tensor->data + 4 * k, sizeof expected);
      assert_int_equal(mer__relative_bucket(k - 1000, tables[i].n, tables[i].distance), expected);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(stacks_are_pytorchs),
      cmocka_unit_test(gradients_with_dropout_are_those_of_finite_differences),
      cmocka_unit_test(frozen_layers_have_no_gradients),
      cmocka_unit_test(adapters_have_the_gradients_of_finite_differences),
      cmocka_unit_test(adapters_can_be_merged),
      cmocka_unit_test(activations_computed_again_give_the_same_bits),
      cmocka_unit_test(all_layers_cannot_be_frozen),
      cmocka_unit_test(packed_is_one_by_one),
      cmocka_unit_test(prediction_is_as_training),
      cmocka_unit_test(buckets_are_those_of_transformers),
  };
  return cmocka_run_group_tests(tests, open_golden, close_golden);
}
