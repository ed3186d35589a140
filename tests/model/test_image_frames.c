/* test_image_frames.c: inputs of several images: each is unpacked, and the vector is the mean. */
#include "model/image_frames.h"

#include "image/packed_image.h"
#include "test_support.h"

enum { SIDE = 4, WIDTH = 2 };

static const mer__image_processor processor = {
    .sizing = MER__IMAGE_KEEP, .height = SIDE, .width = SIDE};
static const mer__modality modality = {.images = &processor};

/* Words of images [n] of one brightness each, one after the other. */
static mer__floats pack(const uint8_t *levels, int n) {
  mer__floats joined = {0}, one = {0};
  mer_error err = {0};
  uint8_t pixels[SIDE * SIDE * 3];
  const mer__image image = {pixels, SIDE, SIDE};
  float words[256];
  size_t at = 0;
  for (int i = 0; i < n; i++) {
    memset(pixels, levels[i], sizeof pixels);
    assert_ok(mer__image_pack(&one, &processor, &image, "test", &err));
    memcpy(words + at, one.data, one.n * sizeof *words);
    at += one.n;
  }
  assert_int_equal(mer__floats_resize(&joined, at), 0);
  memcpy(joined.data, words, at * sizeof *words);
  mer__floats_clear(&one);
  return joined;
}

static void each_image_is_unpacked(void **state) {
  (void)state;
  static const uint8_t levels[] = {10, 20, 30};
  static const float known[WIDTH] = {1, 2};
  mer_error err = {0};
  mer__arena arena = {0};
  mer__frames frames;
  const mer__input *const *out;
  mer__floats three = pack(levels, 3), one = pack(levels + 1, 1);
  const mer__input inputs[] = {
      {.present = true, .length = (int64_t)three.n, .image = three.data},
      {.present = true, .length = (int64_t)three.n, .image = three.data, .vector = known},
      {.present = true, .length = (int64_t)one.n, .image = one.data}};
  const mer__input *const pointers[] = {&inputs[0], &inputs[1], &inputs[2]};
  assert_int_equal(mer__input_images(&inputs[0]), 3);
  assert_ok(mer__frames_unpack(&out, &frames, &modality, pointers, 3, &arena, &err));
  assert_int_equal(mer__frames_total(&frames), 5);
  assert_false(mer__frames_are_single(&frames));
  for (int i = 0; i < 3; i++) assert_near(out[i]->values[0], levels[i], 0);
  assert_ptr_equal(out[3]->vector, known);
  assert_near(out[4]->values[3 * SIDE * SIDE - 1], 20, 0);
  mer__arena_clear(&arena);
  mer__floats_clear(&three);
  mer__floats_clear(&one);
}

static void what_is_no_image_is_refused(void **state) {
  (void)state;
  mer_error err = {0};
  mer__arena arena = {0};
  mer__frames frames;
  const mer__input *const *out;
  const float words[8] = {1, 2, 3};
  const mer__input input = {.present = true, .length = 8, .image = words}, *pointer = &input;
  assert_int_equal(mer__frames_unpack(&out, &frames, &modality, &pointer, 1, &arena, &err),
                   MER_STATUS_INTERNAL);
  mer__arena_clear(&arena);
}

static void vectors_are_means(void **state) {
  (void)state;
  static const int32_t offsets[] = {0, 2, 3};
  const mer__modality means = {.width = WIDTH};
  const mer__pass pass = {0};
  mer_error err = {0};
  mer__frames frames = {.packing = {2, offsets}};
  const float of_images[] = {1, 2, 3, 6, 5, 7}, dvectors[] = {8, 4, 1, 2};
  float vectors[2 * WIDTH], dof_images[3 * WIDTH];
  static const float expected[] = {2, 4, 5, 7}, dexpected[] = {4, 2, 4, 2, 1, 2};
  assert_ok(mer__frames_join(vectors, of_images, &frames, &means, &pass, &err));
  assert_ok(mer__frames_join_backward(dof_images, dvectors, &frames, &means, &pass, &err));
  assert_near(max_difference(vectors, expected, 2 * WIDTH), 0, 1e-6);
  assert_near(max_difference(dof_images, dexpected, 3 * WIDTH), 0, 1e-6);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(each_image_is_unpacked),
                                     cmocka_unit_test(what_is_no_image_is_refused),
                                     cmocka_unit_test(vectors_are_means)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
