/* test_describe_folder.c: what a directory says of itself: classifiers and encoders of every
 * family, of text, sound and images. */
#include <jansson.h>

#include "copy_file.h"
#include "mer/model.h"
#include "model/family_files.h"

static json_t *describe(const char *folder) {
  char *text;
  mer_error err = {0};
  assert_ok(mer_describe_folder(&text, folder, &err));
  json_t *object = json_loads(text, 0, NULL);
  assert_non_null(object);
  mer_text_free(text);
  return object;
}

static void expect_text(const json_t *object, const char *key, const char *expected) {
  const char *found = json_string_value(json_object_get(object, key));
  if (!found || strcmp(found, expected) != 0)
    fail_msg("%s is \"%s\", expected \"%s\"", key, found ? found : "", expected);
}

static void expect_integer(const json_t *object, const char *key, int64_t expected) {
  assert_int_equal(json_integer_value(json_object_get(object, key)), expected);
}

static void classifiers_have_labels_and_a_target(void **state) {
  (void)state;
  for (int i = 0; i < N_FAMILIES; i++) {
    char folder[64];
    make_temporary_folder(folder);
    write_family(family_names[i], folder, NULL, NULL);
    json_t *object = describe(folder);
    expect_text(object, "type", "model");
    expect_text(object, "model_type", family_names[i]);
    assert_non_null(strstr(json_string_value(json_object_get(object, "architecture")),
                           "ForSequenceClassification"));
    expect_text(object, "target", "label");
    expect_text(object, "dtype", "f32");
    assert_int_equal(json_array_size(json_object_get(object, "labels")), 4);
    assert_int_equal(json_array_size(json_object_get(object, "unused")), 0);
    json_decref(object);
    remove_test_folder(folder);
  }
}

static void other_targets_are_named(void **state) {
  (void)state;
  static const char *const cases[][2] = {{"multi_label_classification", "labels"},
                                         {"regression", "values"}};
  for (int i = 0; i < 2; i++) {
    char folder[64];
    make_temporary_folder(folder);
    write_family("roberta", folder, "single_label_classification", cases[i][0]);
    json_t *object = describe(folder);
    expect_text(object, "target", cases[i][1]);
    json_decref(object);
    remove_test_folder(folder);
  }
}

static void encoders_name_what_they_do_not_use(void **state) {
  (void)state;
  char folder[64];
  make_temporary_folder(folder);
  write_family("bert", folder, "BertForSequenceClassification", "BertModel");
  json_t *object = describe(folder);
  expect_text(object, "type", "encoder");
  expect_text(object, "input", "text");
  expect_integer(object, "hidden_size", 32);
  const json_t *unused = json_object_get(object, "unused");
  assert_int_equal(json_array_size(unused), 4);
  assert_string_equal(json_string_value(json_array_get(unused, 0)), "bert.pooler.dense.bias");
  assert_string_equal(json_string_value(json_array_get(unused, 3)), "classifier.weight");
  json_decref(object);
  remove_test_folder(folder);
}

/* The encoder of golden/whisper alone. */
static void write_whisper(const char *folder) {
  static const char *const names[] = {"config.json", "preprocessor_config.json",
                                      "model.safetensors"};
  static const char classifier[] = "WhisperForAudioClassification";
  mer_error err = {0};
  for (int i = 0; i < 3; i++) {
    char path[4096], *data;
    size_t size;
    snprintf(path, sizeof path, GOLDEN "whisper/%s", names[i]);
    assert_ok(mer__file_read(&data, &size, path, 1 << 20, &err));
    char *name = i == 0 ? strstr(data, classifier) : NULL;
    if (name) memcpy(name, "WhisperModel\"                 ", sizeof classifier);
    snprintf(path, sizeof path, "%s/%s", folder, names[i]);
    assert_ok(mer__file_write(path, data, size, &err));
    mer__free(data);
  }
}

static void sound_has_a_rate(void **state) {
  (void)state;
  char folder[64];
  make_temporary_folder(folder);
  write_whisper(folder);
  json_t *object = describe(folder);
  expect_text(object, "architecture", "WhisperModel");
  expect_text(object, "model_type", "whisper");
  expect_integer(object, "rate_hz", 16000);
  assert_true(json_integer_value(json_object_get(object, "parameters")) > 1000);
  json_decref(object);
  remove_test_folder(folder);
}

