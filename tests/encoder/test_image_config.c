/* test_image_config.c: preprocessor_config.json of images: values are those of transformers'
 * processors (tests/golden/make_images.py), and what is not supported is refused by name. */
#include "encoder/config_json.h"
#include "encoder/image_config.h"
#include "image/packed_image.h"
#include "mer/tensor.h"
#include "test_support.h"

static void values_equal_transformers(void **state) {
  (void)state;
  mer_error err = {0};
  mer_safetensors *images = NULL, *expected = NULL;
  json_t *configs = NULL, *config;
  const char *name;
  mer__floats packed = {0};
  assert_ok(mer_safetensors_open(&images, GOLDEN "images/resize.safetensors", &err));
  assert_ok(mer_safetensors_open(&expected, GOLDEN "images/processed.safetensors", &err));
  assert_ok(mer__config_read(&configs, GOLDEN "images/processors.json", &err));
  const mer_tensor *t = mer_safetensors_find(images, "source");
  const mer__image source = {(uint8_t *)t->data, t->shape[0], t->shape[1]};
  assert_int_equal(json_object_size(configs), 7);
  json_object_foreach(configs, name, config) {
    mer__image_processor p;
    assert_ok(mer__image_config_read(&p, config, MER__IMAGE_PROCESSOR_VIT, name, &err));
    t = mer_safetensors_find(expected, name);
    assert_int_equal(t->shape[1], p.height);
    assert_int_equal(t->shape[2], p.width);
    assert_int_equal(t->n_elements, mer__image_n_values(&p));
    float *out = malloc((size_t)t->n_elements * sizeof *out);
    assert_ok(mer__image_pack(&packed, &p, &source, name, &err));
    assert_ok(mer__image_unpack(out, &p, packed.data, (int64_t)packed.n, &err));
    assert_near(max_difference(out, t->data, (size_t)t->n_elements), 0, 1e-6);
    free(out);
  }
  json_decref(configs);
  mer__floats_clear(&packed);
  mer_safetensors_close(expected);
  mer_safetensors_close(images);
}

static mer_status read_text(mer__image_processor *p, const char *text,
                            mer__image_processor_kind kind, mer_error *err) {
  json_t *object = json_loads(text, 0, NULL);
  assert_non_null(object);
  mer_status status = mer__image_config_read(p, object, kind, "F", err);
  json_decref(object);
  return status;
}

/* What a file does not say is as the classes of transformers have it. */
static void defaults_are_those_of_the_network(void **state) {
  (void)state;
  mer__image_processor p;
  mer_error err = {0};
  assert_ok(read_text(&p, "{\"size\": null, \"resample\": null, \"do_resize\": null}",
                      MER__IMAGE_PROCESSOR_VIT, &err));
  assert_int_equal(p.sizing, MER__IMAGE_STRETCH);
  assert_int_equal(p.filter, MER__IMAGE_BILINEAR);
  assert_int_equal(p.height, 224);
  assert_ok(read_text(&p, "{}", MER__IMAGE_PROCESSOR_CONVNEXT, &err));
  assert_int_equal(p.filter, MER__IMAGE_BICUBIC);
  assert_int_equal(p.height, 384);
  assert_false(p.crop);
  assert_ok(read_text(&p, "{\"size\": 224}", MER__IMAGE_PROCESSOR_CONVNEXT, &err));
  assert_int_equal(p.resize_height, 256);
  assert_int_equal(p.width, 224);
  assert_true(p.crop);
  assert_ok(read_text(&p, "{\"image_processor_type\": \"ViTImageProcessorFast\"}",
                      MER__IMAGE_PROCESSOR_CONVNEXT, &err));
  assert_int_equal(p.height, 224);
}

