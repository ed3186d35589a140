/* test_crnn.c: the CRNN as an encoder of a network: gradients by finite differences, a batch of
 * clips of different lengths and one after the other, silence at the ends, clips that are hardly
 * there, changes of training, settings that are refused. */
#include "encoder/crnn.h"

#include "base/rng.h"
#include "encoder/crnn_stack.h"
#include "model/network_gradients.h"

enum { N = 5, BANDS = 64, MAX_FRAMES = 60, K = 3, WIDTH = 10 };

typedef struct fixture {
  mer__network network;
  float frames[N][MAX_FRAMES * BANDS];
  mer__input inputs[N];
  int32_t labels[N];
  mer__arena arena;
} fixture;

static void get_row(mer__input *inputs, const mer__source *source, int64_t row) {
  inputs[0] = ((const mer__input *)source->owner)[row];
}

static void make_clips(fixture *f) {
  static const int lengths[N] = {1, 13, 40, 26, 31};
  mer__rng rng = {.seed = 5};
  for (int b = 0; b < N; b++) {
    const int64_t n = lengths[b] * BANDS;
    for (int64_t i = 0; i < n; i++) f->frames[b][i] = -20 + 6 * mer__rng_normal(&rng);
    f->inputs[b] = (mer__input){.present = b != 3, .length = n, .values = f->frames[b]};
    f->labels[b] = b % K;
  }
}

