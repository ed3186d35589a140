/* test_spec_augment.c: the masks of training: how many spans, how long, where; what is too short;
 * when there are none; and gradients through them against finite differences. */
#include "encoder/spec_augment.h"

#include "base/file.h"
#include "encoder/encoder_golden.h"

enum { N = 100, RUNS = 4000, SITE = 4200 };

static int count(const bool *masked, int n) {
  int sum = 0;
  for (int i = 0; i < n; i++) sum += masked[i];
  return sum;
}

/* Spans that do not touch another one, if they are `length` long. */
static void assert_spans(const bool *masked, int n, int length) {
  for (int i = 0, run = 0; i <= n; i++) {
    if (i < n && masked[i]) run++;
    else if (run) {
      assert_true(run >= length);
      run = 0;
    }
  }
}

/* Mean number of masked elements over many seeds, with the rounding that goes with each. */
static double mean_masked(int n, mer__mask_axis axis, int *fewest, int *most) {
  bool masked[N];
  int32_t starts[N];
  double sum = 0;
  *fewest = n, *most = 0;
  for (int i = 0; i < RUNS; i++) {
    mer__rng rng = {.seed = (uint64_t)i};
    const double rounding = mer__rng_uniform(&rng);
    mer__mask_spans(masked, starts, n, &axis, rounding, &rng);
    const int c = count(masked, n);
    assert_spans(masked, n, (int)axis.length);
    sum += c;
    if (c < *fewest) *fewest = c;
    if (c > *most) *most = c;
  }
  return sum / RUNS;
}

static void spans_are_as_many_and_as_long_as_configured(void **state) {
  (void)state;
  int fewest, most;
  /* spans of one element do not overlap: their number is what is rounded */
  assert_near(mean_masked(N, (mer__mask_axis){0.125, 1, 0}, &fewest, &most), 12.5, 0.05);
  assert_true(fewest == 12 && most == 13);
  assert_near(mean_masked(N, (mer__mask_axis){0.004, 1, 0}, &fewest, &most), 0.4, 0.05);
  assert_true(fewest == 0 && most == 1);
  /* five spans of ten of 91 places each: at most half, less where they overlap */
  const double mean = mean_masked(N, (mer__mask_axis){0.5, 10, 0}, &fewest, &most);
  assert_true(most == 50 && fewest >= 14 && mean > 38 && mean < 44);
  /* at least two */
  mean_masked(N, (mer__mask_axis){0.001, 10, 2}, &fewest, &most);
  assert_true(most == 20 && fewest >= 11);
}

static void short_inputs_have_as_many_as_fit(void **state) {
  (void)state;
  int fewest, most;
  mean_masked(9, (mer__mask_axis){0.5, 10, 2}, &fewest, &most);
  assert_true(most == 0);
  mean_masked(10, (mer__mask_axis){0.05, 10, 2}, &fewest, &most);
  assert_true(fewest == 10 && most == 10);
  mean_masked(19, (mer__mask_axis){1, 10, 2}, &fewest, &most);
  assert_true(fewest == 10 && most == 10);
  mean_masked(N, (mer__mask_axis){1, 1, 0}, &fewest, &most);
  assert_true(fewest == N);
}

static void starts_are_anywhere_alike(void **state) {
  (void)state;
  enum { n = 20, LENGTH = 5, PLACES = n - LENGTH + 1 };
  const mer__mask_axis axis = {0.25, LENGTH, 0};
  int starts_seen[n] = {0};
  bool masked[n];
  int32_t starts[n];
  mer__rng rng = {.seed = 7};
  for (int i = 0; i < 16000; i++) {
    mer__mask_spans(masked, starts, n, &axis, 0, &rng);
    for (int k = 0; k < n; k++)
      if (masked[k]) {
        starts_seen[k]++;
        break;
      }
  }
  for (int k = 0; k < n; k++) {
    if (k < PLACES) assert_near(starts_seen[k], 1000, 150);
    else assert_int_equal(starts_seen[k], 0);
  }
}

static void masks_are_those_of_seed_step_and_window(void **state) {
  (void)state;
  const mer__spec_augment augment = {{0.3, 5, 1}, {0.2, 3, 1}};
  const struct {
    mer__noise noise;
    int64_t number;
  } others[] = {{{true, 1, 2, 0}, 0},
                {{true, 2, 2, 0}, 0},
                {{true, 1, 3, 0}, 0},
                {{true, 1, 2, 0}, 1},
                {{true, 1, 2, 5000}, 0}};
  mer__arena arena = {0};
  mer__spec_masks first, masks;
  mer_error err = {0};
  assert_ok(mer__spec_masks_draw(&first, &augment, N, N, &others[0].noise, SITE, 0, &arena, &err));
  for (int i = 0; i < 5; i++) {
    assert_ok(mer__spec_masks_draw(&masks, &augment, N, N, &others[i].noise, SITE, others[i].number,
                                   &arena, &err));
    assert_true((memcmp(first.time, masks.time, N) == 0) == (i == 0));
    assert_true((memcmp(first.features, masks.features, N) == 0) == (i == 0));
  }
  const mer__noise prediction = {.seed = 1, .step = 2};
  assert_ok(mer__spec_masks_draw(&masks, &augment, N, N, &prediction, SITE, 0, &arena, &err));
  assert_true(!masks.time && !masks.features);
  mer__arena_clear(&arena);
}

