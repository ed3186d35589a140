/* test_speech_finder.c: segments of speech of probabilities that are written as one character for
 * each frame: '.' silence, '-' between the thresholds, '#' speech. */
#include "mer/voice.h"
#include "test_support.h"

enum { FRAME = MER_VOICE_FRAME_SAMPLES, LAG = FRAME * 3 / 2 };

/* Frames of a segment [start, end), as far as padding is none. */
typedef struct frames {
  int start, end;
} frames;

static mer_speech_options plain(void) {
  mer_speech_options options;
  mer_speech_options_init(&options, sizeof options);
  options.threshold = .5;
  options.release = .35;
  options.padding_s = 0;
  options.min_silence_s = 3 * .032;
  options.min_speech_s = 2 * .032;
  return options;
}

/* The segments of `text`, pushed `piece` frames at a time. */
static int find(mer_speech_segment *found, const mer_speech_options *options, const char *text,
                int piece, int64_t n_samples) {
  const mer_speech_segment *segments;
  mer_speech_finder *finder;
  mer_error err = {0};
  int64_t n;
  int n_found = 0, size = (int)strlen(text);
  float *probs = malloc(sizeof *probs * (size_t)(size + 1));
  for (int i = 0; i < size; i++) probs[i] = text[i] == '#' ? .9f : text[i] == '-' ? .4f : .1f;
  assert_ok(mer_speech_finder_create(&finder, options, &err));
  for (int round = 0; round < 2; round++) { /* the second one is another sound */
    n_found = 0;
    for (int at = 0; at < size; at += piece) {
      const int64_t needed = mer_speech_finder_needs(finder);
      assert_ok(mer_speech_finder_push(&segments, &n, finder, probs + at,
                                       size - at < piece ? size - at : piece, &err));
      for (int64_t i = 0; i < n; i++) {
        assert_true(segments[i].start >= needed);
        found[n_found++] = segments[i];
      }
    }
    assert_ok(mer_speech_finder_finish(&segments, &n, finder, n_samples, &err));
    for (int64_t i = 0; i < n; i++) found[n_found++] = segments[i];
  }
  mer_speech_finder_free(finder);
  free(probs);
  return n_found;
}

static void expect(const mer_speech_options *options, const char *text, const frames *expected,
                   int n) {
  mer_speech_segment found[64];
  const int pieces[] = {1, 2, 7, 1000};
  for (int p = 0; p < 4; p++) {
    assert_int_equal(find(found, options, text, pieces[p], (int64_t)strlen(text) * FRAME), n);
    for (int i = 0; i < n; i++) {
      const int64_t start = expected[i].start * FRAME - LAG, end = expected[i].end * FRAME;
      const bool is_last = expected[i].end == (int)strlen(text); /* it ends with the sound */
      assert_int_equal(found[i].start, start < 0 ? 0 : start);
      assert_int_equal(found[i].end, is_last ? end : end - LAG);
    }
  }
}

static void speech_lies_between_silences(void **state) {
  (void)state;
  const mer_speech_options options = plain();
  expect(&options, "", NULL, 0);
  expect(&options, ".........", NULL, 0);
  expect(&options, "..####....", (frames[]){{2, 6}}, 1);
  expect(&options, "####", (frames[]){{0, 4}}, 1);
  expect(&options, "##....##", (frames[]){{0, 2}, {6, 8}}, 2);
}

static void thresholds_have_a_distance(void **state) {
  (void)state;
  const mer_speech_options options = plain();
  expect(&options, "--------", NULL, 0);                      /* begins at the threshold alone */
  expect(&options, "..##----##....", (frames[]){{2, 10}}, 1); /* goes on between the two */
  expect(&options, "..##.----....", (frames[]){{2, 4}}, 1);   /* but ends nowhere else */
  expect(&options, "..##.--##.....", (frames[]){{2, 4}, {7, 9}}, 2);
}