/* A small one. */
static int set_up(void **state) {
  fixture *f = calloc(1, sizeof *f);
  mer_error err = {0};
  mer__network *network = &f->network;
  mer__modality *modality = &network->modalities[0];
  const mer__encoder_settings settings = {.trim_db = 60, .augment = true};
  make_clips(f);
  network->n_modalities = 1;
  network->n_labels = K;
  network->fusion.type = mer__fusion_type_find("concat");
  snprintf(modality->name, sizeof modality->name, "audio");
  assert_ok(mer__modality_create(modality, &mer__encoder_crnn, &err));
  assert_ok(modality->type->adopt(modality, &settings, &err));
  mer__crnn_stack *stack = modality->self;
  stack->config = (mer__crnn_config){.n_blocks = 3,
                                     .channels = {3, 4, 5},
                                     .time_pooling = {2, 1, 3},
                                     .hidden = WIDTH / 2,
                                     .attention = 4,
                                     .dropout = 0.25};
  modality->width = WIDTH;
  assert_ok(mer__network_build(network, &err));
  mer__network_init(network, 3);
  const mer__source source = {N, f->inputs, get_row};
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

static mer__crnn_frames *frames_of(fixture *f) {
  return &((mer__crnn_stack *)f->network.modalities[0].self)->frames;
}

static void encode(float *vectors, fixture *f, const mer__input *inputs, int64_t n) {
  mer_error err = {0};
  mer__arena_reset(&f->arena);
  assert_ok(mer__network_encode(vectors, &f->network, 0, inputs, n, &f->arena, &err));
}

static void backward_equals_finite_differences(void **state) {
  fixture *f = *state;
  assert_gradients(&(network_batch){&f->network, f->inputs, f->labels, N, &f->arena, NULL}, 7,
                   2e-3);
}

/* Each clip stands in the batch twice. */
static void backward_of_unimodal_losses(void **state) {
  fixture *f = *state;
  f->network.unimodal = true;
  backward_equals_finite_differences(state);
}

/* With the statistics of a batch in the norms. */
static void a_batch_equals_one_by_one(void **state) {
  fixture *f = *state;
  float vectors[N * WIDTH], one[WIDTH];
  batch_loss(&(network_batch){&f->network, f->inputs, f->labels, N, &f->arena, NULL}, false);
  encode(vectors, f, f->inputs, N);
  for (int b = 0; b < N; b++) {
    encode(one, f, &f->inputs[b], 1);
    assert_near(max_difference(vectors + b * WIDTH, one, WIDTH), 0, 1e-5);
  }
}

/* Frames of silence around a clip. */
static void silence_at_the_ends_is_not_heard(void **state) {
  fixture *f = *state;
  enum { BEFORE = 9, AFTER = 5 };
  static float longer[(MAX_FRAMES + BEFORE + AFTER) * BANDS];
  const mer__input *clip = &f->inputs[2];
  const int64_t n = clip->length + (BEFORE + AFTER) * BANDS;
  const mer__input padded = {.present = true, .length = n, .values = longer};
  float plain[WIDTH], trimmed[WIDTH], heard[WIDTH];
  for (int64_t i = 0; i < n; i++) longer[i] = -100;
  memcpy(longer + BEFORE * BANDS, clip->values, (size_t)clip->length * sizeof(float));
  encode(plain, f, clip, 1);
  encode(trimmed, f, &padded, 1);
  assert_memory_equal(plain, trimmed, sizeof plain);
  frames_of(f)->trim_db = 0;
  encode(heard, f, &padded, 1);
  assert_true(max_difference(plain, heard, WIDTH) > 1e-4);
}

static void a_clip_may_be_hardly_there(void **state) {
  fixture *f = *state;
  float vector[WIDTH], silence[BANDS];
  for (int j = 0; j < BANDS; j++) silence[j] = -100;
  const mer__input inputs[] = {{.present = true, .length = 0, .values = silence},
                               {.present = true, .length = BANDS, .values = silence}};
  for (int i = 0; i < 2; i++) {
    encode(vector, f, &inputs[i], 1);
    for (int j = 0; j < WIDTH; j++) assert_true(isfinite(vector[j]));
  }
}

/* What a batch hears in a step of training. */
static int64_t take(float **frames, mer__packing *clips, fixture *f, uint64_t step) {
  mer_error err = {0};
  const mer__input *inputs[N];
  const mer__pass pass = {.params = &f->network.params,
                          .arena = &f->arena,
                          .noise = {.training = step > 0, .seed = 3, .step = step}};
  for (int b = 0; b < N; b++) inputs[b] = &f->inputs[b];
  assert_ok(mer__crnn_frames_take(frames, clips, frames_of(f), inputs, N, &pass, &err));
  return clips->offsets[N] * BANDS;
}

static void training_changes_what_is_heard(void **state) {
  fixture *f = *state;
  float *plain, *first, *again, *second, *unchanged;
  mer__packing clips, other;
  const int64_t n_plain = take(&plain, &clips, f, 0);
  const int64_t n = take(&first, &clips, f, 1);
  assert_int_equal(take(&again, &other, f, 1), n);
  assert_memory_equal(first, again, (size_t)n * sizeof(float));
  const int64_t n_second = take(&second, &other, f, 2);
  assert_true(n != n_second || memcmp(first, second, (size_t)n * sizeof(float)) != 0);
  int n_masked = 0;
  for (int64_t i = 0; i < n; i++) n_masked += first[i] == 0;
  assert_true(n_masked > n / 20 && n_masked < n / 2);
  frames_of(f)->augment = false;
  assert_int_equal(take(&unchanged, &other, f, 1), n_plain);
  assert_memory_equal(plain, unchanged, (size_t)n_plain * sizeof(float));
}

/* Its own description, with one key of it another. */
static mer_status parse_with(const fixture *f, const char *key, const char *value, mer_error *err) {
  mer__modality modality = {.name = "audio"};
  json_t *object = json_object();
  assert_int_equal(mer__encoder_crnn.describe(&f->network.modalities[0], object), 0);
  if (key)
    assert_int_equal(json_object_set_new(object, key, json_loads(value, JSON_DECODE_ANY, NULL)), 0);
  assert_int_equal(mer__modality_create(&modality, &mer__encoder_crnn, err), MER_OK);
  mer_status status = mer__encoder_crnn.parse(&modality, object, NULL, NULL, "config.json", err);
  if (status == MER_OK) {
    const mer__crnn_stack *a = modality.self, *b = f->network.modalities[0].self;
    assert_memory_equal(&a->config, &b->config, sizeof a->config);
    assert_true(a->frames.n_bands == BANDS && a->frames.trim_db == b->frames.trim_db);
    assert_true(!a->frames.augment && modality.width == WIDTH);
  }
  mer__modality_clear(&modality);
  json_decref(object);
  return status;
}

static void settings_are_read_back(void **state) {
  mer_error err = {0};
  assert_ok(parse_with(*state, NULL, NULL, &err));
}

static void wrong_settings_are_refused(void **state) {
  static const char *const faults[][3] = {
      {"channels", "[]", "'channels' is not a list of 1 to 6 numbers"},
      {"channels", "[1,2,3,4,5,6,7]", "'channels' is not a list of 1 to 6 numbers"},
      {"channels", "[3,0,5]", "'channels': entry 2 is not a whole number from 1 to 1024"},
      {"time_pooling", "[2,1]", "'time_pooling' is not a list of 3 numbers"},
      {"time_pooling", "[2,1,5]", "'time_pooling': entry 3 is not a whole number from 1 to 4"},
      {"hidden", "0", "'hidden' is not a whole number from 1 to 4096"},
      {"attention", "\"4\"", "'attention' is not a whole number from 1 to 4096"},
      {"dropout", "1", "'dropout' is not a number from 0 to 0.99"},
      {"trim_db", "-1", "'trim_db' is not a number from 0 to 120"},
      {"features", "{}", "no text 'kind'"},
  };
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
    mer_error err = {0};
    assert_int_equal(parse_with(*state, faults[i][0], faults[i][1], &err), MER_STATUS_FORMAT);
    if (!strstr(err.message, faults[i][2])) fail_msg("%s: %s", faults[i][0], err.message);
  }
}

/* Three blocks halve the bands three times. */
static void bands_must_be_halved(void **state) {
  fixture *f = *state;
  mer_error err = {0};
  f->network.modalities[0].features.n_mels = 60;
  assert_int_equal(parse_with(f, NULL, NULL, &err), MER_STATUS_FORMAT);
  assert_non_null(strstr(err.message, "a multiple of 8"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {TEST(backward_equals_finite_differences),
                                     TEST(backward_of_unimodal_losses),
                                     TEST(a_batch_equals_one_by_one),
                                     TEST(silence_at_the_ends_is_not_heard),
                                     TEST(a_clip_may_be_hardly_there),
                                     TEST(training_changes_what_is_heard),
                                     TEST(settings_are_read_back),
                                     TEST(wrong_settings_are_refused),
                                     TEST(bands_must_be_halved)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
