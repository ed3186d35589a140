/* image_augment.c: one affine map from the pixels of the result to those of the image. */
#include "encoder/image_augment.h"

#include <math.h>

#include "encoder/grid_place.h"

static const float most_turn = 0.2618f; /* 15 degrees */
static const float most_shift = 0.1f;   /* of the image's size */
static const float most_scale = 1.15f;
static const float most_light = 0.4f, most_contrast = 1.3f;
static const float erased = 0.25f; /* part of the images that lose a rectangle */
static const float least_erased = 0.02f, most_erased = 0.15f; /* of the area */

static float between(float low, float high, mer__rng *rng) {
  return low + (high - low) * mer__rng_uniform(rng);
}

/* A rectangle up to three times as wide as high, or the other way round. */
static void draw_erased(mer__image_change *c, int64_t height, int64_t width, mer__rng *rng) {
  const float area = between(least_erased, most_erased, rng) * (float)(height * width);
  const float ratio = expf(between(-1.0986f, 1.0986f, rng));
  const int64_t rows = (int64_t)(sqrtf(area * ratio) + 0.5f);
  const int64_t columns = (int64_t)(sqrtf(area / ratio) + 0.5f);
  c->n_rows = rows < height ? rows : height;
  c->n_columns = columns < width ? columns : width;
  c->top = mer__rng_below(rng, (uint32_t)(height - c->n_rows + 1));
  c->left = mer__rng_below(rng, (uint32_t)(width - c->n_columns + 1));
}

void mer__image_change_draw(mer__image_change *c, int64_t height, int64_t width, mer__rng *rng) {
  const float turn = between(-most_turn, most_turn, rng);
  const float scale = expf(between(-logf(most_scale), logf(most_scale), rng));
  const float mirror = mer__rng_uniform(rng) < 0.5f ? -1 : 1;
  const float middle_x = (float)(width - 1) / 2, middle_y = (float)(height - 1) / 2;
  const float along = cosf(turn) / scale, across = sinf(turn) / scale;
  *c = (mer__image_change){.x = {0, mirror * along, mirror * across}, .y = {0, -across, along}};
  c->x[0] = middle_x - c->x[1] * middle_x - c->x[2] * middle_y +
            between(-most_shift, most_shift, rng) * (float)width;
  c->y[0] = middle_y - c->y[1] * middle_x - c->y[2] * middle_y +
            between(-most_shift, most_shift, rng) * (float)height;
  c->contrast = expf(between(-logf(most_contrast), logf(most_contrast), rng));
  c->light = between(-most_light, most_light, rng);
  if (mer__rng_uniform(rng) < erased) draw_erased(c, height, width, rng);
}

static bool is_erased(const mer__image_change *c, int64_t row, int64_t column) {
  return row >= c->top && row < c->top + c->n_rows && column >= c->left &&
         column < c->left + c->n_columns;
}

void mer__image_change_apply(float *to, const mer__image_change *c, const float *from,
                             int64_t channels, int64_t height, int64_t width) {
  const int64_t n = height * width;
  for (int64_t i = 0; i < height; i++)
    for (int64_t j = 0; j < width; j++) {
      const float x = c->x[0] + c->x[1] * (float)j + c->x[2] * (float)i;
      const float y = c->y[0] + c->y[1] * (float)j + c->y[2] * (float)i;
      const mer__place row = mer__place_at(y, height), column = mer__place_at(x, width);
      const bool none = is_erased(c, i, j);
      for (int64_t k = 0; k < channels; k++)
        to[k * n + i * width + j] =
            none ? 0 : mer__value_at(from + k * n, width, row, column) * c->contrast + c->light;
    }
}
