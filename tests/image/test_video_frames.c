/* test_video_frames.c: which pictures of a video are taken, by their times
 * (tests/golden/make_videos.py: the brightness of picture N of 25 a second is 16 + 4 N); videos at
 * fault. */
#include "image/video_frames.h"

#include "base/alloc.h"
#include "base/file.h"
#include "test_support.h"

#define FOLDER GOLDEN "videos/"
#define MAX_BYTES (1 << 20)

/* What was passed on. */
typedef struct taken {
  int n, numbers[64]; /* of the pictures */
  double seconds[64];
  int64_t height, width;
  mer_status give_up;
} taken;

static mer_status take(void *user, const mer__image *image, double seconds, mer_error *err) {
  taken *t = user;
  (void)err;
  const int grey = image->pixels[(image->height / 2 * image->width + image->width / 2) * 3];
  assert_true(t->n < 64);
  /* Brightness from 16 to 235 has become 0 to 255. */
  t->numbers[t->n] = (int)lround(grey * 219. / 255 / 4);
  t->seconds[t->n++] = seconds;
  t->height = image->height;
  t->width = image->width;
  return t->give_up;
}

static mer_status read_file(taken *t, int64_t *n_errors, const mer__media_file *file,
                            double rate_hz, double most_s, mer_error *err) {
  const mer__video_options options = {rate_hz, most_s, NULL};
  *t = (taken){.give_up = t->give_up};
  return mer__video_frames(n_errors, file, &options, take, t, err);
}

static void read_named(taken *t, const char *name, double rate_hz, double most_s) {
  char path[512];
  mer_error err = {0};
  int64_t n_errors = 0;
  snprintf(path, sizeof path, FOLDER "%s", name);
  assert_ok(read_file(t, &n_errors, &(mer__media_file){.path = path}, rate_hz, most_s, &err));
  assert_int_equal(n_errors, 0);
}

static void check_numbers(const taken *t, const int *numbers, int n) {
  assert_int_equal(t->n, n);
  for (int i = 0; i < n; i++) {
    assert_int_equal(t->numbers[i], numbers[i]);
    assert_near(t->seconds[i], numbers[i] / 25., 2e-3);
  }
}

static void a_few_in_each_second_are_taken(void **state) {
  (void)state;
  static const int numbers[] = {0, 9, 17, 25, 34, 42}; /* the first at or after each third */
  taken t = {0};
  read_named(&t, "plain.mp4", 3, 60);
  check_numbers(&t, numbers, 6);
  read_named(&t, "plain.mp4", 3, 1);
  check_numbers(&t, numbers, 3);
  read_named(&t, "plain.mp4", 1000, 60);
  assert_int_equal(t.n, 50);
  for (int i = 0; i < 50; i++) assert_int_equal(t.numbers[i], i);
}

static void times_count_not_numbers(void **state) {
  (void)state;
  static const int numbers[] = {0, 9, 21, 28, 35, 42};
  taken t = {0};
  read_named(&t, "uneven.mkv", 3, 60);
  check_numbers(&t, numbers, 6);
}

static void without_times_pictures_come_evenly(void **state) {
  (void)state;
  taken t = {0};
  read_named(&t, "stream.h264", 3, 60);
  assert_int_equal(t.n, 6);
  for (int i = 1; i < t.n; i++) {
    const int step = t.numbers[i] - t.numbers[i - 1];
    assert_true(step == 8 || step == 9);
  }
}

static void turned_pictures_are_upright(void **state) {
  (void)state;
  taken t = {0};
  read_named(&t, "turned.mp4", 1, 60);
  assert_int_equal(t.n, 2);
  assert_int_equal(t.height, 64);
  assert_int_equal(t.width, 48);
}

static void one_picture_is_a_video(void **state) {
  (void)state;
  taken t = {0};
  read_named(&t, "one.mp4", 3, 60);
  assert_int_equal(t.n, 1);
  read_named(&t, "../images/grey16.png", 3, 60);
  assert_int_equal(t.n, 1);
}

static void damage_is_passed_over(void **state) {
  (void)state;
  char *bytes = NULL;
  size_t size = 0;
  mer_error err = {0};
  int64_t n_errors = 0;
  taken t = {0};
  assert_ok(mer__file_read(&bytes, &size, FOLDER "plain.mp4", MAX_BYTES, &err));
  /* Bytes in the middle, and what was cut off at the end. */
  for (size_t i = size * 5 / 8; i < size * 6 / 8; i++) bytes[i] = (char)(i * 37);
  for (size_t n = size; n > size / 3; n -= size / 7) {
    const mer__media_file file = {"memory", bytes, n};
    assert_ok(read_file(&t, &n_errors, &file, 3, 60, &err));
    assert_true(t.n > 0);
  }
  for (size_t n = 1; n < size; n += 97) { /* any beginning has a status */
    const mer__media_file file = {"memory", bytes, n};
    const mer_status status = read_file(&t, &n_errors, &file, 3, 60, &err);
    assert_true(status == MER_OK || status == MER_STATUS_FORMAT || status == MER_STATUS_NOT_FOUND ||
                status == MER_STATUS_UNSUPPORTED);
    assert_true((status == MER_OK) == (t.n > 0));
  }
  mer__free(bytes);
}

static void what_is_no_video_is_told(void **state) {
  (void)state;
  mer_error err = {0};
  int64_t n_errors = 0;
  taken t = {0};
  const mer__media_file text = {.path = __FILE__}, none = {.path = FOLDER "none.mp4"};
  assert_int_equal(read_file(&t, &n_errors, &none, 3, 60, &err), MER_STATUS_NOT_FOUND);
  assert_int_not_equal(read_file(&t, &n_errors, &text, 3, 60, &err), MER_OK);
  const mer__media_file animation = {.path = GOLDEN "images/animated-lossy.webp"};
  assert_int_equal(read_file(&t, &n_errors, &animation, 3, 60, &err), MER_STATUS_UNSUPPORTED);
  assert_non_null(strstr(err.message, "animated-lossy.webp: animated WebP is not read as a video"));
}

static void the_sink_may_end_it(void **state) {
  (void)state;
  mer_error err = {0};
  int64_t n_errors = 0;
  taken t = {.give_up = MER_STATUS_LIMIT};
  const mer__media_file file = {.path = FOLDER "plain.mp4"};
  assert_int_equal(read_file(&t, &n_errors, &file, 3, 60, &err), MER_STATUS_LIMIT);
  assert_int_equal(t.n, 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_few_in_each_second_are_taken),
                                     cmocka_unit_test(times_count_not_numbers),
                                     cmocka_unit_test(without_times_pictures_come_evenly),
                                     cmocka_unit_test(turned_pictures_are_upright),
                                     cmocka_unit_test(one_picture_is_a_video),
                                     cmocka_unit_test(damage_is_passed_over),
                                     cmocka_unit_test(what_is_no_video_is_told),
                                     cmocka_unit_test(the_sink_may_end_it)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
