/* test_whisper.c: a small Whisper of random weights: means of hidden states, logits, all gradients
 * and AdamW steps against transformers (tests/golden/make_whisper.py); statistics and attention
 * over time against PyTorch (make_attention_pool.py); windows of long sound, frozen vectors,
 * changes of training, int8, model directories, and configurations at fault. */
#include "encoder/whisper.h"

#include "base/rng.h"
#include "encoder/encoder_golden.h"
#include "model/network_gradients.h"

#define FOLDER GOLDEN "whisper"

enum { BANDS = 8, H = 16, DEPTHS = 3 };

static golden_network *open_network(bool layer_sum, bool frozen) {
  golden_network *g = calloc(1, sizeof *g);
  const mer__encoder_settings settings = {.folder = FOLDER, .layer_sum = layer_sum};
  golden_open(g, FOLDER, &settings, frozen, "frames", BANDS);
  return g;
}

static int set_up(void **state) {
  *state = open_network(true, false);
  return 0;
}

static int tear_down(void **state) {
  golden_close(*state);
  free(*state);
  return 0;
}

/* What the encoder gives when it is frozen, of inputs [n]. */
static void encode_frozen(float *out, golden_network *g, const mer__input *inputs, int64_t n) {
  mer_error err = {0};
  g->model.network.modalities[0].frozen = true;
  mer__arena_reset(&g->arena);
  assert_ok(mer__network_encode(out, &g->model.network, 0, inputs, n, &g->arena, &err));
  g->model.network.modalities[0].frozen = false;
}

static int64_t param_of(const golden_network *g, const char *name) {
  const mer__params *params = &g->model.network.params;
  for (size_t i = 0; i < params->n_items; i++)
    if (strcmp(params->items[i].name, name) == 0) return (int64_t)i;
  fail_msg("no parameter %s", name);
  return -1;
}

static void means_equal_transformers(void **state) {
  golden_network *g = *state;
  float means[B * DEPTHS * H];
  encode_frozen(means, g, g->inputs, B);
  const double d = max_difference(means, golden_values(g, "means", B * DEPTHS * H), B * DEPTHS * H);
  assert_near(d, 0, 1e-4);
}

/* What an encoder gives does not depend on whether it is frozen, to the bit. */
static void frozen_it_gives_the_same_bits(void **state) {
  golden_network *g = *state;
  float means[B * DEPTHS * H], heard[B * H], known[B * H];
  mer__input inputs[B];
  golden_encode(heard, g, g->inputs, B);
  encode_frozen(means, g, g->inputs, B);
  memcpy(inputs, g->inputs, sizeof inputs);
  for (int b = 0; b < B; b++) inputs[b].vector = means + b * DEPTHS * H;
  golden_encode(known, g, inputs, B);
  assert_memory_equal(known, heard, sizeof heard);
}

static void gradients_equal_pytorch(void **state) { golden_check_gradients(*state); }

static void adamw_steps_equal_pytorch(void **state) { golden_check_steps(*state, 5); }

/* Its layers are pooled as the settings say; the head is one layer. Of the layers the first
 * `n_frozen`, and the stem, are frozen; -1: nothing is. What is expected stands in `file`. */
static golden_network *open_pooled(const mer__encoder_settings *settings, int64_t n_frozen,
                                   const char *file) {
  golden_network *g = calloc(1, sizeof *g);
  mer_error err = {0};
  mer__network *network = &g->model.network;
  mer__modality *audio = &network->modalities[0];
  network->n_modalities = 1;
  network->frozen_groups = n_frozen + MER__GROUP_LAYER;
  network->n_labels = K;
  network->fusion.type = mer__fusion_type_find("concat");
  assert_ok(mer_safetensors_open(&g->expected, file, &err));
  assert_ok(mer__model_adopt(&g->model, audio, &mer__encoder_whisper, "audio", settings, &err));
  assert_ok(mer__network_build(network, &err));
  mer__network_init(network, 1);
  assert_ok(mer__model_load_encoder(&g->model, audio, settings->folder, false, NULL, &err));
  golden_inputs(g, "frames", BANDS);
  return g;
}

