/* test_own_tokens.c: the mean over an utterance's own tokens: values and gradients of an encoder
 * against PyTorch (tests/golden/make_own_tokens.py) and finite differences, the latter also of
 * convolutions over them; which tokens are its own. */
#include "encoder/encoder_type.h"
#include "encoder/own_tokens.h"
#include "encoder/text_turns.h"
#include "model/model_state.h"
#include "model/network_gradients.h"

enum { B = 4, T = 28, H = 32, K = 7 };

typedef struct fixture {
  mer_model model;
  mer_safetensors *expected;
  int32_t ids[B * T], types[B * T], own[B * T], lengths[B];
  mer__input inputs[B];
  mer__arena arena;
  mer__compute compute;
} fixture;

static void read_expected(void *out, const fixture *f, const char *name, int64_t n) {
  const mer_tensor *tensor = mer_safetensors_find(f->expected, name);
  if (!tensor || tensor->n_elements != n)
    fail_msg("no tensor %s of %lld values", name, (long long)n);
  memcpy(out, tensor->data, (size_t)n * 4);
}

static void read_inputs(fixture *f) {
  read_expected(f->ids, f, "ids", B * T);
  read_expected(f->types, f, "type_ids", B * T);
  read_expected(f->own, f, "own", B * T);
  read_expected(f->lengths, f, "lengths", B);
  for (int i = 0; i < B * T; i++)
    if (f->own[i]) f->types[i] |= MER__OWN_TOKEN;
  for (int b = 0; b < B; b++)
    f->inputs[b] = (mer__input){
        .present = true, .length = f->lengths[b], .tokens = {f->ids + b * T, f->types + b * T}};
}

static int open_with(void **state, mer__text_pool pool) {
  fixture *f = calloc(1, sizeof *f);
  mer_error err = {0};
  mer__network *network = &f->model.network;
  mer__modality *text = &network->modalities[0];
  const mer__encoder_settings settings = {
      .folder = GOLDEN "bert", .max_length = 64, .turns = {.past = 1, .pool = pool}};
  network->n_modalities = 1;
  network->n_labels = K;
  network->n_hidden = pool == MER__TEXT_MEAN;
  network->hidden[0] = 16;
  network->dropout = 0.25;
  network->fusion.type = mer__fusion_type_find("concat");
  assert_ok(
      mer__model_adopt(&f->model, text, mer__encoder_type_find("bert"), "text", &settings, &err));
  assert_ok(mer__network_build(network, &err));
  mer__network_init(network, 1);
  assert_ok(mer__model_load_encoder(&f->model, text, settings.folder, false, NULL, &err));
  assert_ok(mer__params_train(&network->params, &err));
  assert_ok(mer__compute_init(&f->compute, &network->params, MER__PRODUCT_F32, B * T, &err));
  network->compute = &f->compute;
  assert_ok(mer_safetensors_open(&f->expected, GOLDEN "own_tokens.safetensors", &err));
  read_inputs(f);
  *state = f;
  return 0;
}

static int open_network(void **state) { return open_with(state, MER__TEXT_MEAN); }
static int open_cnn(void **state) { return open_with(state, MER__TEXT_CNN); }

static int close_network(void **state) {
  fixture *f = *state;
  mer__network_clear(&f->model.network);
  mer__compute_clear(&f->compute);
  mer_safetensors_close(f->expected);
  mer__arena_clear(&f->arena);
  free(f);
  return 0;
}

