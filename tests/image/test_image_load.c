/* test_image_load.c: pictures of each format are Pillow's to the byte
 * (tests/golden/make_images.py); animations, videos, and files at fault. */
#include "image/image_load.h"
#include "mer/tensor.h"
#include "test_support.h"

#define FOLDER GOLDEN "images/"

enum { MAX_BYTES = 4096 };

/* Whether the file holds JPEG, whose cosines FFmpeg and libjpeg round in another order. */
static bool is_jpeg(const char *name) {
  return strstr(name, ".jpg") || strstr(name, ".avi") || strstr(name, ".mov");
}

static void load(mer__image *image, const char *name) {
  char path[512];
  mer_error err = {0};
  snprintf(path, sizeof path, FOLDER "%s", name);
  assert_ok(mer__image_load(image, &(mer__media_file){.path = path}, &err));
}

/* The bytes of a file, and how many. */
static size_t read_file(uint8_t bytes[MAX_BYTES], const char *name) {
  char path[512];
  snprintf(path, sizeof path, FOLDER "%s", name);
  FILE *file = fopen(path, "rb");
  const size_t n = fread(bytes, 1, MAX_BYTES, file);
  fclose(file);
  return n;
}

static void check_file(const mer_tensor *expected) {
  const bool tolerant = is_jpeg(expected->name), cmyk = strcmp(expected->name, "cmyk.jpg") == 0;
  const uint8_t *bytes = expected->data;
  mer__image image;
  int worst = 0;
  int64_t n_other = 0;
  load(&image, expected->name);
  if (image.height != expected->shape[0] || image.width != expected->shape[1])
    fail_msg("%s: %d x %d pixels", expected->name, (int)image.width, (int)image.height);
  for (int64_t i = 0; i < expected->n_elements; i++) {
    const int d = abs(bytes[i] - image.pixels[i]);
    n_other += d > 0;
    if (d > worst) worst = d;
  }
  /* FFmpeg rounds the product with black in another way, too. */
  if (worst > (tolerant ? 3 : 0) || (!cmyk && n_other * 12 > expected->n_elements))
    fail_msg("%s: %lld bytes differ, by at most %d", expected->name, (long long)n_other, worst);
  mer__image_clear(&image);
}

static void pixels_equal_pillow(void **state) {
  (void)state;
  mer_error err = {0};
  mer_safetensors *file = NULL;
  assert_ok(mer_safetensors_open(&file, FOLDER "decoded.safetensors", &err));
  assert_int_equal(mer_safetensors_count(file), 40);
  for (int64_t i = 0; i < mer_safetensors_count(file); i++) check_file(mer_safetensors_at(file, i));
  mer_safetensors_close(file);
}

static void of_16_bits_the_upper_8_count(void **state) {
  (void)state;
  mer__image image;
  load(&image, "grey16.png");
  assert_int_equal(image.height * image.width, 12);
  for (int i = 0; i < 12 * 3; i++) assert_int_equal(image.pixels[i], i / 3);
  mer__image_clear(&image);
}

static void memory_equals_the_file(void **state) {
  (void)state;
  uint8_t bytes[MAX_BYTES];
  mer__image of_file, image;
  mer_error err = {0};
  const size_t n = read_file(bytes, "photo.webp");
  load(&of_file, "photo.webp");
  assert_ok(mer__image_load(&image, &(mer__media_file){"an image", bytes, n}, &err));
  assert_memory_equal(image.pixels, of_file.pixels, (size_t)(image.height * image.width * 3));
  mer__image_clear(&image);
  mer__image_clear(&of_file);
  assert_int_equal(mer__image_load(&image, &(mer__media_file){"an image", bytes, 0}, &err),
                   MER_STATUS_FORMAT);
  assert_string_equal(err.message, "an image: empty file");
}

/* A chunk after the last one is not the picture's: neither heeded nor looked for. */
static void what_follows_the_end_of_a_png_is_not_read(void **state) {
  (void)state;
  uint8_t bytes[MAX_BYTES], moved[MAX_BYTES];
  mer__image image;
  mer_error err = {0};
  const size_t n = read_file(bytes, "orientation-6.png");
  size_t at = 8; /* of the chunk, which begins with the size of its data */
  while (at + 12 <= n && memcmp(bytes + at + 4, "eXIf", 4) != 0) at += 12U + bytes[at + 3];
  const size_t size = 12U + bytes[at + 3];
  assert_true(at + size < n);
  memcpy(moved, bytes, at);
  memcpy(moved + at, bytes + at + size, n - at - size);
  memcpy(moved + n - size, bytes + at, size);
  load(&image, "orientation-6.png");
  const int64_t width = image.width, height = image.height;
  assert_int_not_equal(width, height);
  mer__image_clear(&image);
  assert_ok(mer__image_load(&image, &(mer__media_file){"an image", moved, n}, &err));
  assert_int_equal(image.width, height);
  assert_int_equal(image.height, width);
  mer__image_clear(&image);
}

