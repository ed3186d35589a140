/* test_turn_layer.c: a layer over the turns of a dialogue against PyTorch (make_turn_layer.py) at
 * every level of the processor, and against finite differences, alone and in a network; what is
 * said later, and turns without text, make no difference. */
#include "encoder/turn_layer.h"

#define PACKED_GOLDEN GOLDEN "turn_layer.safetensors"
#include "encoder/encoder_type.h"
#include "layers/packed_golden.h"
#include "model/model_state.h"
#include "model/network_gradients.h"

enum { IN = 6, H = 8, WIDTH = IN + H };

typedef struct fixture {
  mer__params params;
  mer__turn_layer layer;
  mer__arena arena;
  float x[T * IN], y[B * WIDTH], dy[B * WIDTH];
} fixture;

static fixture *open_layer(void) {
  fixture *f = calloc(1, sizeof *f);
  mer_error err = {0};
  f->layer.lstm = (mer__bilstm){.in = IN, .hidden = H};
  assert_ok(mer__turn_layer_declare(&f->layer, &f->params, "turns", &err));
  assert_ok(mer__params_allocate(&f->params, &err));
  assert_ok(mer__params_train(&f->params, &err));
  read_golden_params(&f->params, "turns");
  memcpy(f->x, find_golden(NULL, "turns", "x"), sizeof f->x);
  memcpy(f->dy, find_golden(NULL, "turns", "dy"), sizeof f->dy);
  return f;
}

static void close_layer(fixture *f) {
  mer__params_clear(&f->params);
  mer__arena_clear(&f->arena);
  free(f);
}

/* Forward; with `back` also backward, by the gradient dy. */
static void pass(fixture *f, bool training, bool back) {
  mer_error err = {0};
  const mer__pass p = {.params = &f->params,
                       .arena = &f->arena,
                       .noise = {.training = training, .seed = 7, .step = 3}};
  mer__turn_state state;
  float dy[B * WIDTH];
  mer__arena_reset(&f->arena);
  assert_ok(mer__turn_layer_forward(f->y, &state, &f->layer, f->x, &CLIPS, &p, &err));
  if (!back) return;
  memcpy(dy, f->dy, sizeof dy);
  memset(f->params.grads, 0,
         (size_t)(f->params.size - f->params.first_trained) * sizeof *f->params.grads);
  assert_ok(mer__turn_layer_backward(dy, &state, &f->layer, &p, &err));
}

static void it_equals_pytorch(void **state) {
  (void)state;
  fixture *f = open_layer();
  for (int level = MER__CPU_PLAIN; use_level(level); level++) {
    pass(f, false, false);
    expect_golden(f->y, "turns", "y", 1e-5);
    pass(f, true, true);
    expect_golden(f->y, "turns", "y", 1e-5);
    for (size_t i = 0; i < f->params.n_items; i++) {
      char name[128];
      if (!f->params.items[i].trained) continue;
      snprintf(name, sizeof name, "grad.%s", f->params.items[i].name + strlen("turns."));
      expect_golden(mer__grad(&f->params, (int64_t)i), "turns", name, 1e-4);
    }
  }
  close_layer(f);
}

static double loss(void *layer) {
  fixture *f = layer;
  double sum = 0;
  pass(f, true, false);
  for (int i = 0; i < B * WIDTH; i++) sum += (double)f->y[i] * f->dy[i];
  return sum;
}

/* With dropout, the same each time. */
static void gradients_equal_finite_differences(void **state) {
  (void)state;
  fixture *f = open_layer();
  mer__params *params = &f->params;
  f->layer.dropout = 0.3;
  pass(f, true, true);
  int n_zeros = 0;
  for (int i = 0; i < B * WIDTH; i++) n_zeros += f->y[i] == 0;
  assert_true(n_zeros > 5 && n_zeros < 30);
  expect_slopes(loss, f, params->values + params->first_trained, params->grads,
                params->size - params->first_trained, 7, 5e-3);
  close_layer(f);
}

/* Four utterances of two dialogues, of tokens of the small BERT; a turn of the second has no text.
 */
typedef struct dialogues {
  mer_model model;
  mer__arena arena;
  mer__compute compute;
  mer__input turns[6], inputs[B];
} dialogues;

static const int32_t IDS[] = {2, 9, 14, 11, 3, 3}, TYPES[5] = {0};