/* Through the encoder and back with the gradient c of the vectors. */
static void values_and_gradients_equal_pytorch(void **state) {
  fixture *f = *state;
  mer__network *network = &f->model.network;
  mer__params *params = &network->params;
  const mer__modality *text = &network->modalities[0];
  const mer__pass pass = {
      .params = params, .compute = &f->compute, .arena = &f->arena, .noise = {.training = true}};
  const mer__input *inputs[B] = {&f->inputs[0], &f->inputs[1], &f->inputs[2], &f->inputs[3]};
  float vectors[B * H], expected[16384], dvectors[B * H];
  char name[200];
  void *kept;
  mer_error err = {0};
  int n_compared = 0;
  assert_ok(text->type->forward(vectors, &kept, text, inputs, B, &pass, &err));
  read_expected(expected, f, "vectors", B * H);
  assert_near(max_difference(vectors, expected, B * H), 0, 1e-5);
  for (int i = 0; i < B * H; i++) dvectors[i] = (float)((7 * (i / H) + 3 * (i % H)) % 11 - 5) / 10;
  assert_ok(text->type->backward(text, kept, dvectors, &pass, &err));
  for (size_t i = text->first_param; i < text->last_param; i++) {
    const mer__param *p = &params->items[i];
    snprintf(name, sizeof name, "grad.%s", p->name);
    if (!mer_safetensors_find(f->expected, name)) continue;
    read_expected(expected, f, name, p->size);
    double norm = 0;
    for (int64_t j = 0; j < p->size; j++) norm += (double)expected[j] * expected[j];
    const double worst = max_difference(mer__grad(params, (int64_t)i), expected, (size_t)p->size);
    if (!(worst <= 1e-5 * (1 + sqrt(norm)))) fail_msg("%s differs by %g", name, worst);
    n_compared++;
  }
  assert_int_equal(n_compared, 4 + 2 * 16);
}

static void gradients_equal_finite_differences(void **state) {
  fixture *f = *state;
  static const int32_t labels[B] = {0, 6, 3, 2};
  const network_batch batch = {&f->model.network, f->inputs, labels, B, &f->arena, NULL};
  assert_gradients(&batch, 997, 2e-3);
}

/* By convolutions, an utterance gives the same in any batch, one of a single own token among them;
 * zeros are what is not there. */
static void convolutions_do_not_see_the_batch(void **state) {
  fixture *f = *state;
  mer_error err = {0};
  const mer__noise noise = {0};
  float all[B * K], one[K];
  assert_int_equal(f->model.network.modalities[0].width, 3 * 128);
  assert_ok(
      mer__network_forward(all, NULL, &f->model.network, f->inputs, B, &f->arena, &noise, &err));
  for (int b = 0; b < B; b++) {
    assert_ok(mer__network_forward(one, NULL, &f->model.network, &f->inputs[b], 1, &f->arena,
                                   &noise, &err));
    assert_near(max_difference(one, all + b * K, K), 0, 1e-6);
  }
}

/* A text alone marks what stands between the special tokens; among turns its segment. */
static void own_tokens_are_marked(void **state) {
  (void)state;
  const fixture *f = *state;
  mer__modality *text = (mer__modality *)&f->model.network.modalities[0];
  static const mer_turn past[] = {{.speaker = "a", .text = "b c", .text_size = 3}};
  const mer_context context = {.speaker = "b", .past = past, .n_past = 1};
  mer_tokens tokens = {0};
  mer__input input;
  mer_error err = {0};
  char marks[2][16] = {{0}};
  for (int turns = 1; turns >= 0; turns--) {
    text->turns.past = turns;
    assert_ok(text->type->tokenize(&input, &tokens, text, "d e", 3, &context, NULL, &err));
    for (int32_t t = 0; t < tokens.n; t++)
      marks[turns][t] = tokens.type_ids[t] & MER__OWN_TOKEN ? 'x' : '.';
  }
  text->turns.past = 1;
  assert_string_equal(marks[1], "......xxxx."); /* [CLS] a : b c [SEP] b : d e [SEP] */
  assert_string_equal(marks[0], ".xx.");
  mer_tokens_clear(&tokens);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(values_and_gradients_equal_pytorch, open_network,
                                      close_network),
      cmocka_unit_test_setup_teardown(gradients_equal_finite_differences, open_network,
                                      close_network),
      cmocka_unit_test_setup_teardown(gradients_equal_finite_differences, open_cnn, close_network),
      cmocka_unit_test_setup_teardown(convolutions_do_not_see_the_batch, open_cnn, close_network),
      cmocka_unit_test_setup_teardown(own_tokens_are_marked, open_network, close_network),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
