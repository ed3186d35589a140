/* test_noisy_rows.c: training rows have copies with noise, and a step takes the share of these that
 * is asked for. */
#include "train/noisy_rows.h"

#include "train_support.h"

enum { TEXT, AUDIO, N_MODALITIES };

static mer__training_set set;

static int end_set(void **state) {
  mer__training_set_clear(&set);
  return end(state);
}

static mer_train_options options_with(double noise) {
  mer_train_options o = options_of(MER_KIND_FUSION, "model");
  o.noise = noise;
  return o;
}

static void load(const mer_train_options *o) {
  mer_error err = {0};
  mer__training_set_clear(&set);
  assert_ok(mer__training_set_load(&set, dataset, o, &err));
}

/* Whether an input is another one. */
static bool differs(const mer__input *a, const mer__input *b) {
  return a->values != b->values || a->tokens.ids != b->tokens.ids;
}

/* How many of the training rows step `step` gives noise in modality `m`; `both`: in both. */
static int count_noisy(const mer_train_options *o, uint64_t step, int m, int *both) {
  const mer__inputs *train = &set.splits[MER_SPLIT_TRAIN];
  int n = 0;
  for (int64_t i = 0; i < train->n; i++) {
    mer__input clean[N_MODALITIES], row[N_MODALITIES];
    mer__inputs_get(clean, train, i);
    memcpy(row, clean, sizeof row);
    mer__noisy_rows_put(row, &set, train->rows[i], i, step, o);
    for (int k = 0; k < N_MODALITIES; k++) assert_int_equal(row[k].present, clean[k].present);
    assert_int_equal(row[AUDIO].length, clean[AUDIO].length);
    n += differs(&row[m], &clean[m]);
    *both += differs(&row[TEXT], &clean[TEXT]) && differs(&row[AUDIO], &clean[AUDIO]);
  }
  return n;
}

static void a_share_of_the_rows_has_noise(void **state) {
  (void)state;
  const mer_train_options half = options_with(0.5), all = options_with(1);
  load(&half);
  static const int n[N_MODALITIES] = {N_TRAIN - 1, N_TRAIN - 2}; /* have a text, a clip */
  int both = 0;
  for (int m = 0; m < N_MODALITIES; m++) {
    int sum = 0, different = 0, ignored;
    assert_int_equal(count_noisy(&all, 1, m, &ignored), n[m]);
    for (uint64_t step = 1; step <= 40; step++) {
      const int noisy = count_noisy(&half, step, m, &both);
      assert_int_equal(count_noisy(&half, step, m, &ignored), noisy);
      different += noisy != count_noisy(&half, step + 1, m, &ignored);
      sum += noisy;
    }
    assert_in_range(sum, 40 * n[m] / 2 - 60, 40 * n[m] / 2 + 60);
    assert_true(different > 20);
  }
  assert_in_range(both / 2, 40 * N_TRAIN / 4 - 80, 40 * N_TRAIN / 4 + 60);
}

static void without_noise_nothing_is_loaded(void **state) {
  (void)state;
  const mer_train_options o = options_with(0);
  int both = 0;
  load(&o);
  assert_int_equal(set.noisy.n, 0);
  assert_int_equal(count_noisy(&o, 1, AUDIO, &both), 0);
}

/* Sound to which its encoder adds noise has none. */
static void what_changes_by_itself_has_no_copies(void **state) {
  (void)state;
  mer_train_options o = options_with(0.5);
  o.speech_encoder = "crnn";
  load(&o);
  assert_false(set.noisy.columns[AUDIO].removed);
  o.augment = true;
  load(&o);
  assert_true(set.noisy.columns[AUDIO].removed);
  assert_false(set.noisy.columns[TEXT].removed);
}

/* Images, in their own size and packed. */
static void images_have_copies(void **state) {
  (void)state;
  mer_train_options o = options_of(MER_KIND_IMAGE, "model");
  open_images(GOLDEN "images/grey.png", GOLDEN "images/photo.png");
  o.encoder = NULL;
  o.image_encoder = GOLDEN "vision/resnet-basic";
  o.noise = 1;
  load(&o);
  assert_int_equal(set.noisy.n, N_TRAIN);
  for (int64_t i = 0; i < N_TRAIN; i++) {
    const mer__input clean = mer__inputs_of_row(&set.splits[MER_SPLIT_TRAIN], 0, i);
    const mer__input noisy = mer__inputs_of_row(&set.noisy, 0, i);
    assert_int_equal(noisy.length, clean.length);
    assert_memory_not_equal(noisy.image, clean.image, (size_t)clean.length * sizeof(float));
  }
}

