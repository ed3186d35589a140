/* test_mel_augment.c: changes of log-mel frames: what is drawn lies within its limits and depends
 * on the seed alone; speed moves time and pitch; gain and noise add what they say. */
#include "encoder/mel_augment.h"

#include "mer/speech.h"
#include "nn/nn_support.h"

enum { N = 60, BANDS = 64 };
static const double TOP_HZ = 8000;
static const mer__mel_bands HTK = {MER__BANK_HTK, BANDS, 8000, .025};

static double band_hz(double j) {
  const double step = 2595 * log10(1 + TOP_HZ / 700) / (BANDS + 1);
  return 700 * (pow(10, (j + 1) * step / 2595) - 1);
}

/* The place of the largest of n numbers. */
static int largest(const float *x, int n) {
  int best = 0;
  for (int i = 1; i < n; i++)
    if (x[i] > x[best]) best = i;
  return best;
}

static void what_is_drawn_lies_within_its_limits(void **state) {
  (void)state;
  float *frames = normal(N * BANDS, 1);
  int n_noisy = 0;
  for (uint64_t seed = 0; seed < 200; seed++) {
    mer__rng rng = {.seed = seed}, again = {.seed = seed};
    mer__mel_change a, b;
    mer__mel_change_draw(&a, frames, N, &HTK, false, &rng);
    mer__mel_change_draw(&b, frames, N, &HTK, false, &again);
    assert_true(a.first == b.first && a.n == b.n && a.speed == b.speed && a.gain_db == b.gain_db);
    assert_true(a.first >= 0 && a.first + a.n <= N && a.n >= N * 0.83);
    assert_true(a.speed > 0.86 && a.speed < 1.151 && fabs(a.gain_db) <= 5);
    assert_true(mer__mel_change_frames(&a) <= mer__mel_change_most_frames(N));
    n_noisy += a.has_noise;
  }
  assert_true(n_noisy > 15 && n_noisy < 50);
  mer__rng rng = {.seed = 5};
  mer__mel_change one; /* a clip of one frame keeps it */
  mer__mel_change_draw(&one, frames, 1, &HTK, false, &rng);
  assert_true(one.n == 1 && mer__mel_change_frames(&one) == 1);
  free(frames);
}

static void no_change_leaves_all_as_it_is(void **state) {
  (void)state;
  float *frames = normal(N * BANDS, 1), *to = normal(N * BANDS, 2);
  mer__rng rng = {.seed = 1};
  const mer__mel_change change = mer__mel_unchanged(N);
  assert_int_equal(mer__mel_change_frames(&change), N);
  mer__mel_change_apply(to, &change, frames, &HTK, &rng);
  assert_near(max_difference(to, frames, N * BANDS), 0, 1e-4);
  free(frames);
  free(to);
}

/* A tone of band 20 that begins in frame 30. */
static void speed_moves_time_and_pitch(void **state) {
  (void)state;
  static float frames[N * BANDS], to[2 * N * BANDS];
  mer__rng rng = {.seed = 1};
  for (int t = 0; t < N; t++)
    for (int j = 0; j < BANDS; j++) frames[t * BANDS + j] = t < 30 ? -80 : -3 * (float)abs(j - 20);
  for (int i = 0; i < 2; i++) {
    const double speed = i == 0 ? 0.75 : 1.25;
    const mer__mel_change change = {.n = N, .speed = speed};
    const int n = (int)mer__mel_change_frames(&change);
    assert_near(n, N / speed, 0.51);
    mer__mel_change_apply(to, &change, frames, &HTK, &rng);
    int start = 0;
    while (start < n && to[start * BANDS + 20] < -60) start++;
    assert_near(start, 30 / speed, 1.5);
    const int band = largest(to + (n - 1) * BANDS, BANDS);
    assert_true(band_hz(band - 1) < band_hz(20) * speed && band_hz(band + 1) > band_hz(20) * speed);
  }
}

static void gain_and_noise_add(void **state) {
  (void)state;
  static float frames[N * BANDS], to[N * BANDS];
  mer__rng rng = {.seed = 1};
  for (int i = 0; i < N * BANDS; i++) frames[i] = i % BANDS == 3 ? 0 : -90;
  mer__mel_change change = {.first = 10, .n = N - 20, .speed = 1, .gain_db = 4};
  mer__mel_change_apply(to, &change, frames, &HTK, &rng);
  assert_near(to[3], 4, 1e-5);
  assert_near(to[5], -86, 1e-5);
  change.has_noise = true;
  change.noise_db = -50;
  mer__mel_change_apply(to, &change, frames, &HTK, &rng);
  double first = 0, last = 0;
  for (int t = 0; t < N - 20; t++) {
    assert_near(to[t * BANDS + 3], 4, 0.01);
    first += pow(10, to[t * BANDS] / 10.0) / (N - 20);
    last += pow(10, to[t * BANDS + BANDS - 1] / 10.0) / (N - 20);
  }
  assert_near(10 * log10(first), -50, 2);
  assert_near(10 * log10(last / first), 10 * log10((700 + TOP_HZ) / 700), 3);
}

/* How much the power of band j varies from frame to frame: mean^2 / variance. */
static double freedom_of(const float *frames, int n, int j) {
  double sum = 0, squares = 0;
  for (int t = 0; t < n; t++) {
    const double power = pow(10, frames[t * BANDS + j] / 10.0);
    sum += power / n;
    squares += power * power / n;
  }
  return sum * sum / (squares - sum * sum);
}