/* To mean and deviation, standardized. */
static golden_network *open_statistics(double trim_db) {
  const mer__encoder_settings settings = {.folder = FOLDER,
                                          .layer_sum = true,
                                          .pool = MER__POOL_MEAN_STD,
                                          .standardize = true,
                                          .trim_db = trim_db};
  return open_pooled(&settings, -1, FOLDER "/expected.safetensors");
}

static float *value_of(const golden_network *g, const char *name) {
  return mer__value(&g->model.network.params, param_of(g, name));
}

static void take_constants(golden_network *g) {
  enum { N = DEPTHS * 2 * H };
  memcpy(value_of(g, "layer_means"), golden_values(g, "std.means", N), N * sizeof(float));
  memcpy(value_of(g, "layer_deviations"), golden_values(g, "std.deviations", N), N * sizeof(float));
}

/* The vectors of a training's step, and the gradients that come from theirs. */
static void pool_both_ways(float *vectors, golden_network *g, const float *dvectors) {
  const mer__modality *audio = &g->model.network.modalities[0];
  const mer__input *inputs[B];
  void *kept;
  mer_error err = {0};
  golden_train(g);
  const mer__pass pass = {.params = &g->model.network.params,
                          .compute = &g->compute,
                          .arena = &g->arena,
                          .noise = {.training = true}};
  for (int b = 0; b < B; b++) inputs[b] = &g->inputs[b];
  assert_ok(audio->type->forward(vectors, &kept, audio, inputs, B, &pass, &err));
  assert_ok(audio->type->backward(audio, kept, dvectors, &pass, &err));
}

/* The vectors [B, width] and the gradients of what is trained are those that PyTorch gives, whose
 * names begin with `prefix`. */
static void expect_pooled(golden_network *g, const char *prefix, int64_t width) {
  const mer__modality *audio = &g->model.network.modalities[0];
  const mer__params *params = &g->model.network.params;
  float vectors[B * 2 * H];
  char name[128];
  assert_int_equal(audio->width, width);
  snprintf(name, sizeof name, "%s.dvectors", prefix);
  pool_both_ways(vectors, g, golden_values(g, name, B * width));
  snprintf(name, sizeof name, "%s.vectors", prefix);
  assert_near(max_difference(vectors, golden_values(g, name, B * width), (size_t)(B * width)), 0,
              1e-4);
  for (size_t i = audio->first_param; i < audio->last_param; i++) {
    if (!params->items[i].trained || params->items[i].kernel > 1) continue; /* in another order */
    snprintf(name, sizeof name, "%s.grad.%s", prefix, params->items[i].name);
    const int64_t n = params->items[i].size;
    const double error =
        relative_error(mer__grad(params, (int64_t)i), golden_values(g, name, n), (size_t)n);
    if (!(error < 1e-4)) fail_msg("%s differs by %g", name, error);
  }
}

static void statistics_and_their_gradients_equal_pytorch(void **state) {
  (void)state;
  golden_network *g = open_statistics(0);
  take_constants(g);
  expect_pooled(g, "std", 2 * H);
  golden_close(g);
  free(g);
}

static const char *const ATTENTION[] = {"layer_attention.weight", "layer_attention.bias",
                                        "layer_attention.query"};

/* By attention, with the parameters of the golden file. */
static golden_network *open_attention_of(const char *folder, bool layer_sum, int64_t n_frozen) {
  const mer__encoder_settings settings = {
      .folder = folder, .layer_sum = layer_sum, .pool = MER__POOL_ATTENTION, .standardize = true};
  golden_network *g = open_pooled(&settings, n_frozen, FOLDER "/attention.safetensors");
  for (int i = 0; i < 3; i++) {
    const int64_t n = g->model.network.params.items[param_of(g, ATTENTION[i])].size;
    char name[128];
    snprintf(name, sizeof name, "att.%s", ATTENTION[i]);
    memcpy(value_of(g, ATTENTION[i]), golden_values(g, name, n), (size_t)n * sizeof(float));
  }
  return g;
}

static golden_network *open_attention(bool layer_sum, int64_t n_frozen) {
  return open_attention_of(FOLDER, layer_sum, n_frozen);
}