static void a_name_is_not_a_pattern(void **state) {
  (void)state;
  char folder[64], path[128];
  uint8_t bytes[MAX_BYTES];
  mer__image image;
  mer_error err = {0};
  make_temporary_folder(folder);
  snprintf(path, sizeof path, "%s/a%%03d.png", folder);
  FILE *from = fopen(FOLDER "alpha.png", "rb"), *to = fopen(path, "wb");
  fwrite(bytes, 1, fread(bytes, 1, sizeof bytes, from), to);
  fclose(from);
  fclose(to);
  assert_ok(mer__image_load(&image, &(mer__media_file){.path = path}, &err));
  assert_int_equal(image.width, 17);
  mer__image_clear(&image);
  remove_test_folder(folder);
}

#define FAULTS FOLDER "faults/"

static void faults_are_told(void **state) {
  (void)state;
  static const char damaged[] = "its picture cannot be decoded (damaged or cut short)";
  static const struct {
    const char *path, *message;
    mer_status status;
  } cases[] = {
      {FAULTS "cut.jpg", damaged, MER_STATUS_FORMAT},
      {FAULTS "cut.png", damaged, MER_STATUS_FORMAT},
      {FAULTS "cut.webp", damaged, MER_STATUS_FORMAT},
      {FAULTS "cut.gif", damaged, MER_STATUS_FORMAT},
      {FAULTS "cut.bmp", damaged, MER_STATUS_FORMAT},
      {FAULTS "header.jpg", damaged, MER_STATUS_FORMAT},
      {FAULTS "damaged.png", damaged, MER_STATUS_FORMAT},
      {FAULTS "large.jpg", damaged, MER_STATUS_FORMAT}, /* too few bytes for so many pixels */
      {FAULTS "large.png", "10000 x 8000 pixels, at most 67108864 are read", MER_STATUS_LIMIT},
      {FAULTS "drawing.svg", NULL, MER_OK},
      {FAULTS "empty.png", "empty file", MER_STATUS_FORMAT},
      {FAULTS "text.jpg", "not an image or video file (Invalid data found when processing input)",
       MER_STATUS_FORMAT},
      {FAULTS "list.jpg", "not an image or video file (Invalid argument)", MER_STATUS_FORMAT},
      {GOLDEN "mfcc/chirp.wav", "has no pictures", MER_STATUS_NOT_FOUND},
      {FAULTS "none.jpg", "cannot open: No such file or directory", MER_STATUS_NOT_FOUND},
      {FAULTS, "is a folder, expected a file", MER_STATUS_IO},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    mer__image image;
    mer_error err = {0};
    char message[600];
    const mer_status status =
        mer__image_load(&image, &(mer__media_file){.path = cases[i].path}, &err);
    assert_null(image.pixels);
    if (!cases[i].message) { /* whether FFmpeg knows SVG depends on how it was built */
      assert_true(status == MER_STATUS_UNSUPPORTED || status == MER_STATUS_FORMAT);
      continue;
    }
    snprintf(message, sizeof message, "%s: %s", cases[i].path, cases[i].message);
    assert_string_equal(err.message, message);
    assert_int_equal(status, cases[i].status);
  }
}

/* An animated WebP whose parts lie at: 12 VP8X, 30 ANIM, 44 a chunk of 3 bytes, 56 ANMF, in which
 * at 80 ALPH and at 112 VP8. One number of it is changed. */
