/* test_image_augment.c: changes of images: none, a mirror, a shift, light and contrast, what is
 * erased; what is drawn stays within its bounds; a batch of a training, and of a prediction. */
#include "encoder/image_augment.h"

#include "base/rng.h"
#include "encoder/image_encoder.h"
#include "encoder/image_recipe.h"
#include "test_support.h"

enum { HEIGHT = 6, WIDTH = 5, PIXELS = HEIGHT * WIDTH, CHANNELS = 2, FACE = 48 };

static const mer__image_change nothing = {
    .x = {0, 1, 0}, .y = {0, 0, 1}, .contrast = 1, .light = 0};

static void fill(float *image, int64_t n) {
  mer__rng rng = {.seed = 9};
  for (int64_t i = 0; i < n; i++) image[i] = mer__rng_normal(&rng);
}

static void apply(float *to, const mer__image_change *change, const float *from) {
  mer__image_change_apply(to, change, from, CHANNELS, HEIGHT, WIDTH);
}

static void an_identity_changes_nothing(void **state) {
  (void)state;
  float from[CHANNELS * PIXELS], to[CHANNELS * PIXELS];
  fill(from, CHANNELS * PIXELS);
  apply(to, &nothing, from);
  assert_memory_equal(to, from, sizeof from);
}

static void a_mirror_exchanges_left_and_right(void **state) {
  (void)state;
  float from[CHANNELS * PIXELS], to[CHANNELS * PIXELS];
  mer__image_change change = nothing;
  change.x[0] = WIDTH - 1;
  change.x[1] = -1;
  fill(from, CHANNELS * PIXELS);
  apply(to, &change, from);
  for (int i = 0; i < CHANNELS * HEIGHT; i++)
    for (int j = 0; j < WIDTH; j++)
      assert_true(to[i * WIDTH + j] == from[i * WIDTH + WIDTH - 1 - j]);
}

/* By one and a half rows: the mean of two, and at the end the last one. */
static void a_shift_is_between_pixels(void **state) {
  (void)state;
  float from[CHANNELS * PIXELS], to[CHANNELS * PIXELS];
  mer__image_change change = nothing;
  change.y[0] = 1.5f;
  fill(from, CHANNELS * PIXELS);
  apply(to, &change, from);
  for (int j = 0; j < WIDTH; j++) {
    assert_near(to[j], (from[WIDTH + j] + from[2 * WIDTH + j]) / 2, 1e-6);
    assert_true(to[(HEIGHT - 1) * WIDTH + j] == from[(HEIGHT - 1) * WIDTH + j]);
  }
}

static void light_contrast_and_what_is_erased(void **state) {
  (void)state;
  float from[CHANNELS * PIXELS], to[CHANNELS * PIXELS];
  mer__image_change change = nothing;
  change.contrast = 2;
  change.light = 0.5f;
  change.top = 1;
  change.left = 2;
  change.n_rows = 3;
  change.n_columns = 2;
  fill(from, CHANNELS * PIXELS);
  apply(to, &change, from);
  for (int k = 0; k < CHANNELS; k++)
    for (int i = 0; i < HEIGHT; i++)
      for (int j = 0; j < WIDTH; j++) {
        const int at = (k * HEIGHT + i) * WIDTH + j;
        const bool erased = i >= 1 && i < 4 && j >= 2 && j < 4;
        assert_near(to[at], erased ? 0 : 2 * from[at] + 0.5f, 1e-6);
      }
}

/* The middle of the image stays near the middle, and what is erased lies within. */
static void what_is_drawn_has_bounds(void **state) {
  (void)state;
  int n_erased = 0, n_mirrored = 0;
  for (uint64_t i = 0; i < 1000; i++) {
    mer__rng rng = {.seed = 1, .stream = i};
    mer__image_change c;
    mer__image_change_draw(&c, FACE, FACE, &rng);
    const float middle = (FACE - 1) / 2.0f;
    assert_near(c.x[0] + (c.x[1] + c.x[2]) * middle, middle, 0.11 * FACE);
    assert_near(c.y[0] + (c.y[1] + c.y[2]) * middle, middle, 0.11 * FACE);
    const float area = c.x[1] * c.y[2] - c.x[2] * c.y[1];
    assert_true(fabsf(area) > 0.7f && fabsf(area) < 1.4f);
    assert_true(c.top >= 0 && c.left >= 0);
    assert_true(c.top + c.n_rows <= FACE && c.left + c.n_columns <= FACE);
    n_erased += c.n_rows > 0;
    n_mirrored += area < 0;
  }
  assert_true(n_erased > 150 && n_erased < 350);
  assert_true(n_mirrored > 400 && n_mirrored < 600);
}

/* An encoder by a recipe, which sees the same image twice. */
static void a_training_changes_what_is_seen(void **state) {
  (void)state;
  enum { VALUES = 3 * FACE * FACE };
  static float image[VALUES];
  mer_error err = {0};
  mer__arena arena = {0};
  mer__modality modality = {.name = "image"};
  const mer__encoder_settings settings = {.recipe = mer__image_recipe_find("cnn"), .augment = true};
  assert_ok(mer__modality_create(&modality, mer__encoder_type_find("cnn"), &err));
  assert_ok(modality.type->adopt(&modality, &settings, &err));
  assert_true(modality.from_nothing);
  const mer__image_encoder *encoder = modality.self;
  fill(image, VALUES);
  const mer__input input = {.present = true, .length = VALUES, .values = image};
  const mer__input *inputs[] = {&input, &input};
  mer__pass pass = {.arena = &arena, .noise = {.training = true, .seed = 3, .step = 1}};
  const float **first = mer__image_inputs(encoder, inputs, 2, &pass);
  const float **again = mer__image_inputs(encoder, inputs, 2, &pass);
  pass.noise.step = 2;
  const float **next = mer__image_inputs(encoder, inputs, 2, &pass);
  pass.noise.training = false;
  const float **plain = mer__image_inputs(encoder, inputs, 2, &pass);
  assert_memory_equal(first[0], again[0], sizeof image);
  assert_memory_equal(first[1], again[1], sizeof image);
  assert_true(memcmp(first[0], first[1], sizeof image) != 0);
  assert_true(memcmp(first[0], next[0], sizeof image) != 0);
  assert_ptr_equal(plain[0], image);
  mer__modality_clear(&modality);
  mer__arena_clear(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_identity_changes_nothing),
      cmocka_unit_test(a_mirror_exchanges_left_and_right),
      cmocka_unit_test(a_shift_is_between_pixels),
      cmocka_unit_test(light_contrast_and_what_is_erased),
      cmocka_unit_test(what_is_drawn_has_bounds),
      cmocka_unit_test(a_training_changes_what_is_seen),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