/* A frozen layer changes no gradient of what is trained. */
static void attention_and_its_gradients_equal_pytorch(void **state) {
  (void)state;
  for (int64_t n_frozen = -1; n_frozen < 2; n_frozen++) {
    golden_network *g = open_attention(true, n_frozen);
    expect_pooled(g, "att", H);
    golden_close(g);
    free(g);
  }
  golden_network *g = open_attention(false, -1);
  float vectors[B * H];
  golden_encode(vectors, g, g->inputs, B);
  const double d = max_difference(vectors, golden_values(g, "att.last.vectors", B * H), B * H);
  assert_near(d, 0, 1e-4);
  golden_close(g);
  free(g);
}

/* The same encoder with a third layer, a copy of the second. */
static void put_deeper(const char *folder) {
  enum { MOST = 64, NAME = 96 };
  static char names[MOST][NAME];
  static const char second[] = "layers.1.";
  mer_safetensors *file;
  mer_tensor tensors[2 * MOST];
  mer_error err = {0};
  char path[128];
  int n = 0, n_copies = 0;
  assert_ok(mer_safetensors_open(&file, FOLDER "/model.safetensors", &err));
  assert_true(mer_safetensors_count(file) <= MOST);
  for (int64_t i = 0; i < mer_safetensors_count(file); i++) {
    const mer_tensor *t = mer_safetensors_at(file, i);
    const char *at = strstr(t->name, second);
    if (strcmp(t->name, "layer_weights") == 0) continue; /* of two layers */
    tensors[n++] = *t;
    if (!at) continue;
    snprintf(names[n_copies], NAME, "%.*slayers.2.%s", (int)(at - t->name), t->name,
             at + sizeof second - 1);
    tensors[n] = *t;
    tensors[n++].name = names[n_copies++];
  }
  snprintf(path, sizeof path, "%s/model.safetensors", folder);
  assert_ok(mer_safetensors_write(path, tensors, n, NULL, 0, &err));
  mer_safetensors_close(file);
  json_t *config = json_load_file(FOLDER "/config.json", 0, NULL);
  json_object_set_new(config, "encoder_layers", json_integer(3));
  snprintf(path, sizeof path, "%s/config.json", folder);
  assert_int_equal(json_dump_file(config, path, 0), 0);
  json_decref(config);
}

/* Of two frozen layers the second writes over what the first one was given, which is pooled by
 * attention all the same. */
static void frozen_layers_leave_attention_its_gradients(void **state) {
  (void)state;
  char folder[64];
  golden_network *g[2];
  float vectors[2][B * H];
  make_temporary_folder(folder);
  put_deeper(folder);
  for (int i = 0; i < 2; i++) {
    g[i] = open_attention_of(folder, true, i ? 2 : -1);
    pool_both_ways(vectors[i], g[i], golden_values(g[i], "att.dvectors", B * H));
  }
  assert_memory_equal(vectors[0], vectors[1], sizeof vectors[0]);
  for (int k = 0; k < 3; k++) {
    const int64_t p[] = {param_of(g[0], ATTENTION[k]), param_of(g[1], ATTENTION[k])};
    const mer__params *whole = &g[0]->model.network.params, *part = &g[1]->model.network.params;
    assert_true(relative_error(mer__grad(part, p[1]), mer__grad(whole, p[0]),
                               (size_t)whole->items[p[0]].size) < 1e-5);
  }
  for (int i = 0; i < 2; i++) {
    golden_close(g[i]);
    free(g[i]);
  }
  remove_test_folder(folder);
}

/* Of the whole network, also with a frozen layer, and of the last layer alone. */
static void gradients_of_attention_are_those_of_finite_differences(void **state) {
  (void)state;
  for (int i = 0; i < 4; i++) {
    golden_network *g = open_attention(i < 2, i % 2 ? 1 : -1);
    golden_train(g);
    assert_gradients(&(network_batch){&g->model.network, g->inputs, g->labels, B, &g->arena, NULL},
                     i % 2 ? 17 : 101, 2e-3);
    golden_close(g);
    free(g);
  }
}

/* What is pooled by attention is not standardized, though that is asked for. */
static void attention_has_no_constants(void **state) {
  (void)state;
  golden_network *g = open_attention(true, -1);
  const mer__params *params = &g->model.network.params;
  for (size_t i = 0; i < params->n_items; i++)
    if (strstr(params->items[i].name, "layer_means")) fail_msg("means to standardize by");
  assert_false(g->model.network.modalities[0].has_constants);
  golden_close(g);
  free(g);
}

/* Sound of several windows, alone and among others: in prediction one window after the other, whose
 * sums are merged; in training all in one batch. */
