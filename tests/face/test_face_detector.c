/* test_face_detector.c: boxes of an image of any size, by a network of random weights, which calls
 * some places faces; overlaps. */
#include "face/face_detector.h"
#include "test_support.h"

static void boxes_lie_within_the_image_and_apart(void **state) {
  (void)state;
  static const int64_t sizes[][2] = {{1, 1}, {7, 90}, {64, 96}, {700, 333}, {1, 5000}};
  mer_error err = {0};
  mer__face_detector *detector = NULL;
  mer__arena arena = {0};
  int n_found = 0;
  assert_ok(mer__face_detector_open(&detector, GOLDEN "faces/network", &err));
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    mer__image image = {0};
    mer__face faces[MER__MAX_FACES];
    int n = -1;
    assert_ok(mer__image_create(&image, sizes[s][0], sizes[s][1], &err));
    for (int64_t i = 0; i < image.height * image.width * 3; i++)
      image.pixels[i] = (uint8_t)((uint32_t)i * 2654435761U >> 13);
    mer__arena_reset(&arena);
    assert_ok(mer__faces_find(faces, &n, detector, &image, &arena, &err));
    if (image.width == 5000) assert_int_equal(n, 0); /* too narrow */
    n_found += n;
    for (int i = 0; i < n; i++) {
      assert_true(faces[i].left >= 0 && faces[i].left < faces[i].right);
      assert_true(faces[i].top >= 0 && faces[i].top < faces[i].bottom);
      assert_true(faces[i].right <= (float)image.width);
      assert_true(faces[i].bottom <= (float)image.height);
      assert_true(faces[i].score >= 0.4F && (i == 0 || faces[i].score <= faces[i - 1].score));
      for (int k = 0; k < i; k++) assert_true(mer__face_overlap(&faces[i], &faces[k]) <= 0.3F);
    }
    mer__image_clear(&image);
  }
  assert_true(n_found > 4);
  mer__arena_clear(&arena);
  mer__face_detector_close(detector);
}

static void overlap_is_a_part_of_both(void **state) {
  (void)state;
  const mer__face a = {0, 0, 10, 10, 1}, b = {5, 0, 15, 10, 1}, far = {20, 20, 30, 30, 1};
  assert_near(mer__face_overlap(&a, &a), 1, 1e-6);
  assert_near(mer__face_overlap(&a, &b), 1. / 3, 1e-6);
  assert_near(mer__face_overlap(&a, &far), 0, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(boxes_lie_within_the_image_and_apart),
                                     cmocka_unit_test(overlap_is_a_part_of_both)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
