/* test_embed_sounds.c: vectors of sounds by an encoder itself: those of its network for the
 * features of the sounds, in any number; and what does not apply. */
#include "base/alloc.h"
#include "mer/predict.h"
#include "model/model_state.h"
#include "test_support.h"

enum { WIDTH = 16, BANDS = 8, N = 5, N_SAMPLES = 8000, MAX_FRAMES = 200 };

static float samples[N_SAMPLES];
static mer_sound sounds[N];
static mer_encoder *encoder;

static int set_up(void **state) {
  (void)state;
  mer_error err = {0};
  for (int i = 0; i < N_SAMPLES; i++) samples[i] = (float)((i * i) % 97) / 97 - 0.5f;
  for (int i = 0; i < N; i++)
    sounds[i] = (mer_sound){.samples = samples + 100 * i,
                            .n_samples = 1600 * (i + 1) - 500,
                            .n_channels = 1,
                            .rate_hz = 16000};
  return mer_encoder_open(&encoder, GOLDEN "whisper", &err) != MER_OK;
}

static int tear_down(void **state) {
  (void)state;
  mer_encoder_close(encoder);
  return 0;
}

/* The network's vector of one sound. */
static void compute(float *vector, const mer_sound *sound) {
  static float features[MAX_FRAMES * BANDS];
  mer_feature_options options;
  mer_feature_extractor *extractor;
  mer__arena arena = {0};
  mer_error err = {0};
  mer_feature_options_init(&options, sizeof options, MER_FEATURE_WHISPER);
  options.n_mels = BANDS;
  assert_ok(mer_feature_extractor_create(&extractor, &options, &err));
  const int64_t n = mer_feature_natural_frames(extractor, sound->n_samples);
  assert_in_range(n, 1, MAX_FRAMES);
  assert_ok(mer_feature_compute(features, extractor, sound->samples, sound->n_samples, &err));
  const mer__input input = {.present = true, .length = n * BANDS, .values = features};
  assert_ok(mer__network_encode(vector, &mer__encoder_model(encoder)->network, 0, &input, 1, &arena,
                                &err));
  mer__arena_clear(&arena);
  mer_feature_extractor_free(extractor);
}

static void vectors_are_the_network_s(void **state) {
  (void)state;
  mer_error err = {0};
  float vectors[N * WIDTH], expected[WIDTH];
  assert_int_equal(mer_encoder_describe(encoder).hidden_size, WIDTH);
  assert_true(mer_encoder_describe(encoder).hears);
  assert_ok(mer_encoder_embed_sounds(vectors, encoder, sounds, N, NULL, &err));
  for (int i = 0; i < N; i++) {
    compute(expected, &sounds[i]);
    assert_near(max_difference(vectors + i * WIDTH, expected, WIDTH), 0, 1e-5);
  }
  assert_ok(mer_encoder_embed_sounds(vectors, encoder, NULL, 0, NULL, &err));
}

/* The mean stands before the deviation; a sum of the layers is another vector; options at fault. */
static void options_choose_layers_and_pooling(void **state) {
  (void)state;
  mer_error err = {0};
  mer_encoder *other;
  mer_encoder_options options;
  float mean[WIDTH], vector[2 * WIDTH];
  assert_ok(mer_encoder_embed_sounds(mean, encoder, sounds, 1, NULL, &err));
  mer_encoder_options_init(&options, sizeof options);
  options.pool = "mean-std";
  assert_ok(mer_encoder_open_with(&other, GOLDEN "whisper", &options, &err));
  assert_int_equal(mer_encoder_describe(other).hidden_size, 2 * WIDTH);
  assert_ok(mer_encoder_embed_sounds(vector, other, sounds, 1, NULL, &err));
  assert_near(max_difference(vector, mean, WIDTH), 0, 1e-6);
  for (int i = 0; i < WIDTH; i++) assert_true(vector[WIDTH + i] > 0);
  mer_encoder_close(other);
  options = (mer_encoder_options){.size = sizeof options, .layer_sum = true, .pool = "mean"};
  assert_ok(mer_encoder_open_with(&other, GOLDEN "whisper", &options, &err));
  assert_ok(mer_encoder_embed_sounds(vector, other, sounds, 1, NULL, &err));
  assert_true(max_difference(vector, mean, WIDTH) > 1e-3);
  mer_encoder_close(other);
  assert_int_equal(mer_encoder_open_with(&other, GOLDEN "bert", &options, &err),
                   MER_STATUS_INVALID);
  options.pool = "max";
  assert_int_equal(mer_encoder_open_with(&other, GOLDEN "whisper", &options, &err),
                   MER_STATUS_INVALID);
  assert_null(other);
}

static void a_sound_at_fault_is_named(void **state) {
  (void)state;
  mer_error err = {0};
  float vectors[N * WIDTH];
  const mer_sound before = sounds[3];
  sounds[3] = (mer_sound){.path = "gone.wav"};
  assert_int_equal(mer_encoder_embed_sounds(vectors, encoder, sounds, N, NULL, &err),
                   MER_STATUS_NOT_FOUND);
  assert_int_equal(err.position, 3);
  assert_non_null(strstr(err.message, "gone.wav"));
  sounds[3] = before;
}

static bool ask(void *user) {
  int *n_asked = user;
  return ++*n_asked >= 10;
}

/* Within the decoding, by the thread that made the call. */
static void it_can_be_interrupted(void **state) {
  (void)state;
  mer_error err = {0};
  enum { LONG = 20 << 14 };
  static float many[LONG];
  float vectors[N * WIDTH];
  const mer_sound before = sounds[N - 1];
  for (int i = 0; i < LONG; i++) many[i] = (float)(i % 89) / 89 - 0.5f;
  sounds[N - 1] =
      (mer_sound){.samples = many, .n_samples = LONG, .n_channels = 1, .rate_hz = 16000};
  const int n_threads = mer_threads_get();
  mer_threads_set(1);
  for (int first = 0; first < N; first += N - 1) {
    int n_asked = 0;
    const mer_monitor monitor = {.user = &n_asked, .should_stop = ask};
    assert_int_equal(
        mer_encoder_embed_sounds(vectors, encoder, sounds + first, N - first, &monitor, &err),
        MER_STATUS_INTERRUPTED);
    assert_string_equal(err.message, "interrupted");
  }
  mer_threads_set(n_threads);
  sounds[N - 1] = before;
}

static void texts_and_sounds_are_not_mixed(void **state) {
  (void)state;
  mer_error err = {0};
  float vector[32];
  const char *const text = "hello";
  mer_encoder *reads;
  assert_null(mer_encoder_tokenizer(encoder));
  assert_int_equal(mer_encoder_embed(vector, encoder, &text, 1, 0, NULL, &err), MER_STATUS_INVALID);
  assert_ok(mer_encoder_open(&reads, GOLDEN "bert", &err));
  assert_false(mer_encoder_describe(reads).hears);
  assert_int_equal(mer_encoder_embed_sounds(vector, reads, sounds, 1, NULL, &err),
                   MER_STATUS_INVALID);
  mer_encoder_close(reads);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(vectors_are_the_network_s),
      cmocka_unit_test(options_choose_layers_and_pooling),
      cmocka_unit_test(a_sound_at_fault_is_named),
      cmocka_unit_test(it_can_be_interrupted),
      cmocka_unit_test(texts_and_sounds_are_not_mixed),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
