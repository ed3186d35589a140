/* test_images_load.c: the images of a manifest's rows: packed, each file once, through the cache,
 * and what becomes of those at fault. */
#include "data/data_support.h"
#include "data/images_load.h"
#include "image/packed_image.h"

#define IMAGES GOLDEN "images/"

static const mer__image_processor processor = {.sizing = MER__IMAGE_STRETCH,
                                               .filter = MER__IMAGE_BILINEAR,
                                               .resize_height = 24,
                                               .resize_width = 24,
                                               .height = 24,
                                               .width = 24,
                                               .rescale = true,
                                               .factor = 1 / 255.0};
enum { N_ROWS = 7 };

static void copy(const char *from, const char *name) {
  char *data;
  size_t size;
  mer_error err = {0};
  assert_ok(mer__file_read(&data, &size, from, 1 << 20, &err));
  put_bytes(name, data, size);
  mer__free(data);
}

static mer_dataset *open_images(void) {
  copy(IMAGES "photo.png", "faces/a.png");
  copy(IMAGES "even.webp", "faces/small.webp");
  copy(IMAGES "faults/cut.jpg", "faces/cut.jpg");
  copy(IMAGES "faults/large.png", "faces/large.png");
  put("faces/empty.png", "");
  put("manifest.csv",
      "split,image,label\ntrain,faces/a.png,joy\ntrain,faces/small.webp,joy\n"
      "train,faces/cut.jpg,joy\ntrain,,joy\ntrain,faces/none.png,joy\n"
      "train,faces/large.png,joy\ntrain,faces/a.png,fear\ndev,faces/empty.png,fear\n");
  return open_path(in_folder("manifest.csv"), NULL);
}

static void load(mer_features *features, const mer_dataset *dataset, mer_split split,
                 const char *cache, messages *told) {
  int64_t n;
  mer_error err = {0};
  const mer_utterance *rows = mer_dataset_rows(dataset, split, &n);
  const mer_monitor monitor = monitor_of(told);
  mer_features_load_options options;
  mer_features_load_options_init(&options, sizeof options);
  options.cache_folder = cache;
  options.monitor = &monitor;
  assert_ok(mer__images_load(features, "image", rows, n, &processor, &options, &err));
}

static void each_row_has_a_state(void **state) {
  (void)state;
  static const uint8_t expected[N_ROWS] = {MER_CLIP_OK,   MER_CLIP_OK,      MER_CLIP_CORRUPT,
                                           MER_CLIP_NONE, MER_CLIP_MISSING, MER_CLIP_LARGE,
                                           MER_CLIP_OK};
  mer_dataset *dataset = open_images();
  mer_features features;
  messages told = {0};
  load(&features, dataset, MER_SPLIT_TRAIN, "", &told);
  assert_memory_equal(features.states, expected, sizeof expected);
  assert_int_equal(features.counts[MER_CLIP_OK], 3);
  assert_int_equal(told.n_progress, 5);
  assert_non_null(strstr(told.text, "cut.jpg: corrupt: its picture cannot be decoded"));
  assert_non_null(strstr(told.text, "large.png: too large: 10000 x 8000 pixels, at most 67108864"));
  assert_non_null(strstr(told.text, "none.png: missing file"));
  assert_non_null(strstr(told.text,
                         "train image: images unusable: 3 of 5: 1 missing file, 1 corrupt, 1 too "
                         "large"));
  assert_null(mer_features_row(&features, 2, NULL));
  assert_ptr_equal(mer_features_row(&features, 0, NULL), mer_features_row(&features, 6, NULL));
  mer_features_clear(&features);
  told = (messages){0};
  load(&features, dataset, MER_SPLIT_DEV, "", &told);
  assert_int_equal(features.counts[MER_CLIP_EMPTY], 1);
  mer_features_clear(&features);
  mer_dataset_close(dataset);
}

/* A picture that is smaller than what the network takes is kept as it is. */
static void images_are_kept_in_the_smaller_size(void **state) {
  (void)state;
  mer_dataset *dataset = open_images();
  mer_features features;
  messages told = {0};
  int64_t n_large, n_small;
  load(&features, dataset, MER_SPLIT_TRAIN, "", &told);
  mer_features_row(&features, 0, &n_large);
  mer_features_row(&features, 1, &n_small);
  assert_int_equal(n_large, 3 + 24 * 24 * 3 / 4);
  assert_int_equal(n_small, 3 + 16 * 12 * 3 / 4);
  mer_features_clear(&features);
  mer_dataset_close(dataset);
}

static void the_cache_gives_the_same(void **state) {
  (void)state;
  mer_dataset *dataset = open_images();
  mer_features fresh, cached;
  messages told = {0};
  float a[3 * 24 * 24], b[3 * 24 * 24];
  mer_error err = {0};
  load(&fresh, dataset, MER_SPLIT_TRAIN, in_folder("cache"), &told);
  assert_int_equal(fresh.n_cached, 0);
  load(&cached, dataset, MER_SPLIT_TRAIN, in_folder("cache"), &told);
  assert_int_equal(cached.n_cached, 2);
  for (int row = 0; row < 2; row++) {
    int64_t n;
    const float *of_fresh = mer_features_row(&fresh, row, &n);
    assert_ok(mer__image_unpack(a, &processor, of_fresh, n, &err));
    const float *of_cached = mer_features_row(&cached, row, &n);
    assert_ok(mer__image_unpack(b, &processor, of_cached, n, &err));
    assert_memory_equal(a, b, sizeof a);
  }
  mer_features_clear(&fresh);
  mer_features_clear(&cached);
  mer_dataset_close(dataset);
}

static void loading_stops_when_asked(void **state) {
  (void)state;
  mer_dataset *dataset = open_images();
  messages told = {.stop_after = 1};
  const mer_monitor monitor = monitor_of(&told);
  mer_features features;
  mer_features_load_options options;
  mer_error err = {0};
  int64_t n;
  const mer_utterance *rows = mer_dataset_rows(dataset, MER_SPLIT_TRAIN, &n);
  mer_features_load_options_init(&options, sizeof options);
  options.cache_folder = "";
  options.monitor = &monitor;
  mer_threads_set(1);
  assert_int_equal(mer__images_load(&features, "image", rows, n, &processor, &options, &err),
                   MER_STATUS_INTERRUPTED);
  assert_string_equal(err.message, "interrupted; images decoded: 1 of 5");
  assert_null(features.states);
  mer_dataset_close(dataset);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(each_row_has_a_state, set_up, tear_down),
      cmocka_unit_test_setup_teardown(images_are_kept_in_the_smaller_size, set_up, tear_down),
      cmocka_unit_test_setup_teardown(the_cache_gives_the_same, set_up, tear_down),
      cmocka_unit_test_setup_teardown(loading_stops_when_asked, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
