/* test_image_resize.c: resized and cropped images are Pillow's and transformers' to the byte
 * (tests/golden/make_images.py). */
#include "image/image_resize.h"
#include "mer/tensor.h"
#include "test_support.h"

static int set_up(void **state) {
  mer_error err = {0};
  mer_safetensors *file = NULL;
  assert_ok(mer_safetensors_open(&file, GOLDEN "images/resize.safetensors", &err));
  *state = file;
  return 0;
}

static int tear_down(void **state) {
  mer_safetensors_close(*state);
  return 0;
}

/* The source of all, whose pixels are borrowed. */
static mer__image source_of(const mer_safetensors *file) {
  const mer_tensor *t = mer_safetensors_find(file, "source");
  assert_non_null(t);
  return (mer__image){(uint8_t *)t->data, t->shape[0], t->shape[1]};
}

static void check_same(const mer__image *image, const mer_tensor *expected) {
  assert_int_equal(expected->shape[0], image->height);
  assert_int_equal(expected->shape[1], image->width);
  const uint8_t *bytes = expected->data;
  for (int64_t i = 0; i < expected->n_elements; i++)
    if (bytes[i] != image->pixels[i])
      fail_msg("%s: byte %lld is %d, expected %d", expected->name, (long long)i, image->pixels[i],
               bytes[i]);
}

/* How many golden images have names that begin with `prefix`, each the same as ours. */
static int check_all(const mer_safetensors *file, const char *prefix, int filter) {
  const mer__image source = source_of(file);
  int n = 0;
  for (int64_t i = 0; i < mer_safetensors_count(file); i++) {
    const mer_tensor *t = mer_safetensors_at(file, i);
    mer_error err = {0};
    mer__image out;
    if (strncmp(t->name, prefix, strlen(prefix)) != 0) continue;
    if (filter)
      assert_ok(mer__image_resize(&out, &source, t->shape[0], t->shape[1],
                                  (mer__image_filter)filter, &err));
    else assert_ok(mer__image_center_crop(&out, &source, t->shape[0], t->shape[1], &err));
    check_same(&out, t);
    mer__image_clear(&out);
    n++;
  }
  return n;
}

static void bilinear_equals_pillow(void **state) {
  assert_int_equal(check_all(*state, "bilinear.", MER__IMAGE_BILINEAR), 8);
}

static void bicubic_equals_pillow(void **state) {
  assert_int_equal(check_all(*state, "bicubic.", MER__IMAGE_BICUBIC), 8);
}

static void crop_equals_transformers(void **state) {
  assert_int_equal(check_all(*state, "crop.", 0), 7);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bilinear_equals_pillow),
      cmocka_unit_test(bicubic_equals_pillow),
      cmocka_unit_test(crop_equals_transformers),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