/* A frozen encoder's vectors are those of sound with noise. */
static void frozen_encoders_hear_the_noise(void **state) {
  (void)state;
  mer_train_options o = options_of(MER_KIND_AUDIO, "model");
  o.encoder = NULL;
  o.speech_encoder = GOLDEN "whisper";
  o.freeze_encoder = true;
  o.noise = 1;
  load(&o);
  const mer__inputs *train = &set.splits[MER_SPLIT_TRAIN];
  int n = 0;
  for (int64_t i = 0; i < train->n; i++) {
    mer__input row;
    mer__inputs_get(&row, train, i);
    const float *clean = row.vector;
    if (!row.present) continue;
    n++;
    mer__noisy_rows_put(&row, &set, train->rows[i], i, 1, &o);
    assert_non_null(row.vector);
    assert_memory_not_equal(row.vector, clean, (size_t)train->columns[0].width * sizeof *clean);
  }
  assert_int_equal(n, N_TRAIN - 2);
}

/* A quarter of the rows has noise alone in a modality, and a quarter of these in the next one, too:
 * each draws other numbers. */
static void modalities_draw_by_themselves(void **state) {
  (void)state;
  enum { ROWS = 2000 };
  const mer__white_noise noise = {.drawn = true, .seed = 7};
  int alone = 0, both = 0;
  for (int m = 0; m < 3; m++) {
    const mer__white_noise first = mer__white_noise_of_modality(&noise, m);
    const mer__white_noise second = mer__white_noise_of_modality(&noise, m + 1);
    for (int64_t i = 0; i < ROWS; i++) {
      const bool is_alone = mer__white_noise_of_row(&first, i).alone;
      alone += is_alone;
      both += is_alone && mer__white_noise_of_row(&second, i).alone;
    }
  }
  assert_in_range(alone, 3 * ROWS / 4 - 150, 3 * ROWS / 4 + 150);
  assert_in_range(both, 3 * ROWS / 16 - 80, 3 * ROWS / 16 + 80);
}

/* The tokens of a text's copy differ between two places of the text among the modalities. */
static void text_draws_as_its_place_says(void **state) {
  (void)state;
  mer_train_options o = options_with(1);
  int32_t first[64];
  load(&o);
  const mer__input before = mer__inputs_of_row(&set.noisy, TEXT, 0);
  const size_t size = (size_t)before.length * sizeof *first;
  assert_in_range(before.length, 3, 64);
  memcpy(first, before.tokens.ids, size);
  o.modalities = "audio,text";
  load(&o);
  const mer__input after = mer__inputs_of_row(&set.noisy, 1, 0);
  assert_true(after.length * (int64_t)sizeof *first != (int64_t)size ||
              memcmp(first, after.tokens.ids, size) != 0);
}

/* Other words may be more tokens: the training has room for them. */
static void longer_words_fit(void **state) {
  (void)state;
  char manifest[8192] = "split,text,audio,label\n";
  for (int i = 0; i < N_TRAIN; i++) {
    const size_t used = strlen(manifest);
    snprintf(manifest + used, sizeof manifest - used, "train,%s,train%d.wav,%s\n",
             i % 2 ? "oh oh oh oh oh" : "zxqjvkwyzxqjvkwyzxqjvkwyzxqjvkwyzxqjvkwy", i % 7,
             moods[i % 3].label);
  }
  put("long.csv", manifest);
  open_data("long.csv");
  mer_train_options o = options_with(1);
  o.freeze_encoder = false;
  o.batch_size = N_TRAIN;
  o.keep_best = false;
  train_whole(&o);
}

static void speakers_and_texts_have_none(void **state) {
  (void)state;
  mer_error err = {0};
  mer_train_options o = options_of(MER_KIND_TEXT, "model");
  o.noise = 0.5;
  assert_int_equal(mer_train_options_check(&o, &err), MER_STATUS_INVALID);
  assert_non_null(strstr(err.message, "a text beside one of these"));
  o = options_of(MER_KIND_AUDIO, "model");
  o.encoder = NULL;
  o.speech_encoder = GOLDEN "whisper";
  o.freeze_encoder = true;
  o.by_speaker = true;
  assert_ok(mer_train_options_check(&o, &err));
  o.noise = 0.5;
  assert_int_equal(mer_train_options_check(&o, &err), MER_STATUS_INVALID);
  assert_non_null(strstr(err.message, "by speakers"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_share_of_the_rows_has_noise, begin, end_set),
      cmocka_unit_test_setup_teardown(without_noise_nothing_is_loaded, begin, end_set),
      cmocka_unit_test_setup_teardown(what_changes_by_itself_has_no_copies, begin, end_set),
      cmocka_unit_test_setup_teardown(images_have_copies, begin, end_set),
      cmocka_unit_test_setup_teardown(frozen_encoders_hear_the_noise, begin, end_set),
      cmocka_unit_test(modalities_draw_by_themselves),
      cmocka_unit_test_setup_teardown(text_draws_as_its_place_says, begin, end_set),
      cmocka_unit_test_setup_teardown(longer_words_fit, begin, end_set),
      cmocka_unit_test_setup_teardown(speakers_and_texts_have_none, begin, end_set),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