static void attention_is_over_all_windows(void **state) {
  (void)state;
  enum { F = 200, N = 3 };
  for (int sum = 0; sum < 2; sum++) {
    golden_network *g = open_attention(sum, -1);
    const mer__modality *audio = &g->model.network.modalities[0];
    static float frames[N][F * BANDS];
    float in_parts[N * H], whole[N * H], one[H];
    mer__input inputs[N];
    const mer__input *pointers[N];
    void *kept;
    mer_error err = {0};
    mer__rng rng = {.seed = 6};
    for (int b = 0; b < N; b++) {
      const int n = b == 1 ? 30 : F - 7 * b;
      for (int i = 0; i < n * BANDS; i++) frames[b][i] = 2 * mer__rng_normal(&rng);
      g->inputs[b] = inputs[b] =
          (mer__input){.present = true, .length = n * BANDS, .values = frames[b]};
      pointers[b] = &inputs[b];
    }
    golden_encode(in_parts, g, inputs, N);
    for (int b = 0; b < N; b++) {
      golden_encode(one, g, &inputs[b], 1);
      assert_near(max_difference(in_parts + b * H, one, H), 0, 1e-5);
    }
    golden_train(g);
    const mer__pass pass = {.params = &g->model.network.params,
                            .compute = &g->compute,
                            .arena = &g->arena,
                            .noise = {.training = true}};
    assert_ok(audio->type->forward(whole, &kept, audio, pointers, N, &pass, &err));
    assert_near(max_difference(in_parts, whole, N * H), 0, 1e-5);
    golden_close(g);
    free(g);
  }
}

/* What the constants are made of: the rows of a source that have a vector. */
static void get_row(mer__input *out, const mer__source *source, int64_t row) {
  *out = ((const mer__input *)source->owner)[row];
}

static void statistics_are_standardized_by_the_training_rows(void **state) {
  (void)state;
  enum { N = DEPTHS * 2 * H };
  golden_network *g = open_statistics(0);
  mer__modality *audio = &g->model.network.modalities[0];
  static float statistics[(B - 1) * N], vectors[(B - 1) * 2 * H];
  mer_error err = {0};
  encode_frozen(statistics, g, g->inputs, B - 1);
  for (int b = 0; b < B - 1; b++) g->inputs[b].vector = statistics + b * N;
  g->inputs[B - 1].present = false;
  const mer__source source = {B, g->inputs, get_row};
  assert_ok(audio->type->fit(audio, &g->model.network.params, &source, 0, &err));
  for (int i = 0; i < DEPTHS; i++) value_of(g, "layer_weights")[i] = i == 1 ? 100 : 0;
  golden_encode(vectors, g, g->inputs, B - 1);
  for (int j = 0; j < 2 * H; j++) {
    double sum = 0, squares = 0;
    for (int b = 0; b < B - 1; b++) {
      sum += vectors[b * 2 * H + j];
      squares += vectors[b * 2 * H + j] * vectors[b * 2 * H + j];
    }
    assert_near(sum, 0, 1e-3);
    assert_near(squares / (B - 1), 1, 1e-3);
  }
  golden_close(g);
  free(g);
}

/* Frames at the ends are left out that lie 10 dB, a quarter in the features, below the peak. */
static void quiet_ends_are_cut_off(void **state) {
  (void)state;
  enum { F = 24, FIRST = 4, LAST = 19 };
  golden_network *g = open_statistics(10);
  const mer__modality *audio = &g->model.network.modalities[0];
  float frames[F * BANDS], whole[2 * H], inner[2 * H];
  for (int f = 0; f < F; f++)
    for (int m = 0; m < BANDS; m++)
      frames[f * BANDS + m] = f < FIRST || f >= LAST ? 0.7f : 0.5f + 0.01f * (float)(f + m);
  frames[FIRST * BANDS] = frames[(LAST - 1) * BANDS + 3] = 1;
  frames[10 * BANDS] = -3; /* a quiet one within stays */
  const mer__input input = {.present = true, .length = F * BANDS, .values = frames};
  const mer__input part = {
      .present = true, .length = (LAST - FIRST) * BANDS, .values = frames + FIRST * BANDS};
  assert_int_equal(audio->type->n_rows(audio, &input), 8);
  golden_encode(whole, g, &input, 1);
  golden_encode(inner, g, &part, 1);
  assert_memory_equal(whole, inner, sizeof whole);
  golden_close(g);
  free(g);
}

