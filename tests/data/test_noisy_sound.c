/* test_noisy_sound.c: noise in a clip has the power that was asked for, and clips at fault stay at
 * fault. */
#include "data/noisy_sound.h"

#include "data/features_load.h"
#include "data_support.h"

static mer_feature_extractor *extractor; /* the samples themselves */
static mer__floats clean, noisy;

static int begin(void **state) {
  mer_feature_options options;
  mer_error err = {0};
  set_up(state);
  put_wav("tone.wav", 16000, 0.3);
  mer_feature_options_init(&options, sizeof options, MER_FEATURE_SAMPLES);
  assert_ok(mer_feature_extractor_create(&extractor, &options, &err));
  return 0;
}

static int end(void **state) {
  mer__floats_clear(&clean);
  mer__floats_clear(&noisy);
  mer_feature_extractor_free(extractor);
  return tear_down(state);
}

static mer__clip_result hear(const mer__white_noise *noise, int64_t row, const char *path) {
  mer_error err = {0};
  const mer__sound_settings settings = {.extractor = extractor, .max_duration_s = 2};
  return mer__noisy_sound(&noisy, &settings, noise, row, path, &err);
}

/* The clip without noise, and with it. */
static void hear_both(const mer__white_noise *noise, int64_t row) {
  mer_error err = {0};
  const mer__sound_settings settings = {.extractor = extractor};
  assert_int_equal(mer__sound_of_file(&clean, &settings, in_folder("tone.wav"), &err).state,
                   MER_CLIP_OK);
  assert_int_equal(hear(noise, row, in_folder("tone.wav")).state, MER_CLIP_OK);
  assert_int_equal(clean.n, noisy.n);
}

/* Sums of squares of the clip, of what it is with noise, and of the products of both. */
typedef struct powers {
  double clean, noisy, both;
} powers;

static powers powers_of(const mer__white_noise *noise, int64_t row) {
  powers p = {0};
  hear_both(noise, row);
  for (size_t i = 0; i < clean.n; i++) {
    const double x = (double)clean.data[i], y = (double)noisy.data[i];
    p.clean += x * x;
    p.noisy += y * y;
    p.both += x * y;
  }
  return p;
}

/* How many decibels what was added is below the clip. */
static double snr_db(const mer__white_noise *noise, int64_t row) {
  const powers p = powers_of(noise, row);
  return 10 * log10(p.clean / (p.clean + p.noisy - 2 * p.both));
}

static void has_the_power_asked_for(void **state) {
  (void)state;
  static const double asked[] = {20, 0, -5};
  for (int k = 0; k < 3; k++) {
    const mer__white_noise noise = {.level = mer__noise_level(asked[k]), .seed = 1};
    assert_near(snr_db(&noise, 0), asked[k], 0.2);
  }
}

static void noise_alone_is_as_loud_as_the_clip(void **state) {
  (void)state;
  const mer__white_noise noise = {.alone = true, .level = 1, .seed = 1};
  const powers p = powers_of(&noise, 0);
  assert_near(p.noisy / p.clean, 1, 0.05);
  assert_near(p.both / p.clean, 0, 0.05);
}

/* A quarter has noise alone; the rest has 0 to 30 dB, as often each. */
static void rows_draw_their_levels(void **state) {
  (void)state;
  enum { ROWS = 2000 };
  const mer__white_noise noise = {.drawn = true, .seed = 3};
  int alone = 0, low = 0;
  for (int64_t i = 0; i < ROWS; i++) {
    const mer__row_noise own = mer__white_noise_of_row(&noise, i);
    assert_true(own.level <= 1 && own.level >= mer__noise_level(30));
    if (own.alone) assert_true(own.level == 1);
    alone += own.alone;
    low += !own.alone && own.level < mer__noise_level(15);
  }
  assert_in_range(alone, ROWS / 4 - 60, ROWS / 4 + 60);
  assert_in_range(low, ROWS * 3 / 8 - 70, ROWS * 3 / 8 + 70);
  for (int64_t i = 0; i < 4; i++) {
    const mer__row_noise own = mer__white_noise_of_row(&noise, i);
    if (!own.alone) assert_near(snr_db(&noise, i), -20 * log10(own.level), 0.2);
  }
}

