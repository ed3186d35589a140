/* test_waveform.c: the loudest samples of a sound, however long it becomes. */
#include "test_support.h"
#include "timeline/waveform.h"

/* A sound of `n` samples in which sample i of channel c is i (c: 2 i) over 2^24, in pieces; each of
 * its peaks is the last of its samples. */
static void check(int64_t n, int64_t piece) {
  mer__waveform *w = calloc(1, sizeof *w);
  float left[1000], right[1000];
  const float *channels[2] = {left, right};
  w->piece = 10;
  for (int64_t at = 0; at < n; at += piece) {
    const int64_t size = n - at < piece ? n - at : piece;
    for (int64_t i = 0; i < size; i++) {
      left[i] = -(float)(at + i) / (1 << 24);
      right[i] = (float)(at + i) / (1 << 23);
    }
    mer__waveform_add(w, channels, 2, size);
  }
  assert_int_equal(w->n * w->piece + w->rest, n);
  assert_in_range(w->n, n < 10 ? 0 : 1, MER_TIMELINE_PEAKS - 1);
  for (int64_t i = 0; i < w->n + (w->rest > 0); i++) {
    const int64_t last = (i + 1) * w->piece < n ? (i + 1) * w->piece - 1 : n - 1;
    assert_near(w->peaks[0][i], (float)last / (1 << 24), 0);
    assert_near(w->peaks[1][i], (float)last / (1 << 23), 0);
  }
  free(w);
}

static void peaks_are_kept(void **state) {
  (void)state;
  const int64_t sizes[] = {0, 1, 9, 10, 11, 40950, 40959, 40960, 40961, 81920, 500001};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    check(sizes[i], 1000);
    check(sizes[i], 7);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(peaks_are_kept)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
