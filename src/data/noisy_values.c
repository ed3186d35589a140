/* noisy_values.c: precomputed vectors and images with noise: copies of what has been loaded. */
#include "data/noisy_values.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/floats.h"
#include "data/feature_values.h"
#include "image/packed_image.h"

/* Of each value of a vector over the rows that have it. */
typedef struct moments {
  double *mean, *deviation; /* [width] */
} moments;

static mer_status measure(moments *of, const mer_features *f, mer_error *err) {
  const int64_t width = f->width, n = f->counts[MER_CLIP_OK];
  of->mean = mer__calloc((size_t)width, sizeof *of->mean);
  of->deviation = mer__calloc((size_t)width, sizeof *of->deviation);
  if (!of->mean || !of->deviation) return mer__fail_memory(err);
  for (int64_t i = 0; i < f->n_rows; i++) {
    const float *x = mer_features_row(f, i, NULL);
    for (int64_t j = 0; x && j < width; j++) of->mean[j] += (double)x[j] / (double)n;
  }
  for (int64_t i = 0; i < f->n_rows; i++) {
    const float *x = mer_features_row(f, i, NULL);
    for (int64_t j = 0; x && j < width; j++)
      of->deviation[j] += ((double)x[j] - of->mean[j]) * ((double)x[j] - of->mean[j]) / (double)n;
  }
  for (int64_t j = 0; j < width; j++) of->deviation[j] = sqrt(of->deviation[j]);
  return MER_OK;
}

static void disturb_vector(float *x, int64_t width, const moments *of, mer__row_noise *noise) {
  for (int64_t j = 0; j < width; j++)
    x[j] = (float)mer__row_noise_add(noise, (double)x[j], of->mean[j], of->deviation[j]);
}

static void disturb_pixels(uint8_t *pixels, int64_t n, mer__row_noise *noise) {
  double mean = 0, squares = 0;
  for (int64_t i = 0; i < n; i++) mean += (double)pixels[i] / (double)n;
  for (int64_t i = 0; i < n; i++) squares += (pixels[i] - mean) * (pixels[i] - mean);
  const double deviation = sqrt(squares / (double)n);
  for (int64_t i = 0; i < n; i++) {
    const double x = mer__row_noise_add(noise, pixels[i], mean, deviation);
    pixels[i] = (uint8_t)lrint(fmin(fmax(x, 0), 255));
  }
}

/* All images of a row. */
static void disturb_images(float *packed, int64_t n_words, mer__row_noise *noise) {
  mer__image image;
  bool fitted;
  while (n_words > 0) {
    const int64_t n = mer__packed_words(packed, n_words);
    if (mer__packed_pixels(&image, &fitted, NULL, packed, n, NULL) == MER_OK)
      disturb_pixels(image.pixels, image.height * image.width * 3, noise);
    packed += n;
    n_words -= n;
  }
}

static mer_status copy_rows(mer_features *noisy, mer__floats *row, const mer_features *clean,
                            const moments *of, bool images, const mer__white_noise *noise,
                            mer_error *err) {
  for (int64_t i = 0; i < clean->n_rows; i++) {
    mer__row_noise own = mer__white_noise_of_row(noise, i);
    mer__value_range *range = &noisy->values->ranges[i];
    const float *values = mer_features_row(clean, i, &range->n);
    noisy->states[i] = clean->states[i];
    if (!values) continue;
    if (mer__floats_resize(row, (size_t)range->n) != 0) return mer__fail_memory(err);
    memcpy(row->data, values, (size_t)range->n * sizeof *values);
    if (images) disturb_images(row->data, range->n, &own);
    else disturb_vector(row->data, range->n, of, &own);
    mer_status status =
        mer__store_append(&range->at, &noisy->values->store, row->data, range->n, err);
    if (status != MER_OK) return status;
  }
  return mer__features_end(noisy, err);
}

mer_status mer__noisy_values_make(mer_features *noisy, const mer_features *clean, bool images,
                                  const mer__white_noise *noise, const char *cache_folder,
                                  mer_error *err) {
  moments of = {0};
  mer__floats row = {0};
  mer_status status;
  *noisy = (mer_features){.width = clean->width, .precomputed = clean->precomputed};
  MER__CHECK(mer__features_begin(noisy, clean->n_rows, cache_folder, err));
  if (!images) MER__CHECK(measure(&of, clean, err));
  MER__CHECK(copy_rows(noisy, &row, clean, &of, images, noise, err));
cleanup:
  if (status != MER_OK) mer_features_clear(noisy);
  mer__floats_clear(&row);
  mer__free(of.mean);
  mer__free(of.deviation);
  return status;
}