static void last_layer_equals_transformers(void **state) {
  (void)state;
  golden_network *g = open_network(false, false);
  mer_error err = {0};
  const mer__noise noise = {0};
  float logits[B * K];
  assert_ok(
      mer__network_forward(logits, NULL, &g->model.network, g->inputs, B, &g->arena, &noise, &err));
  assert_near(max_difference(logits, golden_values(g, "last.logits", B * K), B * K), 0, 1e-4);
  golden_close(g);
  free(g);
}

static void check_batch(golden_network *g) {
  float all[B * H], one[H];
  golden_encode(all, g, g->inputs, B);
  for (int b = 0; b < B; b++) {
    golden_encode(one, g, &g->inputs[b], 1);
    assert_near(max_difference(all + b * H, one, H), 0, 1e-5);
  }
}

static void a_batch_equals_one_by_one(void **state) {
  check_batch(*state);
  golden_network *g = open_attention(true, -1);
  check_batch(g);
  golden_close(g);
  free(g);
}

/* Sound of more than 60 frames is cut into parts of about the same length, each of an even number
 * of frames but the last; its vector is the mean over all rows. */
static void long_sound_is_cut_into_windows(void **state) {
  golden_network *g = *state;
  enum { F = 151 };
  static const int64_t from[] = {0, 50, 100, F};
  float frames[F * BANDS], whole[2 * H], part[H], expected[H] = {0};
  mer__rng rng = {.seed = 3};
  for (int i = 0; i < F * BANDS; i++) frames[i] = mer__rng_normal(&rng);
  const mer__input inputs[] = {{.present = true, .length = F * BANDS, .values = frames},
                               g->inputs[2]};
  golden_encode(whole, g, inputs, 2);
  for (int k = 0; k < 3; k++) {
    const int64_t n = from[k + 1] - from[k], n_rows = (n + 1) / 2;
    const mer__input input = {
        .present = true, .length = n * BANDS, .values = frames + from[k] * BANDS};
    golden_encode(part, g, &input, 1);
    for (int j = 0; j < H; j++) expected[j] += part[j] * (float)n_rows / 76;
  }
  assert_near(max_difference(whole, expected, H), 0, 1e-5);
  golden_encode(part, g, &g->inputs[2], 1);
  assert_near(max_difference(whole + H, part, H), 0, 1e-6);
}

/* While training, all windows are one batch: the same loss. */
static void windows_are_trained_on(void **state) {
  golden_network *g = *state;
  enum { F = 200 };
  static float frames[F * BANDS];
  mer_error err = {0};
  mer__rng rng = {.seed = 4};
  float once[B * K], logits[B * K];
  const mer__noise prediction = {0};
  for (int i = 0; i < F * BANDS; i++) frames[i] = mer__rng_normal(&rng);
  g->inputs[1] = (mer__input){.present = true, .length = F * BANDS, .values = frames};
  golden_train(g);
  golden_step(g, logits);
  assert_ok(mer__network_forward(once, NULL, &g->model.network, g->inputs, B, &g->arena,
                                 &prediction, &err));
  assert_near(max_difference(once, logits, B * K), 0, 1e-4);
}

/* The logits of one step of training, with the same dropout each time. */
static void step_logits(float *logits, golden_network *g) {
  batch_loss(&(network_batch){&g->model.network, g->inputs, g->labels, B, &g->arena, logits},
             false);
}

static void training_changes_what_is_heard(void **state) {
  golden_network *plain = *state, *g = calloc(1, sizeof *g);
  const mer__encoder_settings settings = {.folder = FOLDER, .layer_sum = true, .augment = true};
  float unchanged[B * K], changed[B * K], again[B * K], heard[B * H], before[B * H];
  golden_open(g, FOLDER, &settings, false, "frames", BANDS);
  golden_train(g); /* with room for the longest that a change makes */
  golden_train(plain);
  assert_true((double)g->compute.max_rows > 1.1 * (double)plain->compute.max_rows);
  step_logits(unchanged, plain);
  step_logits(changed, g);
  step_logits(again, g);
  assert_memory_equal(changed, again, sizeof changed);
  assert_true(max_difference(changed, unchanged, B * K) > 1e-3);
  golden_encode(heard, g, g->inputs, B); /* as it is where it is not trained */
  golden_encode(before, plain, plain->inputs, B);
  assert_memory_equal(heard, before, sizeof heard);
  assert_gradients(&(network_batch){&g->model.network, g->inputs, g->labels, B, &g->arena, NULL},
                   101, 2e-3);
  golden_close(g);
  free(g);
}

