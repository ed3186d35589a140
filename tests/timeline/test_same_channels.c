/* test_same_channels.c: when two channels are one sound, and when one is only heard through the
 * other. */
#include "test_support.h"
#include "timeline/bleed.h"
#include "timeline/same_channels.h"

enum { N = 16000, FRAMES = N / MER_VOICE_FRAME_SAMPLES };

/* A noise of its own for each seed. */
static void fill(float *x, uint32_t seed, float level) {
  for (int i = 0; i < N; i++) {
    seed = seed * 1664525u + 1013904223u;
    x[i] = ((float)(seed >> 8) / (1 << 23) - 1) * level;
  }
}

static double correlation(const float *left, const float *right) {
  mer__same_channels sums = {0};
  for (int at = 0; at < N; at += 700) /* in pieces of any size */
    mer__same_channels_add(&sums, left + at, right + at, N - at < 700 ? N - at : 700);
  return mer__same_channels_correlation(&sums);
}

static void copies_are_the_same(void **state) {
  (void)state;
  float left[N], right[N];
  fill(left, 1, .2f);
  fill(right, 2, .2f);
  assert_near(correlation(left, right), 0, .05);
  for (int i = 0; i < N; i++) right[i] = left[i] * .1f;
  assert_near(correlation(left, right), 1, 1e-6);
  for (int i = 0; i < N; i++) right[i] = -left[i];
  assert_near(correlation(left, right), -1, 1e-6);
  memset(right, 0, sizeof right);
  assert_near(correlation(left, right), 0, 0);
  fill(left, 1, 1e-4f); /* nothing but hiss */
  memcpy(right, left, sizeof right);
  assert_near(correlation(left, right), 0, 0);
}

/* Lanes that have heard N samples of which each frame is speech. */
static void hear(mer__lane *lane, const float *x) {
  mer_error err = {0};
  assert_ok(mer__samples_append(&lane->kept, x, N, &err));
  assert_int_equal(mer__floats_resize(&lane->probs, FRAMES), 0);
  for (int f = 0; f < FRAMES; f++) lane->probs.data[f] = .9f;
}

static int n_speech(const mer__lane *lane) {
  int n = 0;
  for (int f = 0; f < FRAMES; f++) n += lane->probs.data[f] > 0;
  return n;
}

static void expect_speech(const float *x, const float *y, int n_x, int n_y) {
  mer__lane a = {0}, b = {0};
  hear(&a, x);
  hear(&b, y);
  mer__bleed_remove(&a, &b);
  assert_int_equal(n_speech(&a), n_x);
  assert_int_equal(n_speech(&b), n_y);
  mer__lane_clear(&a);
  mer__lane_clear(&b);
}

static void bleed_is_not_speech(void **state) {
  (void)state;
  float loud[N], faint[N], other[N];
  fill(loud, 1, .3f);
  fill(other, 2, .003f);
  for (int i = 0; i < N; i++) faint[i] = loud[i] * .02f + other[i];
  expect_speech(loud, faint, FRAMES, 0);
  expect_speech(faint, loud, 0, FRAMES);
  expect_speech(loud, other, FRAMES, FRAMES); /* one who speaks softly */
  for (int i = 0; i < N; i++) faint[i] = loud[i] * .5f;
  expect_speech(loud, faint, FRAMES, FRAMES); /* two microphones in a room */
  memset(faint, 0, sizeof faint);
  expect_speech(loud, faint, FRAMES, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(copies_are_the_same),
      cmocka_unit_test(bleed_is_not_speech),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