static dialogues *open_dialogues(void) {
  dialogues *d = calloc(1, sizeof *d);
  mer_error err = {0};
  mer__network *network = &d->model.network;
  mer__modality *text = &network->modalities[0];
  const mer__encoder_settings settings = {
      .folder = GOLDEN "bert", .max_length = 64, .turns = {.past = 3, .lstm = true}};
  network->n_modalities = 1;
  network->n_labels = 3;
  network->fusion.type = mer__fusion_type_find("concat");
  assert_ok(
      mer__model_adopt(&d->model, text, mer__encoder_type_find("bert"), "text", &settings, &err));
  text->frozen = true;
  assert_ok(mer__network_build(network, &err));
  mer__network_init(network, 1);
  assert_ok(mer__model_load_encoder(&d->model, text, settings.folder, false, NULL, &err));
  assert_ok(mer__params_train(&network->params, &err));
  assert_ok(mer__compute_init(&d->compute, &network->params, MER__PRODUCT_F32, 64, &err));
  network->compute = &d->compute;
  for (int i = 0; i < 6; i++)
    d->turns[i] =
        (mer__input){.present = i != 4, .length = 3 + i % 3, .tokens = {IDS + i % 2, TYPES}};
  for (int b = 0; b < B; b++) {
    const int at = b < 3 ? b : 5;
    d->inputs[b] = d->turns[at];
    d->inputs[b].past = d->turns + (b < 3 ? 0 : 3);
    d->inputs[b].n_past = b < 3 ? at : 2;
  }
  return d;
}

static void close_dialogues(dialogues *d) {
  mer__network_clear(&d->model.network);
  mer__compute_clear(&d->compute);
  mer__arena_clear(&d->arena);
  free(d);
}

static void a_network_with_it_is_trained(void **state) {
  (void)state;
  static const int32_t labels[B] = {0, 2, 1, 2};
  for (int unimodal = 0; unimodal < 2; unimodal++) {
    dialogues *d = open_dialogues();
    const network_batch batch = {&d->model.network, d->inputs, labels, B, &d->arena, NULL};
    d->model.network.unimodal = unimodal; /* then the layer's vectors stand in the batch twice */
    assert_gradients(&batch, 997, 2e-3);
    close_dialogues(d);
  }
}

static void answer(float *logits, dialogues *d, const mer__input *inputs, int n) {
  mer_error err = {0};
  const mer__noise noise = {0};
  mer__arena_reset(&d->arena);
  assert_ok(
      mer__network_forward(logits, NULL, &d->model.network, inputs, n, &d->arena, &noise, &err));
}

/* An utterance alone is answered as among others, with vectors that are known or not, and a turn
 * without text is none; the turns before it do make a difference. */
static void answers_are_of_the_turns_alone(void **state) {
  (void)state;
  enum { K = 3, WIDE = 64 };
  dialogues *d = open_dialogues();
  mer_error err = {0};
  static float vectors[6 * WIDE];
  const int64_t width = d->model.network.modalities[0].width;
  float all[B * K], one[B * K];
  answer(all, d, d->inputs, B);
  for (int b = 0; b < B; b++) {
    answer(one, d, &d->inputs[b], 1);
    assert_near(max_difference(one, all + b * K, K), 0, 1e-5);
  }
  mer__input shorter = d->inputs[3];
  shorter.n_past = 1;
  answer(one, d, &shorter, 1);
  assert_near(max_difference(one, all + 3 * K, K), 0, 1e-5);
  shorter.n_past = 0;
  answer(one, d, &shorter, 1);
  assert_true(max_difference(one, all + 3 * K, K) > 1e-3);

  assert_true(width <= WIDE);
  assert_ok(mer__model_embed(vectors, &d->model, 0, d->turns, 6, NULL, NULL, "test", &err));
  for (int i = 0; i < 6; i++) d->turns[i].vector = vectors + i * width;
  for (int b = 0; b < B; b++) d->inputs[b].vector = vectors + (b < 3 ? b : 5) * width;
  answer(one, d, d->inputs, B);
  assert_near(max_difference(one, all, B * K), 0, 1e-5);
  close_dialogues(d);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(it_equals_pytorch),
                                     cmocka_unit_test(gradients_equal_finite_differences),
                                     cmocka_unit_test(a_network_with_it_is_trained),
                                     cmocka_unit_test(answers_are_of_the_turns_alone)};
  return cmocka_run_group_tests(tests, open_golden, close_golden);
}