static void padded_sound_is_not_changed(void **state) {
  (void)state;
  mer_model model = {0};
  mer_error err = {0};
  const mer__encoder_settings settings = {.folder = FOLDER, .padded = true, .augment = true};
  assert_int_equal(mer__model_adopt(&model, &model.network.modalities[0], &mer__encoder_whisper,
                                    "audio", &settings, &err),
                   MER_STATUS_INVALID);
  assert_non_null(strstr(err.message, "padded to 30 s is not changed"));
  mer__modality_clear(&model.network.modalities[0]);
}

/* Frozen, the layers' weights are trained on what the layers gave once. */
static void frozen_layers_leave_the_weights_trained(void **state) {
  (void)state;
  golden_network *g = open_network(true, true);
  const mer__params *params = &g->model.network.params;
  float means[B * DEPTHS * H];
  mer_error err = {0};
  assert_ok(mer__network_encode(means, &g->model.network, 0, g->inputs, B, &g->arena, &err));
  assert_int_equal(params->size - params->first_trained, DEPTHS + 128 * H + 128 + K * 128 + K);
  for (int b = 0; b < B; b++) g->inputs[b].vector = means + b * DEPTHS * H;
  golden_train(g);
  assert_near(golden_step(g, NULL), *golden_values(g, "loss", 1), 1e-5);
  const float *expected = golden_values(g, "grad.layer_weights", DEPTHS);
  assert_true(relative_error(mer__grad(params, param_of(g, "layer_weights")), expected, DEPTHS) <
              1e-4);
  golden_close(g);
  free(g);
}

static void int8_is_close(void **state) {
  golden_network *g = *state;
  mer_error err = {0};
  float exact[B * H], rounded[B * H];
  golden_encode(exact, g, g->inputs, B);
  assert_ok(mer__network_quantize(&g->model.network, false, &err));
  golden_encode(rounded, g, g->inputs, B);
  assert_true(relative_error(rounded, exact, B * H) < 0.03);
}

static void model_directories_open_again(void **state) {
  golden_opens_again(*state);
  golden_network *g = open_statistics(25);
  take_constants(g);
  golden_opens_again(g);
  golden_close(g);
  free(g);
  g = open_attention(true, -1);
  golden_opens_again(g);
  golden_close(g);
  free(g);
}

/* A classifier of transformers opens as it is, and hears padded sound, bands by bands. */
static void classifiers_equal_transformers(void **state) {
  golden_network *g = *state;
  enum { F = 60 };
  mer_error err = {0};
  mer_model *model;
  const mer__noise noise = {0};
  float frames[BANDS * F], logits[K];
  for (int f = 0; f < F; f++)
    for (int m = 0; m < BANDS; m++) frames[m * F + f] = g->inputs[0].values[f * BANDS + m];
  const mer__input input = {.present = true, .length = BANDS * F, .values = frames};
  assert_ok(mer_model_open(&model, FOLDER, &err));
  assert_string_equal(mer_model_kind(model), "audio");
  assert_string_equal(mer_model_label(model, 2), "fear");
  assert_int_equal(mer_model_modality(model, 0).features->n_frames, F);
  assert_ok(
      mer__network_forward(logits, NULL, &model->network, &input, 1, &g->arena, &noise, &err));
  assert_near(max_difference(logits, golden_values(g, "classifier.logits", K), K), 0, 1e-4);
  mer_model_close(model);
}

/* A configuration with one value exchanged is refused, and the message names what is wrong. */
static void check_fault(const char *key, json_t *value, mer_status expected, const char *named) {
  mer__modality audio = {0};
  mer_error err = {0};
  json_t *object = json_pack("{s:o, s:o}", "config", json_load_file(FOLDER "/config.json", 0, NULL),
                             "features", json_object());
  json_object_set_new(json_object_get(object, "config"), key, value);
  assert_ok(mer__modality_create(&audio, &mer__encoder_whisper, &err));
  assert_int_equal(audio.type->parse(&audio, object, object, ".", "config.json", &err), expected);
  if (!strstr(err.message, named)) fail_msg("message without %s: %s", named, err.message);
  mer__modality_clear(&audio);
  json_decref(object);
}