/* A golden encoder with other words in its configuration; the rest are links to its files. */
static void put_folder(char folder[64], const char *golden, const char *const words[][2], int n) {
  static const char *const linked[] = {"model.safetensors", "expected.safetensors",
                                       "preprocessor_config.json"};
  char path[4200], from[4200], *text;
  size_t size;
  mer_error err = {0};
  make_temporary_folder(folder);
  for (int i = 0; i < 3; i++) {
    snprintf(from, sizeof from, "%s/%s", golden, linked[i]);
    snprintf(path, sizeof path, "%s/%s", folder, linked[i]);
    assert_int_equal(symlink(from, path), 0);
  }
  snprintf(path, sizeof path, "%s/config.json", golden);
  assert_ok(mer__file_read(&text, &size, path, 1 << 20, &err));
  char changed[8192];
  assert_true(size + 64 < sizeof changed);
  memcpy(changed, text, size + 1);
  for (int i = 0; i < n; i++) {
    char *at = strstr(changed, words[i][0]);
    assert_non_null(at);
    const size_t from_size = strlen(words[i][0]), to_size = strlen(words[i][1]);
    memmove(at + to_size, at + from_size, strlen(at + from_size) + 1);
    memcpy(at, words[i][1], to_size);
  }
  snprintf(path, sizeof path, "%s/config.json", folder);
  assert_ok(mer__file_write(path, changed, strlen(changed), &err));
  mer__free(text);
}

static const char *const masking[][2] = {
    {"\"mask_time_prob\": 0.0", "\"mask_time_prob\": 0.3"},
    {"\"mask_time_length\": 10", "\"mask_time_length\":  3"},
    {"\"mask_feature_prob\": 0.0", "\"mask_feature_prob\": 0.3"},
    {"\"mask_feature_length\": 10", "\"mask_feature_length\":  2"}};

static void check_gradients(const char *golden) {
  golden_network *plain = calloc(1, sizeof *plain), *masked = calloc(1, sizeof *masked);
  char folder[64];
  float before[B * K], after[B * K];
  put_folder(folder, golden, masking, 4);
  const mer__encoder_settings settings = {.folder = folder, .layer_sum = true};
  golden_open(masked, folder, &settings, false, "samples", 1);
  golden_open(plain, golden, &(mer__encoder_settings){.folder = golden, .layer_sum = true}, false,
              "samples", 1);
  golden_train(plain);
  golden_train(masked);
  mer__params *params = &masked->model.network.params;
  int64_t embedding = -1;
  for (size_t i = 0; i < params->n_items; i++)
    if (strcmp(params->items[i].name, "masked_spec_embed") == 0) embedding = (int64_t)i;
  assert_true(embedding >= 0);
  for (int64_t i = 0; i < params->items[embedding].size; i++) {
    assert_true(mer__value(params, embedding)[i] == 0); /* the file has none */
    mer__value(params, embedding)[i] = 0.1f * (float)(i % 5) - 0.2f;
  }
  golden_step(plain, before);
  golden_step(masked, after);
  assert_true(max_difference(before, after, B * K) > 1e-3);
  memset(params->grads, 0, (size_t)(params->size - params->first_trained) * sizeof(float));
  const network_batch batch = {
      &masked->model.network, masked->inputs, masked->labels, B, &masked->arena, NULL};
  assert_gradients(&batch, 97, 2e-3);
  for (int64_t i = 0; i < params->items[embedding].size; i++) {
    float *value = mer__value(params, embedding) + i;
    const float saved = *value, step = 1e-3f;
    *value = saved + step;
    const double above = batch_loss(&batch, false);
    *value = saved - step;
    assert_near(mer__grad(params, embedding)[i], (above - batch_loss(&batch, false)) / (2 * step),
                2e-3);
    *value = saved;
  }
  golden_close(plain);
  golden_close(masked);
  free(plain);
  free(masked);
  remove_test_folder(folder);
}

static void gradients_are_those_of_finite_differences(void **state) {
  (void)state;
  check_gradients(GOLDEN "wav2vec/wav2vec2");
  check_gradients(GOLDEN "wav2vec/wavlm-large");
}

/* Whisper's bands are masked where its configuration says so, in training alone. */
static void bands_are_masked_on_demand(void **state) {
  (void)state;
  enum { BANDS = 8, WIDTH = 16 };
  static const char *const words[][2] = {
      {"\"mask_time_prob\": 0.05", "\"mask_time_prob\": 0.5"},
      {"\"apply_spec_augment\": false", "\"apply_spec_augment\": true"}};
  double losses[3];
  float vectors[3][B * WIDTH];
  for (int i = 0; i < 3; i++) {
    golden_network *g = calloc(1, sizeof *g);
    char folder[64];
    put_folder(folder, GOLDEN "whisper", words, i);
    const mer__encoder_settings settings = {.folder = folder, .layer_sum = true};
    golden_open(g, folder, &settings, false, "frames", BANDS);
    golden_encode(vectors[i], g, g->inputs, B);
    golden_train(g);
    losses[i] = golden_step(g, NULL);
    golden_close(g);
    free(g);
    remove_test_folder(folder);
  }
  assert_true(losses[0] == losses[1] && fabs(losses[2] - losses[0]) > 1e-4);
  assert_memory_equal(vectors[0], vectors[2], sizeof vectors[0]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(spans_are_as_many_and_as_long_as_configured),
      cmocka_unit_test(short_inputs_have_as_many_as_fit),
      cmocka_unit_test(starts_are_anywhere_alike),
      cmocka_unit_test(masks_are_those_of_seed_step_and_window),
      cmocka_unit_test(gradients_are_those_of_finite_differences),
      cmocka_unit_test(bands_are_masked_on_demand),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
