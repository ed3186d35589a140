/* test_face_track.c: which faces belong together, which track counts, how many crops are kept. */
#include "face/face_track.h"
#include "image/packed_image.h"
#include "test_support.h"

enum { SIDE = 100 };

static const mer__image_processor processor = {.sizing = MER__IMAGE_STRETCH,
                                               .filter = MER__IMAGE_BILINEAR,
                                               .resize_height = 8,
                                               .resize_width = 8,
                                               .height = 8,
                                               .width = 8};
static uint8_t pixels[SIDE * SIDE * 3];
static const mer__image picture = {pixels, SIDE, SIDE};

static mer__face face_at(float left, float top, float side) {
  return (mer__face){left, top, left + side, top + side, 1};
}

static void add(mer__tracker *t, const mer__face *faces, int n) {
  mer_error err = {0};
  assert_ok(mer__tracker_add(t, &picture, faces, n, "test", &err));
}

static void the_longest_and_largest_track_counts(void **state) {
  (void)state;
  mer__tracker t = {.processor = &processor};
  assert_null(mer__tracker_best(&t));
  for (int i = 0; i < 6; i++) {
    /* A small one stays, a larger one moves on, the largest is there twice. */
    const mer__face faces[] = {face_at(60, 10, 10), face_at(5 + 2 * (float)i, 5, 20),
                               face_at(50, 50, 40)};
    add(&t, faces, i < 2 ? 3 : 2);
  }
  const mer__track *best = mer__tracker_best(&t);
  assert_int_equal(best->n_seen, 6);
  assert_near(best->face.right - best->face.left, 20, 1e-4);
  assert_near(best->face.left, 15, 1e-4);
  mer__tracker_clear(&t);
}

static void a_face_that_comes_back_soon_is_the_same(void **state) {
  (void)state;
  mer__tracker t = {.processor = &processor};
  const mer__face face = face_at(30, 30, 30);
  for (int gap = 1; gap <= MER__TRACK_PATIENCE + 1; gap++) {
    mer__tracker_clear(&t);
    t.processor = &processor;
    add(&t, &face, 1);
    for (int i = 1; i < gap; i++) add(&t, NULL, 0);
    add(&t, &face, 1);
    assert_int_equal(mer__tracker_best(&t)->n_seen, gap <= MER__TRACK_PATIENCE ? 2 : 1);
  }
  mer__tracker_clear(&t);
}

static void the_best_track_that_ended_is_kept(void **state) {
  (void)state;
  mer__tracker t = {.processor = &processor};
  for (int i = 0; i < 40; i++) { /* three long ones, then many short ones */
    const mer__face face = i < 9 ? face_at(10, 10, 10 + 5 * (float)(i / 3)) : face_at(80, 80, 5);
    const bool is_there = i < 9 ? i % 3 == 0 : i % 6 == 0;
    add(&t, &face, is_there);
    add(&t, &face, is_there && i < 9);
  }
  const mer__track *best = mer__tracker_best(&t);
  assert_near(best->face.right - best->face.left, 20, 1e-4);
  assert_true(best->n_crops > 0 && best->crops[0].n > 0);
  mer__tracker_clear(&t);
}

static void crops_are_spread_over_a_long_track(void **state) {
  (void)state;
  mer__tracker t = {.processor = &processor};
  const mer__face face = face_at(30, 30, 40);
  for (int i = 0; i < 200; i++) {
    memset(pixels, i, sizeof pixels); /* the brightness tells the time */
    add(&t, &face, 1);
  }
  const mer__track *best = mer__tracker_best(&t);
  assert_int_equal(best->n_seen, 200);
  assert_int_equal(best->step, 32);
  assert_int_equal(best->n_crops, 7);
  for (int i = 0; i < best->n_crops; i++) {
    const uint8_t *packed = (const uint8_t *)best->crops[i].data;
    assert_int_equal(packed[12], 32 * i);
  }
  memset(pixels, 0, sizeof pixels);
  mer__tracker_clear(&t);
}

static void more_faces_than_tracks_are_left_out(void **state) {
  (void)state;
  mer__tracker t = {.processor = &processor};
  mer__face faces[MER__MAX_FACES];
  for (int i = 0; i < MER__MAX_FACES; i++)
    faces[i] = face_at((float)(i % 8) * 12, (float)(i / 8) * 12, 10);
  for (int i = 0; i < 3; i++) add(&t, faces, MER__MAX_FACES);
  assert_int_equal(t.n_tracks, MER__MAX_TRACKS);
  assert_int_equal(mer__tracker_best(&t)->n_seen, 3);
  mer__tracker_clear(&t);
}

static void a_crop_reaches_beyond_the_picture(void **state) {
  (void)state;
  mer_error err = {0};
  mer__image crop;
  const mer__face corner = {-5, -5, 15, 5, 1}, outside = {300, 300, 310, 310, 1};
  memset(pixels, 7, sizeof pixels);
  assert_ok(mer__face_crop(&crop, &picture, &corner, &err));
  assert_int_equal(crop.width, 24); /* 20 and a fifth */
  assert_int_equal(crop.height, 24);
  assert_int_equal(crop.pixels[0], 0);
  assert_int_equal(crop.pixels[(23 * 24 + 23) * 3], 7);
  assert_int_equal(crop.pixels[(12 * 24 + 6) * 3], 0);  /* column -1 */
  assert_int_equal(crop.pixels[(12 * 24 + 7) * 3], 7);  /* column 0 */
  assert_int_equal(crop.pixels[(11 * 24 + 12) * 3], 0); /* row -1 */
  mer__image_clear(&crop);
  assert_ok(mer__face_crop(&crop, &picture, &outside, &err));
  assert_int_equal(crop.pixels[0], 0);
  mer__image_clear(&crop);
  memset(pixels, 0, sizeof pixels);
}

/* A crop of so wide a face is a square, which would take gigabytes. */
static void a_face_of_a_strip_is_refused(void **state) {
  (void)state;
  static uint8_t strip_of_pixels[100 * 3];
  const mer__image strip_picture = {.height = 1, .width = 100, .pixels = strip_of_pixels};
  const mer__face strip = {.right = 60000, .bottom = 100};
  mer__image crop = {0};
  mer_error err = {0};
  assert_int_equal(mer__face_crop(&crop, &strip_picture, &strip, &err), MER_STATUS_LIMIT);
  assert_null(crop.pixels);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_longest_and_largest_track_counts),
                                     cmocka_unit_test(a_face_that_comes_back_soon_is_the_same),
                                     cmocka_unit_test(the_best_track_that_ended_is_kept),
                                     cmocka_unit_test(crops_are_spread_over_a_long_track),
                                     cmocka_unit_test(more_faces_than_tracks_are_left_out),
                                     cmocka_unit_test(a_crop_reaches_beyond_the_picture),
                                     cmocka_unit_test(a_face_of_a_strip_is_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
