/* test_face_clip.c: from a video to packed faces; a real detector on a drawn clip is tried by
 * tests/cli/video.sh. */
#include "face/face_clip.h"
#include "image/packed_image.h"
#include "test_support.h"

static const mer__image_processor processor = {.sizing = MER__IMAGE_STRETCH,
                                               .filter = MER__IMAGE_BILINEAR,
                                               .resize_height = 16,
                                               .resize_width = 16,
                                               .height = 16,
                                               .width = 16};

static void faces_of_a_video_are_packed(void **state) {
  (void)state;
  mer_error err = {0};
  mer__face_detector *detector = NULL;
  mer__floats packed = {0};
  mer__face_counts counts;
  const mer__media_file file = {.path = GOLDEN "videos/plain.mp4"};
  assert_ok(mer__face_detector_open(&detector, GOLDEN "faces/network", &err));
  assert_ok(mer__face_clip_read(&packed, &counts, detector, &processor, &file, NULL, &err));
  assert_int_equal(counts.n_frames, 6);
  assert_true(counts.n_with_face > 0 && counts.n_with_face <= 6);
  assert_int_equal(counts.n_errors, 0);
  const int64_t n = mer__packed_count(packed.data, (int64_t)packed.n);
  assert_true(n >= 1 && n <= 6);
  const float *at = packed.data;
  for (int64_t left = (int64_t)packed.n; left > 0;) {
    float values[3 * 16 * 16];
    const int64_t words = mer__packed_words(at, left);
    assert_ok(mer__image_unpack(values, &processor, at, words, &err));
    at += words;
    left -= words;
  }
  mer__floats_clear(&packed);
  mer__face_detector_close(detector);
}

static void packed_words_of_anything_end(void **state) {
  (void)state;
  float words[64];
  for (uint32_t seed = 0; seed < 1000; seed++) {
    for (uint32_t i = 0; i < 64; i++) {
      const uint32_t bits = (seed * 64 + i) * 2654435761U;
      const int32_t value = (int32_t)(seed % 3 ? bits : bits >> 27);
      memcpy(&words[i], &value, sizeof value);
    }
    assert_in_range(mer__packed_count(words, 64), 1, 64);
  }
  assert_int_equal(mer__packed_words(words, 2), 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(faces_of_a_video_are_packed),
                                     cmocka_unit_test(packed_words_of_anything_end)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