static void clips_at_fault_stay_so(void **state) {
  (void)state;
  static const struct {
    const char *name;
    mer_clip_state state;
  } clips[] = {{"silent.wav", MER_CLIP_SILENT},
               {"none.wav", MER_CLIP_EMPTY},
               {"long.wav", MER_CLIP_LONG},
               {"corrupt.wav", MER_CLIP_CORRUPT},
               {"missing.wav", MER_CLIP_MISSING}};
  const mer__white_noise noise = {.level = 1, .seed = 1};
  put_wav("silent.wav", 16000, 5e-5);
  put_wav("none.wav", 0, 0);
  put_wav("long.wav", 40000, 0.5);
  put("corrupt.wav", "this is not a sound at all");
  for (size_t i = 0; i < sizeof clips / sizeof *clips; i++) {
    assert_int_equal(hear(&noise, 0, in_folder(clips[i].name)).state, clips[i].state);
  }
}

static void load(mer_features *f, const mer_dataset *dataset, const mer__white_noise *noise,
                 const char *cache) {
  mer_features_load_options options;
  mer_error err = {0};
  int64_t n;
  const mer_utterance *rows = mer_dataset_rows(dataset, MER_SPLIT_TRAIN, &n);
  mer_features_load_options_init(&options, sizeof options);
  options.cache_folder = cache;
  assert_ok(mer__features_load(f, dataset, "audio", rows, n, noise, &options, &err));
}

/* Rows with noise are not taken from the cache, and those without are not spoilt by it. */
static void noise_goes_into_no_cache(void **state) {
  (void)state;
  const mer__white_noise noise = {.level = 1, .seed = 1};
  mer_features before, with, again, after;
  mer_dataset *dataset;
  mer_error err = {0};
  char cache[128];
  snprintf(cache, sizeof cache, "%s/cache", folder);
  put("manifest.csv", "split,audio,label\ntrain,tone.wav,joy\ntrain,tone.wav,anger\n");
  assert_ok(mer_dataset_open(&dataset, folder, NULL, &err));
  load(&before, dataset, NULL, cache);
  load(&with, dataset, &noise, cache);
  load(&again, dataset, &noise, "");
  load(&after, dataset, NULL, cache);
  const size_t size = (size_t)before.width * sizeof(float);
  const float *first = mer_features_row(&before, 0, NULL), *loud = mer_features_row(&with, 0, NULL);
  assert_memory_not_equal(first, loud, size);
  assert_memory_equal(loud, mer_features_row(&again, 0, NULL), size);
  assert_memory_equal(first, mer_features_row(&after, 0, NULL), size);
  assert_int_equal(with.n_cached, 0);
  assert_int_equal(after.n_cached, 1);
  mer_features_clear(&before);
  mer_features_clear(&with);
  mer_features_clear(&again);
  mer_features_clear(&after);
  mer_dataset_close(dataset);
}

static bool stop(void *user) { return ++*(int *)user > 1; }

/* While the clips of rows are decoded. */
static void is_interrupted(void **state) {
  (void)state;
  const mer__white_noise noise = {.level = 1, .seed = 1};
  int n_asked = 0;
  const mer_monitor monitor = {.user = &n_asked, .should_stop = stop};
  mer_features_load_options options;
  mer_features features;
  mer_dataset *dataset;
  mer_error err = {0};
  int64_t n;
  put_wav("other.wav", 32000, 0.3);
  put("manifest.csv", "split,audio,label\ntrain,tone.wav,joy\ntrain,other.wav,anger\n");
  assert_ok(mer_dataset_open(&dataset, folder, NULL, &err));
  const mer_utterance *rows = mer_dataset_rows(dataset, MER_SPLIT_TRAIN, &n);
  mer_features_load_options_init(&options, sizeof options);
  options.monitor = &monitor;
  assert_int_equal(mer__features_load(&features, dataset, "audio", rows, n, &noise, &options, &err),
                   MER_STATUS_INTERRUPTED);
  mer_dataset_close(dataset);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(has_the_power_asked_for, begin, end),
      cmocka_unit_test_setup_teardown(noise_alone_is_as_loud_as_the_clip, begin, end),
      cmocka_unit_test_setup_teardown(rows_draw_their_levels, begin, end),
      cmocka_unit_test_setup_teardown(clips_at_fault_stay_so, begin, end),
      cmocka_unit_test_setup_teardown(is_interrupted, begin, end),
      cmocka_unit_test_setup_teardown(noise_goes_into_no_cache, begin, end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
