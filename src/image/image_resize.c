/* image_resize.c: resizing by weights of 22 bits, first along the rows, then along the columns,
 * with a rounding to bytes in between: the arithmetic of Pillow's resampling of 8-bit images. */
#include "image/image_resize.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

enum { WEIGHT_BITS = 22 };

/* The pixels from which one of the result is made, along one axis, and their weights. */
typedef struct taps {
  int64_t first, n;
  const int32_t *weights;
} taps;

/* All of an axis. */
typedef struct axis {
  taps *taps;       /* [size of the result] */
  int32_t *weights; /* of all of them */
} axis;

static void axis_clear(axis *a) {
  mer__free(a->taps);
  mer__free(a->weights);
}

static double bilinear(double x) {
  x = fabs(x);
  return x < 1 ? 1 - x : 0;
}

/* Keys' cubic convolution with a = -1/2. */
static double bicubic(double x) {
  const double a = -0.5;
  x = fabs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

static int32_t fixed(double weight) {
  const double scaled = weight * (1 << WEIGHT_BITS);
  return (int32_t)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
}

/* The weights of `n_out` pixels, each of up to `room` of the `n_in`. */
static void weigh(axis *a, double *scratch, int64_t room, int64_t n_in, int64_t n_out,
                  mer__image_filter filter) {
  const double scale = (double)n_in / (double)n_out, wide = scale < 1 ? 1 : scale;
  const double support = (filter == MER__IMAGE_BICUBIC ? 2.0 : 1.0) * wide, narrow = 1.0 / wide;
  for (int64_t i = 0; i < n_out; i++) {
    const double center = ((double)i + 0.5) * scale;
    int64_t first = (int64_t)(center - support + 0.5), end = (int64_t)(center + support + 0.5);
    double sum = 0;
    if (first < 0) first = 0;
    if (end > n_in) end = n_in;
    for (int64_t k = 0; k < end - first; k++) {
      const double x = ((double)(k + first) - center + 0.5) * narrow;
      scratch[k] = filter == MER__IMAGE_BICUBIC ? bicubic(x) : bilinear(x);
      sum += scratch[k];
    }
    int32_t *weights = a->weights + i * room;
    for (int64_t k = 0; k < end - first; k++)
      weights[k] = fixed(sum != 0 ? scratch[k] / sum : scratch[k]);
    a->taps[i] = (taps){first, end - first, weights};
  }
}

static mer_status axis_init(axis *a, int64_t n_in, int64_t n_out, mer__image_filter filter,
                            mer_error *err) {
  const double scale = (double)n_in / (double)n_out;
  const double support = (filter == MER__IMAGE_BICUBIC ? 2.0 : 1.0) * (scale < 1 ? 1 : scale);
  const int64_t room = (int64_t)ceil(support) * 2 + 1;
  double *scratch = mer__malloc((size_t)room, sizeof *scratch);
  a->taps = mer__malloc((size_t)n_out, sizeof *a->taps);
  a->weights = mer__malloc((size_t)(n_out * room), sizeof *a->weights);
  const bool complete = scratch && a->taps && a->weights;
  if (complete) weigh(a, scratch, room, n_in, n_out, filter);
  mer__free(scratch);
  return complete ? MER_OK : mer__fail_memory(err);
}

static uint8_t to_byte(int32_t sum) {
  sum >>= WEIGHT_BITS;
  return (uint8_t)(sum < 0 ? 0 : sum > 255 ? 255 : sum);
}

enum { HALF = 1 << (WEIGHT_BITS - 1) };

static void resize_rows(mer__image *out, const mer__image *in, const axis *a) {
  for (int64_t y = 0; y < in->height; y++) {
    const uint8_t *row = in->pixels + y * in->width * 3;
    uint8_t *to = out->pixels + y * out->width * 3;
    for (int64_t x = 0; x < out->width; x++, to += 3) {
      const taps *t = &a->taps[x];
      const uint8_t *from = row + t->first * 3;
      int32_t sum[3] = {HALF, HALF, HALF};
      for (int64_t k = 0; k < t->n; k++, from += 3)
        for (int c = 0; c < 3; c++) sum[c] += from[c] * t->weights[k];
      for (int c = 0; c < 3; c++) to[c] = to_byte(sum[c]);
    }
  }
}

/* `sums` [row]: scratch. */
static void resize_columns(mer__image *out, const mer__image *in, const axis *a, int32_t *sums) {
  const int64_t row = in->width * 3;
  for (int64_t y = 0; y < out->height; y++) {
    const taps *t = &a->taps[y];
    for (int64_t x = 0; x < row; x++) sums[x] = HALF;
    for (int64_t k = 0; k < t->n; k++) {
      const uint8_t *from = in->pixels + (t->first + k) * row;
      for (int64_t x = 0; x < row; x++) sums[x] += from[x] * t->weights[k];
    }
    for (int64_t x = 0; x < row; x++) out->pixels[y * row + x] = to_byte(sums[x]);
  }
}

static mer_status along_rows(mer__image *out, const mer__image *in, int64_t width,
                             mer__image_filter filter, mer_error *err) {
  axis a = {0};
  mer_status status = axis_init(&a, in->width, width, filter, err);
  if (status == MER_OK) status = mer__image_create(out, in->height, width, err);
  if (status == MER_OK) resize_rows(out, in, &a);
  axis_clear(&a);
  return status;
}

static mer_status along_columns(mer__image *out, const mer__image *in, int64_t height,
                                mer__image_filter filter, mer_error *err) {
  axis a = {0};
  int32_t *sums = mer__malloc((size_t)in->width * 3, sizeof *sums);
  mer_status status = sums ? MER_OK : mer__fail_memory(err);
  if (status == MER_OK) status = axis_init(&a, in->height, height, filter, err);
  if (status == MER_OK) status = mer__image_create(out, height, in->width, err);
  if (status == MER_OK) resize_columns(out, in, &a, sums);
  axis_clear(&a);
  mer__free(sums);
  return status;
}

mer_status mer__image_resize(mer__image *out, const mer__image *image, int64_t height,
                             int64_t width, mer__image_filter filter, mer_error *err) {
  mer__image rows = {0};
  mer_status status = MER_OK;
  *out = (mer__image){0};
  if (width != image->width) status = along_rows(&rows, image, width, filter, err);
  const mer__image *from = width != image->width ? &rows : image;
  if (status == MER_OK && height != image->height) {
    status = along_columns(out, from, height, filter, err);
  } else if (status == MER_OK && from == &rows) {
    *out = rows;
    rows = (mer__image){0};
  } else if (status == MER_OK) {
    status = mer__image_center_crop(out, image, height, width, err); /* a copy */
  }
  mer__image_clear(&rows);
  if (status != MER_OK) mer__image_clear(out);
  return status;
}

/* Where a line of `n_in` pixels and its middle of `n_out` lie upon each other: `*n` pixels from
 * `*from` on come to `*to`. The middle begins at floor((n_in - n_out) / 2). */
static void overlap(int64_t *from, int64_t *to, int64_t *n, int64_t n_in, int64_t n_out) {
  const int64_t larger = n_in > n_out ? n_in : n_out;
  *from = (larger - n_out) / 2;
  *to = (larger - n_in + 1) / 2;
  *n = n_in < n_out ? n_in : n_out;
}

mer_status mer__image_center_crop(mer__image *out, const mer__image *image, int64_t height,
                                  int64_t width, mer_error *err) {
  int64_t top, left, to_top, to_left, n_rows, n_columns;
  overlap(&top, &to_top, &n_rows, image->height, height);
  overlap(&left, &to_left, &n_columns, image->width, width);
  mer_status status = mer__image_create(out, height, width, err);
  if (status != MER_OK) return status;
  memset(out->pixels, 0, (size_t)(height * width * 3));
  for (int64_t y = 0; y < n_rows; y++)
    memcpy(out->pixels + ((to_top + y) * width + to_left) * 3,
           image->pixels + ((top + y) * image->width + left) * 3, (size_t)n_columns * 3);
  return MER_OK;
}