#define VISION GOLDEN "vision/"

static void expect_size(const char *folder, int64_t height, int64_t width) {
  json_t *object = describe(folder);
  const json_t *size = json_object_get(object, "image_size");
  assert_int_equal(json_object_size(size), 2);
  expect_integer(size, "height", height);
  expect_integer(size, "width", width);
  json_decref(object);
}

/* After resizing and cropping, whatever config.json says. */
static void images_have_a_size(void **state) {
  (void)state;
  static const char cropped[] =
      "{\"image_processor_type\": \"ViTImageProcessor\", \"size\": {\"shortest_edge\": 40}, "
      "\"do_center_crop\": true, \"crop_size\": {\"height\": 36, \"width\": 32}}";
  static const char *const names[] = {"vit", "resnet-basic", "resnet-bin", "cnn"};
  char folder[64], path[128];
  mer_error err = {0};
  for (int i = 0; i < 4; i++) {
    snprintf(path, sizeof path, VISION "%s", names[i]);
    expect_size(path, 24, 24);
  }
  make_temporary_folder(folder);
  copy_test_file(folder, VISION "resnet-basic", "config.json");
  copy_test_file(folder, VISION "resnet-basic", "model.safetensors");
  snprintf(path, sizeof path, "%s/preprocessor_config.json", folder);
  assert_ok(mer__file_write(path, cropped, sizeof cropped - 1, &err));
  expect_size(folder, 36, 32);
  remove_test_folder(folder);
}

/* Tensors of no encoder that is known: without a config.json, and with that of something else. */
static void other_tensors_are_counted(void **state) {
  (void)state;
  char folder[64], path[128];
  mer_error err = {0};
  const float values[6] = {0};
  const mer_tensor tensors[] = {{"a", MER_DTYPE_F32, 2, {2, 3}, 6, values},
                                {"b", MER_DTYPE_F32, 1, {4}, 4, values}};
  make_temporary_folder(folder);
  snprintf(path, sizeof path, "%s/model.safetensors", folder);
  assert_ok(mer_safetensors_write(path, tensors, 2, NULL, 0, &err));
  for (int has_config = 0; has_config < 2; has_config++) {
    json_t *object = describe(folder);
    expect_text(object, "type", "tensors");
    expect_text(object, "encoder", "none that is known");
    expect_integer(object, "tensors", 2);
    expect_integer(object, "parameters", 10);
    if (has_config) expect_text(object, "model_type", "vad");
    if (has_config) expect_integer(object, "rate_hz", 8000);
    assert_null(json_object_get(object, "image_size"));
    json_decref(object);
    snprintf(path, sizeof path, "%s/config.json", folder);
    const char text[] = "{\"model_type\": \"vad\", \"sampling_rate\": 8000, \"image_size\": 64}";
    assert_ok(mer__file_write(path, text, sizeof text - 1, &err));
  }
  remove_test_folder(folder);
}

static void what_cannot_be_described(void **state) {
  (void)state;
  char folder[64], path[128], *text;
  mer_error err = {0};
  make_temporary_folder(folder);
  assert_int_equal(mer_describe_folder(&text, folder, &err), MER_STATUS_NOT_FOUND);
  assert_null(text);
  snprintf(path, sizeof path, "%s/config.json", folder);
  assert_ok(mer__file_write(path, "{\"model_type\": \"vad\"}", 21, &err));
  assert_int_equal(mer_describe_folder(&text, folder, &err), MER_STATUS_UNSUPPORTED);
  assert_non_null(strstr(err.message, "'model_type' is \"vad\""));
  remove_test_folder(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(classifiers_have_labels_and_a_target),
      cmocka_unit_test(other_targets_are_named),
      cmocka_unit_test(encoders_name_what_they_do_not_use),
      cmocka_unit_test(sound_has_a_rate),
      cmocka_unit_test(images_have_a_size),
      cmocka_unit_test(other_tensors_are_counted),
      cmocka_unit_test(what_cannot_be_described),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
