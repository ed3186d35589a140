/* test_bmp.c: a bitmap byte by byte, and as FFmpeg reads it. */
#include "base/alloc.h"
#include "base/file.h"
#include "image/bmp.h"
#include "image/image_load.h"
#include "test_support.h"

static void bytes_are_those_of_the_format(void **state) {
  (void)state;
  static const uint8_t header[54] = {
      [0] = 'B', 'M', 62, [10] = 54, [14] = 40, [18] = 1, [22] = 2, [26] = 1, [28] = 24};
  static const uint8_t lower_first[] = {6, 5, 4, 0, 3, 2, 1, 0};
  uint8_t pixels[] = {1, 2, 3, 4, 5, 6}, *bytes;
  size_t n;
  mer_error err = {0};
  assert_ok(mer__bmp_make(&bytes, &n, &(mer__image){pixels, 2, 1}, &err));
  assert_int_equal(n, sizeof header + sizeof lower_first);
  assert_memory_equal(bytes, header, sizeof header);
  assert_memory_equal(bytes + sizeof header, lower_first, sizeof lower_first);
  mer__free(bytes);
}

static void others_read_the_same_pixels(void **state) {
  (void)state;
  char folder[64], path[96];
  make_temporary_folder(folder);
  snprintf(path, sizeof path, "%s/image.bmp", folder);
  for (int width = 1; width <= 5; width++) {
    uint8_t pixels[3 * 5 * 7], *bytes;
    size_t n;
    mer_error err = {0};
    mer__image image = {0};
    for (int i = 0; i < 3 * 5 * 7; i++) pixels[i] = (uint8_t)(i * 37 + width);
    assert_ok(mer__bmp_make(&bytes, &n, &(mer__image){pixels, 7, width}, &err));
    assert_ok(mer__file_write(path, bytes, n, &err));
    assert_ok(mer__image_load(&image, &(mer__media_file){.path = path}, &err));
    assert_int_equal(image.width, width);
    assert_int_equal(image.height, 7);
    assert_memory_equal(image.pixels, pixels, (size_t)width * 7 * 3);
    mer__image_clear(&image);
    mer__free(bytes);
  }
  remove_test_folder(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(bytes_are_those_of_the_format),
                                     cmocka_unit_test(others_read_the_same_pixels)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