static void short_silences_and_short_speech_are_none(void **state) {
  (void)state;
  const mer_speech_options options = plain();
  expect(&options, "##..##...##", (frames[]){{0, 6}, {9, 11}}, 2);
  expect(&options, "#....##....#", (frames[]){{5, 7}}, 1);
}

static void long_speech_is_cut_where_it_is_least_probable(void **state) {
  (void)state;
  mer_speech_options options = plain();
  options.longest_s = 1.024; /* 32 frames */
  expect(&options, "########################-#################....", (frames[]){{0, 24}, {24, 42}},
         2);
  /* What is left is not too short. */
  expect(&options, "############################--##....", (frames[]){{0, 28}, {28, 32}}, 2);
  /* A silence at the cut is not speech. */
  expect(&options, "##############################..............", (frames[]){{0, 30}}, 1);
}

/* What is cut is long enough, however short its pieces are. */
static void speech_that_is_cut_is_not_too_short(void **state) {
  (void)state;
  mer_speech_options options = plain();
  options.longest_s = 1.024;
  options.min_speech_s = 1; /* 32 frames */
  expect(&options, "########################-#################....", (frames[]){{0, 24}, {24, 42}},
         2);
}

static void padding_goes_as_far_as_nothing_is_there(void **state) {
  (void)state;
  mer_speech_options options = plain();
  mer_speech_segment found[8];
  options.padding_s = 2 * .032;
  expect(&options, "...###.....###", (frames[]){{1, 8}, {9, 14}}, 2);
  expect(&options, ".....###...###....", (frames[]){{3, 10}, {10, 16}}, 2);
  options.padding_s = 1; /* not beyond the silence that ends a segment */
  assert_int_equal(find(found, &options, "..###....###.", 1, 13 * FRAME), 2);
  assert_int_equal(found[0].start, 0);
  assert_int_equal(found[0].end, 8 * FRAME);
  assert_int_equal(found[1].start, 8 * FRAME);
  assert_int_equal(found[1].end, 13 * FRAME);
  assert_int_equal(find(found, &options, "..###", 1, 4 * FRAME + 100), 1);
  assert_int_equal(found[0].end, 4 * FRAME + 100); /* nor beyond the sound */
}

static void bad_options_are_refused(void **state) {
  (void)state;
  mer_speech_finder *finder;
  mer_error err = {0};
  const struct {
    size_t offset;
    double value;
    const char *name;
  } bad[] = {
      {offsetof(mer_speech_options, threshold), 1.5, "threshold"},
      {offsetof(mer_speech_options, threshold), NAN, "threshold"},
      {offsetof(mer_speech_options, release), .6, "release"},
      {offsetof(mer_speech_options, min_silence_s), -1, "min_silence_s"},
      /* Such a silence would be cut like speech before it is known to be one. */
      {offsetof(mer_speech_options, min_silence_s), 20, "min_silence_s"},
      {offsetof(mer_speech_options, min_speech_s), 20, "min_speech_s"},
      {offsetof(mer_speech_options, padding_s), INFINITY, "padding_s"},
      {offsetof(mer_speech_options, longest_s), .5, "longest_s"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    mer_speech_options options;
    mer_speech_options_init(&options, sizeof options);
    memcpy((char *)&options + bad[i].offset, &bad[i].value, sizeof bad[i].value);
    assert_int_equal(mer_speech_finder_create(&finder, &options, &err), MER_STATUS_INVALID);
    assert_null(finder);
    assert_non_null(strstr(err.message, bad[i].name));
  }
  assert_ok(mer_speech_finder_create(&finder, NULL, &err));
  assert_false(mer_speech_finder_is_speaking(finder));
  mer_speech_finder_free(finder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(speech_lies_between_silences),
      cmocka_unit_test(thresholds_have_a_distance),
      cmocka_unit_test(short_silences_and_short_speech_are_none),
      cmocka_unit_test(long_speech_is_cut_where_it_is_least_probable),
      cmocka_unit_test(speech_that_is_cut_is_not_too_short),
      cmocka_unit_test(padding_goes_as_far_as_nothing_is_there),
      cmocka_unit_test(bad_options_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