static void what_is_not_supported_is_refused_by_name(void **state) {
  (void)state;
  static const struct {
    const char *text, *message;
    mer_status status;
    mer__image_processor_kind kind;
  } cases[] = {
      {"{\"image_processor_type\": \"CLIPImageProcessor\"}",
       "F: 'image_processor_type' is \"CLIPImageProcessor\", expected ViTImageProcessor or "
       "ConvNextImageProcessor",
       MER_STATUS_UNSUPPORTED, 0},
      {"{\"feature_extractor_type\": \"ViTFeature\"}",
       "F: 'feature_extractor_type' is \"ViTFeature\", expected ViTImageProcessor or "
       "ConvNextImageProcessor",
       MER_STATUS_UNSUPPORTED, 0},
      {"{\"image_processor_type\": 3}", "F: no text 'image_processor_type'", MER_STATUS_FORMAT, 0},
      {"{\"do_pad\": true}", "F: 'do_pad' is a setting that is not known", MER_STATUS_UNSUPPORTED,
       0},
      {"{\"do_resize\": 1}", "F: 'do_resize' is not true or false", MER_STATUS_FORMAT, 0},
      {"{\"resample\": 1}", "F: 'resample' is 1, expected 2 (bilinear) or 3 (bicubic)",
       MER_STATUS_UNSUPPORTED, 0},
      {"{\"resample\": \"x\"}", "F: 'resample' is not a whole number from 0 to 5",
       MER_STATUS_FORMAT, 0},
      {"{\"size\": 0}", "F: 'size' is not a number or {\"height\", \"width\"} of 1 to 4096 pixels",
       MER_STATUS_UNSUPPORTED, 0},
      {"{\"size\": {\"height\": 3}}",
       "F: 'size' is not a number or {\"height\", \"width\"} of 1 to 4096 pixels",
       MER_STATUS_UNSUPPORTED, 0},
      {"{\"size\": {\"shortest_edge\": 3, \"longest_edge\": 4}}",
       "F: 'size' is not {\"shortest_edge\"} alone of 1 to 4096 pixels", MER_STATUS_UNSUPPORTED, 0},
      {"{\"size\": {\"shortest_edge\": 3}}",
       "F: neither 'size' nor 'crop_size' gives all images one height and width",
       MER_STATUS_UNSUPPORTED, 0},
      {"{\"do_resize\": false}",
       "F: neither 'size' nor 'crop_size' gives all images one height and width",
       MER_STATUS_UNSUPPORTED, 0},
      {"{\"do_center_crop\": true}",
       "F: 'crop_size' is not a number or {\"height\", \"width\"} of 1 to 4096 pixels",
       MER_STATUS_UNSUPPORTED, 0},
      {"{\"size\": {\"height\": 3, \"width\": 3}}",
       "F: 'size' is not a number or {\"shortest_edge\"} of 1 to 4096 pixels",
       MER_STATUS_UNSUPPORTED, MER__IMAGE_PROCESSOR_CONVNEXT},
      {"{\"do_center_crop\": true}",
       "F: 'do_center_crop' is true, which is not supported with ConvNextImageProcessor",
       MER_STATUS_UNSUPPORTED, MER__IMAGE_PROCESSOR_CONVNEXT},
      {"{\"crop_pct\": 0}", "F: 'crop_pct' is not a number from 0.05 to 1", MER_STATUS_FORMAT,
       MER__IMAGE_PROCESSOR_CONVNEXT},
      {"{\"rescale_factor\": 1e9}", "F: 'rescale_factor' is not a number from -1e+06 to 1e+06",
       MER_STATUS_FORMAT, 0},
      {"{\"image_mean\": [1, 2]}", "F: 'image_mean' is not a number or three, from -1e+06 to 1e6",
       MER_STATUS_FORMAT, 0},
      {"{\"image_std\": [1, 2, 0]}", "F: 'image_std' is not a number or three, from 1e-06 to 1e6",
       MER_STATUS_FORMAT, 0},
      {"{\"image_std\": 1e300}", "F: 'image_std' is not a number or three, from 1e-06 to 1e6",
       MER_STATUS_FORMAT, 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    mer__image_processor p;
    mer_error err = {0};
    assert_int_equal(read_text(&p, cases[i].text, cases[i].kind, &err), cases[i].status);
    assert_string_equal(err.message, cases[i].message);
  }
}

/* Packing a strip of one column fails with the message. */
static void check_strip(int64_t height, const char *config, const char *message) {
  mer__image_processor p;
  mer_error err = {0};
  mer__image strip = {0};
  mer__floats packed = {0};
  assert_ok(read_text(&p, config, MER__IMAGE_PROCESSOR_VIT, &err));
  assert_ok(mer__image_create(&strip, height, 1, &err));
  memset(strip.pixels, 0, (size_t)height * 3);
  assert_int_equal(mer__image_pack(&packed, &p, &strip, "F", &err), MER_STATUS_LIMIT);
  assert_string_equal(err.message, message);
  assert_null(packed.data);
  mer__image_clear(&strip);
}

/* Of a few kilobytes in a file a strip of one pixel's width would become gigabytes, in proportion
 * or with a new width and its old height. */
static void a_strip_is_refused(void **state) {
  (void)state;
  check_strip(2000,
              "{\"size\": {\"shortest_edge\": 2000}, \"do_center_crop\": true, \"crop_size\": 8}",
              "F: 1 x 2000 pixels: resizing to 2000 x 4000000 needs an image of 2000 x 4000000, "
              "at most 67108864 pixels are made");
  check_strip(1000000, "{\"size\": {\"height\": 8, \"width\": 4000}}",
              "F: 1 x 1000000 pixels: resizing to 4000 x 8 needs an image of 4000 x 1000000, at "
              "most 67108864 pixels are made");
}

/* A packed image whose head says other sizes than there are words is refused: it may come from a
 * file. */
static void what_is_not_a_packed_image_is_refused(void **state) {
  (void)state;
  static const struct {
    int32_t height, width, fitted;
    int64_t n_words;
  } heads[] = {{4, 4, 1, 14},  {4, 4, 0, 2},        {0, 4, 0, 15},
               {4, -4, 0, 15}, {5, 4, 0, 15},       {5, 4, 1, 1000},
               {8, 2, 1, 15},  {1 << 30, 4, 0, 15}, {INT32_MAX, INT32_MAX, 0, 15},
               {4, 4, 0, 0}};
  mer__image_processor p;
  mer_error err = {0};
  float values[3 * 4 * 4], packed[1000] = {0};
  assert_ok(read_text(&p, "{\"size\": 4}", MER__IMAGE_PROCESSOR_VIT, &err));
  for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
    memcpy(packed, &heads[i], 3 * sizeof(int32_t));
    assert_int_equal(mer__image_unpack(values, &p, packed, heads[i].n_words, &err),
                     MER_STATUS_INTERNAL);
  }
  memcpy(packed, (const int32_t[]){4, 4, 1}, 3 * sizeof(int32_t));
  assert_ok(mer__image_unpack(values, &p, packed, 15, &err));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_equal_transformers),
      cmocka_unit_test(defaults_are_those_of_the_network),
      cmocka_unit_test(what_is_not_supported_is_refused_by_name),
      cmocka_unit_test(a_strip_is_refused),
      cmocka_unit_test(what_is_not_a_packed_image_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