/* Half a minute of white noise in decibels, frame by frame; their number. */
static int hear_noise(float *frames, mer_feature_kind kind, int n_fft, int hop) {
  enum { SAMPLES = 30 * 16000 };
  mer_feature_options options;
  mer_feature_extractor *extractor;
  float *samples = normal(SAMPLES, 3);
  for (int i = 0; i < SAMPLES; i++) samples[i] *= 0.1f;
  mer_feature_options_init(&options, sizeof options, kind);
  options.n_fft = n_fft;
  options.hop = hop;
  options.n_mels = BANDS;
  options.n_frames = 0;
  assert_int_equal(mer_feature_extractor_create(&extractor, &options, NULL), MER_OK);
  const int n = (int)mer_feature_natural_frames(extractor, SAMPLES);
  assert_int_equal(mer_feature_compute(frames, extractor, samples, SAMPLES, NULL), MER_OK);
  for (int i = 0; i < n * BANDS && kind == MER_FEATURE_WHISPER; i++) frames[i] *= 40;
  mer_feature_extractor_free(extractor);
  free(samples);
  return n;
}

/* In each band the power of the noise that is added varies about as much as that of white noise
 * does in the features of a CRNN (windows of 50 and 25 ms) and of Whisper. */
static void noise_varies_as_that_of_a_recording(void **state) {
  (void)state;
  enum { FRAMES = 3001 };
  static const struct {
    mer_feature_kind kind;
    int n_fft, hop;
    mer__mel_bands bands;
  } kinds[] = {{MER_FEATURE_LOGMEL, 800, 320, {MER__BANK_HTK, BANDS, 8000, 0.05}},
               {MER_FEATURE_LOGMEL, 400, 200, {MER__BANK_HTK, BANDS, 8000, 0.025}},
               {MER_FEATURE_WHISPER, 400, 160, {MER__BANK_SLANEY, BANDS, 8000, 0.025}}};
  float *heard = normal(FRAMES * BANDS, 1), *added = normal(FRAMES * BANDS, 2);
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    const int n = hear_noise(heard, kinds[i].kind, kinds[i].n_fft, kinds[i].hop);
    mer__rng rng = {.seed = 1};
    mer__mel_change change = mer__mel_unchanged(n);
    change.has_noise = true;
    for (int j = 0; j < n * BANDS; j++) heard[j] -= heard[0], added[j] = -200;
    mer__mel_change_apply(added, &change, added, &kinds[i].bands, &rng);
    for (int j = 0; j < BANDS; j++) {
      const double ratio = freedom_of(added, n, j) / freedom_of(heard, n, j);
      assert_true(ratio > 1 / 1.4 && ratio < 1.4);
    }
  }
  free(heard);
  free(added);
}

/* The power of a frame: of bands of the same area by their width. */
static double power_of(const float *frame, const mer__mel_bands *bands) {
  const double step = mer__mel_of_hz(bands->scale, bands->top_hz) / (BANDS + 1);
  double sum = 0;
  for (int j = 0; j < BANDS; j++)
    sum += pow(10, frame[j] / 10.0) * (bands->scale == MER__BANK_SLANEY
                                           ? mer__hz_of_mel(bands->scale, (j + 2) * step) -
                                                 mer__hz_of_mel(bands->scale, j * step)
                                           : 1);
  return sum;
}

static double mean_power(const float *frames, int64_t n, const mer__mel_bands *bands) {
  double sum = 0;
  for (int64_t t = 0; t < n; t++) sum += power_of(frames + t * BANDS, bands);
  return sum / (double)n;
}

/* Of a clip whose bands differ, and whose last part is silent. */
static void loud_noise_lies_up_to_30_db_below_the_clip(void **state) {
  (void)state;
  static const mer__mel_bands slaney = {MER__BANK_SLANEY, BANDS, 8000, .025};
  static const mer__mel_bands *const kinds[] = {&HTK, &slaney};
  static float frames[N * BANDS], silence[N * BANDS], noise[2 * N * BANDS];
  for (int i = 0; i < N * BANDS; i++) {
    frames[i] = i < N * BANDS / 2 ? -30 - 0.2f * (float)(i % BANDS) : -90;
    silence[i] = -200;
  }
  for (int kind = 0; kind < 2; kind++) {
    const double clip = mean_power(frames, N, kinds[kind]);
    double least = 100, most = -100;
    for (uint64_t seed = 0; seed < 100; seed++) {
      mer__rng rng = {.seed = seed};
      mer__mel_change change;
      mer__mel_change_draw(&change, frames, N, kinds[kind], true, &rng);
      assert_true(change.has_noise);
      change.gain_db = 0;
      mer__mel_change_apply(noise, &change, silence, kinds[kind], &rng);
      const double power = mean_power(noise, mer__mel_change_frames(&change), kinds[kind]);
      const double below = 10 * log10(clip / power);
      least = below < least ? below : least;
      most = below > most ? below : most;
    }
    assert_near(least, 0, 1.5);
    assert_near(most, 30, 1.5);
  }
}

static void a_share_of_the_clips_is_loud(void **state) {
  (void)state;
  mer__rng rng = {.seed = 1};
  int n = 0;
  for (int i = 0; i < 1000; i++) n += mer__mel_draw_loud(0.25, &rng);
  assert_true(n > 200 && n < 300);
  mer__rng used = {.seed = 1}, unused = {.seed = 1};
  assert_false(mer__mel_draw_loud(0, &used));
  assert_true(mer__rng_uniform(&used) == mer__rng_uniform(&unused)); /* 0 has drawn nothing */
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_drawn_lies_within_its_limits),
                                     cmocka_unit_test(no_change_leaves_all_as_it_is),
                                     cmocka_unit_test(speed_moves_time_and_pitch),
                                     cmocka_unit_test(gain_and_noise_add),
                                     cmocka_unit_test(noise_varies_as_that_of_a_recording),
                                     cmocka_unit_test(loud_noise_lies_up_to_30_db_below_the_clip),
                                     cmocka_unit_test(a_share_of_the_clips_is_loud)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