static void faults_of_an_animation_are_told(void **state) {
  (void)state;
  static const struct {
    size_t at, n;
    uint32_t value;
    const char *message;
    mer_status status;
  } cases[] = {
      {4, 4, UINT32_MAX, "cut short: ", MER_STATUS_FORMAT},
      {4, 4, 48, "without a frame: expected a chunk ANMF", MER_STATUS_FORMAT},
      {4, 4, 60, "the chunk at byte 56 ends at byte ", MER_STATUS_FORMAT},
      {16, 4, 9, "bytes of its chunk VP8X: 9, expected 10", MER_STATUS_FORMAT},
      {16, 4, UINT32_MAX, "bytes of its chunk VP8X: 4294967295, expected 10", MER_STATUS_FORMAT},
      {24, 3, 23, "17 x 13 pixels from (8, 6) on, expected a place within 24 x 22",
       MER_STATUS_FORMAT},
      {27, 3, 17, "17 x 13 pixels from (8, 6) on, expected a place within 29 x 18",
       MER_STATUS_FORMAT},
      {64, 3, 0xffffff, " from (33554430, 6) on", MER_STATUS_FORMAT},
      {24, 3, 0xffffff, ": 16777216 x 22 pixels, at most 67108864 are read", MER_STATUS_LIMIT},
      {48, 4, UINT32_MAX, "the chunk at byte 44 ends at byte 4294967347", MER_STATUS_FORMAT},
      {60, 4, 15, "bytes of its first frame: 15, expected at least 16", MER_STATUS_FORMAT},
      {60, 4, 16, "the chunk at byte 80 ends at byte 88, expected at most 80", MER_STATUS_FORMAT},
      {60, 4, 25, "the chunk at byte 80 ends at byte ", MER_STATUS_FORMAT},
      {84, 4, UINT32_MAX, "the chunk at byte 80 ends at byte 4294967383", MER_STATUS_FORMAT},
      {80, 4, 0x464d4e41 /* ANMF */, "no picture at byte 80, expected a chunk VP8 or VP8L",
       MER_STATUS_FORMAT},
      {115, 1, 0x4c /* L */, "no picture at byte 112, expected a chunk VP8", MER_STATUS_FORMAT},
      {70, 3, 7, "17 x 13 pixels, expected 8 x 13", MER_STATUS_FORMAT},
      {123, 1, 0, "its picture cannot be decoded", MER_STATUS_FORMAT},
  };
  uint8_t whole[MAX_BYTES], bytes[MAX_BYTES];
  const size_t n = read_file(whole, "animated-place.webp");
  assert_memory_equal(whole + 80, "ALPH", 4);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    mer__image image;
    mer_error err = {0};
    memcpy(bytes, whole, n);
    memcpy(bytes + cases[i].at, &cases[i].value, cases[i].n);
    const mer_status status =
        mer__image_load(&image, &(mer__media_file){"an image", bytes, n}, &err);
    assert_null(image.pixels);
    if (strncmp(err.message, "an image: ", 10) != 0 || !strstr(err.message, cases[i].message))
      fail_msg("\"%s\" lacks \"%s\"", err.message, cases[i].message);
    assert_int_equal(status, cases[i].status);
  }
}

/* What follows the first frame says at most how the picture is turned. */
static void damage_after_the_first_frame_leaves_it_upright(void **state) {
  (void)state;
  uint8_t bytes[MAX_BYTES];
  mer__image turned, upright;
  mer_error err = {0};
  const size_t n = read_file(bytes, "animated-place.webp");
  const mer__media_file file = {"an image", bytes, n};
  const size_t second = 64 + bytes[60] + bytes[60] % 2; /* the first frame is at 56 */
  assert_memory_equal(bytes + second, "ANMF", 4);
  assert_true(bytes[61] == 0 && bytes[62] == 0);
  assert_ok(mer__image_load(&turned, &file, &err));
  assert_true(turned.height == 29 && turned.width == 22);
  memset(bytes + second + 4, 0xff, 4);
  assert_ok(mer__image_load(&upright, &file, &err));
  assert_true(upright.height == 22 && upright.width == 29);
  for (int i = 0; i < 22 * 29; i++) /* turned by a quarter */
    assert_memory_equal(turned.pixels + (i % 29 * 22 + 21 - i / 29) * 3, upright.pixels + i * 3, 3);
  mer__image_clear(&turned);
  mer__image_clear(&upright);
}

/* Cut anywhere it is refused. */
static void a_cut_animation_is_refused(void **state) {
  (void)state;
  uint8_t bytes[MAX_BYTES];
  const size_t n = read_file(bytes, "animated-lossless.webp");
  for (size_t cut = 1; cut < n; cut++) {
    mer__image image;
    mer_error err = {0};
    assert_int_equal(mer__image_load(&image, &(mer__media_file){"an image", bytes, cut}, &err),
                     MER_STATUS_FORMAT);
    assert_null(image.pixels);
  }
}

static void a_real_video_gives_its_first_picture(void **state) {
  (void)state;
  char path[4096];
  mer__image image;
  mer_error err = {0};
  if (!find_mer_data(path, "meld/video/dev_splits_complete/dia110_utt8.mp4")) skip();
  assert_ok(mer__image_load(&image, &(mer__media_file){.path = path}, &err));
  assert_int_equal(image.width, 1280);
  assert_int_equal(image.height, 720);
  mer__image_clear(&image);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pixels_equal_pillow),
      cmocka_unit_test(of_16_bits_the_upper_8_count),
      cmocka_unit_test(memory_equals_the_file),
      cmocka_unit_test(what_follows_the_end_of_a_png_is_not_read),
      cmocka_unit_test(a_name_is_not_a_pattern),
      cmocka_unit_test(faults_are_told),
      cmocka_unit_test(faults_of_an_animation_are_told),
      cmocka_unit_test(damage_after_the_first_frame_leaves_it_upright),
      cmocka_unit_test(a_cut_animation_is_refused),
      cmocka_unit_test(a_real_video_gives_its_first_picture),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
