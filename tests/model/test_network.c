/* test_network.c: a fusion of three modalities, some missing, with dropout: backward against finite
 * differences. */
#include "encoder/vector.h"
#include "model/network_gradients.h"
#include "random_normal.h"

enum { B = 4, N_MODALITIES = 3, K = 5 };
static const int64_t widths[N_MODALITIES] = {6, 9, 4};

typedef struct fixture {
  mer__network network;
  mer__input inputs[B * N_MODALITIES];
  float vectors[B * N_MODALITIES][16];
  int32_t labels[B];
  mer__arena arena;
} fixture;

static void build(fixture *f, bool with_dropout) {
  mer_error err = {0};
  mer__network *network = &f->network;
  network->n_modalities = N_MODALITIES;
  network->n_labels = K;
  network->fusion.type = mer__fusion_type_find("concat");
  network->fusion.projection_width = 8;
  network->n_hidden = 2;
  network->hidden[0] = 10;
  network->hidden[1] = 7;
  network->dropout = with_dropout ? 0.2 : 0;
  for (int m = 0; m < N_MODALITIES; m++) {
    mer__modality *modality = &network->modalities[m];
    const mer__encoder_settings settings = {.standardize = m == 1};
    snprintf(modality->name, sizeof modality->name, "m%d", m);
    assert_ok(mer__modality_create(modality, &mer__encoder_vector, &err));
    assert_ok(mer__encoder_vector.adopt(modality, &settings, &err));
    assert_ok(mer__encoder_vector.accept_values(modality, widths[m], true, &err));
  }
  assert_ok(mer__network_build(network, &err));
  mer__network_init(network, 7);
  assert_ok(mer__params_train(&network->params, &err));
}

static int set_up(void **state) {
  fixture *f = calloc(1, sizeof *f);
  mer__rng rng = {.seed = 11};
  for (int i = 0; i < B * N_MODALITIES; i++) {
    for (int j = 0; j < 16; j++) f->vectors[i][j] = random_normal(&rng);
    f->inputs[i] = (mer__input){.present = i % 5 != 2, .values = f->vectors[i]};
  }
  for (int b = 0; b < B; b++) f->labels[b] = b % K;
  *state = f;
  return 0;
}

static int tear_down(void **state) {
  fixture *f = *state;
  mer__network_clear(&f->network);
  mer__arena_clear(&f->arena);
  free(f);
  return 0;
}

static void backward_equals_finite_differences(void **state) {
  fixture *f = *state;
  build(f, true);
  assert_gradients(&(network_batch){&f->network, f->inputs, f->labels, B, &f->arena, NULL}, 3,
                   2e-4);
}

static void missing_modality_contributes_nothing(void **state) {
  fixture *f = *state;
  mer_error err = {0};
  const mer__noise noise = {0};
  build(f, false);
  float with[K], changed[K];
  f->inputs[0].present = false;
  assert_ok(mer__network_forward(with, NULL, &f->network, f->inputs, 1, &f->arena, &noise, &err));
  f->vectors[0][0] += 100;
  assert_ok(
      mer__network_forward(changed, NULL, &f->network, f->inputs, 1, &f->arena, &noise, &err));
  assert_memory_equal(with, changed, sizeof with);
  f->inputs[0].present = true;
  assert_ok(
      mer__network_forward(changed, NULL, &f->network, f->inputs, 1, &f->arena, &noise, &err));
  assert_true(max_difference(with, changed, K) > 1e-3);
}

/* Each encoder that is trained has sites of dropout of its own. */
static void encoders_draw_different_masks(void **state) {
  fixture *f = *state;
  mer_error err = {0};
  mer__network *network = &f->network;
  const mer__encoder_settings settings = {.folder = GOLDEN "bert", .max_length = 8};
  network->n_modalities = 2;
  network->n_labels = K;
  network->fusion.type = mer__fusion_type_find("concat");
  for (int m = 0; m < 2; m++) {
    mer__modality *modality = &network->modalities[m];
    assert_ok(mer__modality_create(modality, mer__encoder_type_find("bert"), &err));
    assert_ok(modality->type->adopt(modality, &settings, &err));
  }
  assert_ok(mer__network_build(network, &err));
  assert_int_equal(network->modalities[0].first_site, 0);
  assert_int_equal(network->modalities[1].first_site, MER__SITES_PER_ENCODER);
  mer__noise noise = {.training = true, .seed = 1, .step = 1};
  const mer__dropout first = mer__noise_dropout(&noise, 0.5, 3);
  noise.first_site = network->modalities[1].first_site;
  const mer__dropout second = mer__noise_dropout(&noise, 0.5, 3);
  assert_true(first.stream != second.stream);
}

/* The sites of all encoders end before those of the heads. */
_Static_assert(MER__SITES_PER_ENCODER *MER_MAX_MODALITIES <= MER__SITE_MLP, "sites overlap");

static void nothing_present_is_answered(void **state) {
  fixture *f = *state;
  mer_error err = {0};
  const mer__noise noise = {0};
  build(f, false);
  float logits[K];
  for (int m = 0; m < N_MODALITIES; m++) f->inputs[m].present = false;
  assert_ok(mer__network_forward(logits, NULL, &f->network, f->inputs, 1, &f->arena, &noise, &err));
  for (int k = 0; k < K; k++) assert_true(isfinite(logits[k]));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(backward_equals_finite_differences, set_up, tear_down),
      cmocka_unit_test_setup_teardown(missing_modality_contributes_nothing, set_up, tear_down),
      cmocka_unit_test_setup_teardown(encoders_draw_different_masks, set_up, tear_down),
      cmocka_unit_test_setup_teardown(nothing_present_is_answered, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
