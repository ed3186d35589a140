/* test_mel_stats.c: statistics of log-mel over time: their values by the definition, clips of
 * different lengths in one batch, and the gradients of its Linear layer by finite differences. */
#include "base/rng.h"
#include "encoder/mel_stats.h"
#include "model/network_gradients.h"

enum { B = 5, BANDS = 64, MAX_FRAMES = 40, K = 3 };

typedef struct fixture {
  mer__network network;
  float frames[B][MAX_FRAMES * BANDS];
  mer__input inputs[B];
  int32_t labels[B];
  mer__arena arena;
} fixture;

static void get_row(mer__input *inputs, const mer__source *source, int64_t row) {
  inputs[0] = ((const mer__input *)source->owner)[row];
}

static int set_up(void **state) {
  fixture *f = calloc(1, sizeof *f);
  mer_error err = {0};
  mer__rng rng = {.seed = 5};
  mer__network *network = &f->network;
  mer__modality *modality = &network->modalities[0];
  const mer__encoder_settings settings = {0};
  for (int b = 0; b < B; b++) {
    const int64_t n_frames = b == 0 ? 1 : 7 * b + 5;
    for (int64_t i = 0; i < n_frames * BANDS; i++)
      f->frames[b][i] = -40 + 12 * mer__rng_normal(&rng);
    f->inputs[b] =
        (mer__input){.present = b != 3, .length = n_frames * BANDS, .values = f->frames[b]};
    f->labels[b] = b % K;
  }
  network->n_modalities = 1;
  network->n_labels = K;
  network->fusion.type = mer__fusion_type_find("concat");
  snprintf(modality->name, sizeof modality->name, "audio");
  assert_ok(mer__modality_create(modality, &mer__encoder_mel_stats, &err));
  assert_ok(modality->type->adopt(modality, &settings, &err));
  modality->width = 6;
  assert_ok(mer__network_build(network, &err));
  mer__network_init(network, 3);
  const mer__source source = {B, f->inputs, get_row};
  assert_ok(modality->type->fit(modality, &network->params, &source, 0, &err));
  assert_ok(mer__params_train(&network->params, &err));
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

static const float *param(const fixture *f, const char *name) {
  const mer__params *params = &f->network.params;
  for (size_t i = 0; i < params->n_items; i++)
    if (strcmp(params->items[i].name, name) == 0) return mer__value(params, (int64_t)i);
  fail_msg("no parameter %s", name);
  return NULL;
}

/* The first vector element of clip b, by the definition. */
static double expected_element(const fixture *f, int b) {
  const float *mean = param(f, "audio.mean"), *deviation = param(f, "audio.deviation");
  const float *weight = param(f, "audio.0.weight");
  const int64_t n_frames = f->inputs[b].length / BANDS;
  double y = param(f, "audio.0.bias")[0];
  for (int j = 0; j < BANDS; j++) {
    double average = 0, variance = 0;
    for (int64_t t = 0; t < n_frames; t++)
      average += (f->frames[b][t * BANDS + j] - mean[j]) / (double)deviation[j] / (double)n_frames;
    for (int64_t t = 0; t < n_frames; t++)
      variance += pow((f->frames[b][t * BANDS + j] - mean[j]) / deviation[j] - average, 2) /
                  (double)n_frames;
    y += weight[j] * average + weight[BANDS + j] * sqrt(variance);
  }
  return y > 0 ? y : 0;
}

static void vectors_are_statistics(void **state) {
  fixture *f = *state;
  mer_error err = {0};
  float vectors[B * 6], one[6];
  mer__arena_reset(&f->arena);
  assert_ok(mer__network_encode(vectors, &f->network, 0, f->inputs, B, &f->arena, &err));
  for (int b = 0; b < B; b++) {
    assert_near(vectors[b * 6], expected_element(f, b), 1e-4);
    assert_ok(mer__network_encode(one, &f->network, 0, &f->inputs[b], 1, &f->arena, &err));
    assert_near(max_difference(vectors + b * 6, one, 6), 0, 1e-6);
  }
}

static void backward_equals_finite_differences(void **state) {
  fixture *f = *state;
  assert_gradients(&(network_batch){&f->network, f->inputs, f->labels, B, &f->arena, NULL}, 5,
                   1e-3);
}

static void statistics_are_not_trained(void **state) {
  const fixture *f = *state;
  const mer__params *params = &f->network.params;
  for (size_t i = 0; i < params->n_items; i++)
    assert_true(params->items[i].trained == (params->items[i].role != MER__CONSTANT));
  assert_int_equal(params->first_trained, 2 * BANDS);
}

static void too_wide_says_so(void **state) {
  fixture *f = *state;
  mer_error err = {0};
  mer__params_clear(&f->network.params);
  f->network.modalities[0].width = (int64_t)1 << 40;
  assert_int_equal(mer__network_build(&f->network, &err), MER_STATUS_LIMIT);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {TEST(vectors_are_statistics),
                                     TEST(backward_equals_finite_differences),
                                     TEST(statistics_are_not_trained), TEST(too_wide_says_so)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