static void configurations_at_fault_are_refused(void **state) {
  (void)state;
  check_fault("d_model", json_integer(0), MER_STATUS_FORMAT, "d_model");
  check_fault("d_model", json_integer(1 << 30), MER_STATUS_FORMAT, "d_model");
  check_fault("encoder_attention_heads", json_integer(3), MER_STATUS_FORMAT,
              "encoder_attention_heads");
  check_fault("num_mel_bins", json_integer(513), MER_STATUS_FORMAT, "num_mel_bins");
  check_fault("max_source_positions", json_string("many"), MER_STATUS_FORMAT,
              "max_source_positions");
  check_fault("activation_function", json_string("relu"), MER_STATUS_UNSUPPORTED, "gelu");
  check_fault("use_weighted_layer_sum", json_string("yes"), MER_STATUS_FORMAT,
              "use_weighted_layer_sum");
  check_fault("dropout", json_real(1.5), MER_STATUS_FORMAT, "dropout");
  check_fault("model_type", json_string("bert"), MER_STATUS_UNSUPPORTED, "whisper");
  check_fault("use_cache", json_true(), MER_STATUS_FORMAT, "kind"); /* of the features */
}

/* Of the two files of a directory the one at fault is named. */
static void the_preprocessor_at_fault_is_named(void **state) {
  (void)state;
  static const char *const faults[] = {"\"n_fft\": 9000", "\"n_fft\": 401", "\"hop_length\": 9000",
                                       "\"sampling_rate\": 999"};
  mer_error err = {0};
  char folder[64], path[128], text[64];
  const mer__encoder_settings settings = {.folder = folder};
  json_t *config = json_load_file(FOLDER "/config.json", 0, NULL);
  make_temporary_folder(folder);
  snprintf(path, sizeof path, "%s/config.json", folder);
  assert_int_equal(json_dump_file(config, path, 0), 0);
  snprintf(path, sizeof path, "%s/preprocessor_config.json", folder);
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
    mer__modality audio = {0};
    snprintf(text, sizeof text, "{%s}", faults[i]);
    assert_ok(mer_file_write(path, text, strlen(text), NULL, &err));
    assert_ok(mer__modality_create(&audio, &mer__encoder_whisper, &err));
    assert_int_equal(audio.type->adopt(&audio, &settings, &err), MER_STATUS_FORMAT);
    if (strncmp(err.message, path, strlen(path)) != 0)
      fail_msg("without its file: %s", err.message);
    mer__modality_clear(&audio);
  }
  remove_test_folder(folder);
  json_decref(config);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(means_equal_transformers),
      TEST(frozen_it_gives_the_same_bits),
      TEST(gradients_equal_pytorch),
      TEST(adamw_steps_equal_pytorch),
      cmocka_unit_test(statistics_and_their_gradients_equal_pytorch),
      cmocka_unit_test(statistics_are_standardized_by_the_training_rows),
      cmocka_unit_test(attention_and_its_gradients_equal_pytorch),
      cmocka_unit_test(frozen_layers_leave_attention_its_gradients),
      cmocka_unit_test(gradients_of_attention_are_those_of_finite_differences),
      cmocka_unit_test(attention_has_no_constants),
      cmocka_unit_test(attention_is_over_all_windows),
      cmocka_unit_test(quiet_ends_are_cut_off),
      cmocka_unit_test(last_layer_equals_transformers),
      TEST(a_batch_equals_one_by_one),
      TEST(long_sound_is_cut_into_windows),
      TEST(windows_are_trained_on),
      TEST(training_changes_what_is_heard),
      cmocka_unit_test(padded_sound_is_not_changed),
      cmocka_unit_test(frozen_layers_leave_the_weights_trained),
      TEST(int8_is_close),
      TEST(model_directories_open_again),
      TEST(classifiers_equal_transformers),
      cmocka_unit_test(configurations_at_fault_are_refused),
      cmocka_unit_test(the_preprocessor_at_fault_is_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
