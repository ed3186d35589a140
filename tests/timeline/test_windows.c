/* test_windows.c: a sound in windows: each is answered as a sound of its own would be, the last one
 * ends with the sound, and nothing of it is left out. The model is a small random one that hears.
 */
#include "mer/timeline.h"
#include "test_support.h"

static const char *const call = GOLDEN "timeline/call.opus",
                         *const utterance = GOLDEN "timeline/same.opus"; /* a third of its length */

enum { MOST = 256 };

static mer_predictor *predictor;
static mer_audio sound; /* the call, its channels mixed */

static int set_up(void **state) {
  (void)state;
  mer_error err = {0};
  return mer_predictor_open(&predictor, GOLDEN "wav2vec/wav2vec2", &err) != MER_OK ||
         mer_audio_decode(&sound, call, NULL, &err) != MER_OK;
}

static int tear_down(void **state) {
  (void)state;
  mer_predictor_close(predictor);
  mer_audio_clear(&sound);
  return 0;
}

typedef struct windows {
  double starts[MOST], ends[MOST];
  mer_answer answers[MOST];
  int n, n_most; /* the sink fails at the last of n_most */
} windows;

static mer_status keep(void *user, const mer_window *window, mer_error *err) {
  windows *all = user;
  assert_true(all->n < MOST);
  all->starts[all->n] = window->start_s;
  all->ends[all->n] = window->end_s;
  all->answers[all->n++] = *window->answer;
  if (all->n != all->n_most) return MER_OK;
  snprintf(err->message, sizeof err->message, "enough");
  return err->status = MER_STATUS_INTERRUPTED;
}

static mer_status run_on(windows *all, const char *path, double window_s, double hop_s,
                         mer_error *err) {
  mer_window_options options;
  const mer_request request = {.sound.path = path};
  mer_window_options_init(&options, sizeof options);
  options.window_s = window_s;
  options.hop_s = hop_s;
  all->n = 0;
  return mer_windows_run(predictor, &request, &options, keep, all, err);
}

static windows all; /* large */

static void expect_windows(double window_s, double hop_s) {
  mer_error err = {0};
  const double end = (double)sound.n_samples / sound.rate_hz;
  const double hop = hop_s > 0 ? hop_s : window_s;
  all.n_most = 0;
  assert_ok(run_on(&all, call, window_s, hop_s, &err));
  assert_true(all.n > 1);
  assert_near(all.ends[all.n - 1], end, 1e-9);
  for (int i = 0; i < all.n; i++) {
    assert_near(all.ends[i] - all.starts[i], window_s, 1e-9);
    if (i + 1 < all.n) assert_near(all.starts[i], i * hop, 1e-9);
    else assert_true(all.starts[i] <= i * hop + 1e-9 && all.starts[i] > (i - 1) * hop);
  }
}

static void windows_cover_the_sound(void **state) {
  (void)state;
  expect_windows(1, 0);
  expect_windows(2, 1.5);
  expect_windows((double)sound.n_samples / sound.rate_hz / 4, 0); /* without a rest */
}

static void each_is_answered_as_a_sound_of_its_own(void **state) {
  (void)state;
  mer_error err = {0};
  all.n_most = 0;
  assert_ok(run_on(&all, call, 1.5, 1.1, &err));
  for (int i = 0; i < all.n; i += 3) {
    mer_answer alone;
    const int64_t start = llround(all.starts[i] * sound.rate_hz);
    const mer_request request = {.sound = {.samples = sound.samples + start,
                                           .n_samples = llround(1.5 * sound.rate_hz),
                                           .n_channels = 1,
                                           .rate_hz = sound.rate_hz}};
    assert_ok(mer_predictor_answer(&alone, predictor, &request, 1, &err));
    assert_int_equal(all.answers[i].status, alone.status);
    if (alone.status != MER_OK) continue;
    assert_near(max_difference(all.answers[i].probs, alone.probs, (size_t)alone.n_labels), 0, 1e-5);
  }
}

static void a_short_sound_is_one_window(void **state) {
  (void)state;
  mer_error err = {0};
  mer_answer whole;
  mer_audio decoded;
  const mer_request request = {.sound.path = utterance};
  assert_ok(mer_audio_decode(&decoded, utterance, NULL, &err));
  all.n_most = 0;
  assert_ok(run_on(&all, utterance, 3600, 0, &err));
  assert_int_equal(all.n, 1);
  assert_near(all.starts[0], 0, 0);
  assert_near(all.ends[0], (double)decoded.n_samples / decoded.rate_hz, 1e-9);
  mer_audio_clear(&decoded);
  assert_ok(mer_predictor_answer(&whole, predictor, &request, 1, &err));
  assert_near(max_difference(all.answers[0].probs, whole.probs, (size_t)whole.n_labels), 0, 1e-5);
}

static void what_has_no_windows_is_answered_once(void **state) {
  (void)state;
  mer_error err = {0};
  all.n_most = 0;
  static const char *const paths[] = {NULL, "/nowhere.wav", GOLDEN "wav2vec/wav2vec2/config.json"};
  for (int i = 0; i < 3; i++) {
    assert_ok(run_on(&all, paths[i], 1, 0, &err));
    assert_int_equal(all.n, 1);
    assert_true(isnan(all.starts[0]));
    assert_int_not_equal(all.answers[0].status, MER_OK);
  }
}

static bool stop(void *user) {
  (void)user;
  return true;
}

static void options_and_interruptions_are_told(void **state) {
  (void)state;
  mer_error err = {0};
  all.n_most = 2;
  assert_int_equal(run_on(&all, call, 1, 0, &err), MER_STATUS_INTERRUPTED);
  assert_string_equal(err.message, "enough");
  assert_int_equal(all.n, 2);
  static const double lengths[][2] = {{0, 0}, {.01, 0}, {4000, 0}, {1, 2}, {1, .01}, {NAN, 1}};
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
    assert_int_equal(run_on(&all, call, lengths[i][0], lengths[i][1], &err), MER_STATUS_INVALID);
  const mer_monitor monitor = {.should_stop = stop};
  const mer_request request = {.sound.path = call};
  mer_window_options options;
  mer_window_options_init(&options, sizeof options);
  options.window_s = 1;
  options.monitor = &monitor;
  all.n = all.n_most = 0;
  assert_int_equal(mer_windows_run(predictor, &request, &options, keep, &all, &err),
                   MER_STATUS_INTERRUPTED);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(windows_cover_the_sound),
                                     cmocka_unit_test(each_is_answered_as_a_sound_of_its_own),
                                     cmocka_unit_test(a_short_sound_is_one_window),
                                     cmocka_unit_test(what_has_no_windows_is_answered_once),
                                     cmocka_unit_test(options_and_interruptions_are_told)};
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
