/* image_processor.c: from an image to what a network takes. */
#include "image/image_processor.h"

#include <omp.h>

#include "base/error.h"

/* The longer side in proportion; what transformers computes in doubles and cuts. */
static int64_t in_proportion(int64_t shorter, int64_t from_longer, int64_t from_shorter) {
  return (int64_t)((double)(shorter * from_longer) / (double)from_shorter);
}

/* Resizing goes over an image of the new width and the old height, which of a narrow strip may be
 * far larger than both. */
static mer_status check_size(const mer__image *image, int64_t height, int64_t width,
                             const char *path, mer_error *err) {
  const int64_t taller = height > image->height ? height : image->height;
  if (taller * width <= MER__IMAGE_MAX_PIXELS) return MER_OK;
  return mer__fail(err, MER_STATUS_LIMIT,
                   "%s: %lld x %lld pixels: resizing to %lld x %lld needs an image of %lld x %lld, "
                   "at most %d pixels are made",
                   path, (long long)image->width, (long long)image->height, (long long)width,
                   (long long)height, (long long)width, (long long)taller,
                   (int)MER__IMAGE_MAX_PIXELS);
}

static mer_status resize(mer__image *out, const mer__image_processor *p, const mer__image *image,
                         const char *path, mer_error *err) {
  int64_t height = p->resize_height, width = p->resize_width;
  if (p->sizing == MER__IMAGE_SHORTEST) {
    const bool upright = image->width <= image->height;
    width =
        upright ? p->resize_height : in_proportion(p->resize_height, image->width, image->height);
    height =
        upright ? in_proportion(p->resize_height, image->height, image->width) : p->resize_height;
  }
  const mer_status status = check_size(image, height, width, path, err);
  if (status != MER_OK) return status;
  return mer__image_resize(out, image, height, width, p->filter, err);
}

/* What each byte of a channel becomes; in f32 from the rescaling on, as transformers has it. */
static void fill_table(float table[256], const mer__image_processor *p, int channel) {
  for (int v = 0; v < 256; v++) {
    float value = p->rescale ? (float)(v * p->factor) : (float)v;
    if (p->normalize) value = (value - p->mean[channel]) / p->deviation[channel];
    table[v] = value;
  }
}

void mer__image_normalize(float *out, const mer__image_processor *p, const mer__image *fitted) {
  enum { SHARED = 1 << 14 }; /* pixels from which threads pay off */
  const int64_t n = fitted->height * fitted->width;
  float tables[3][256];
  for (int c = 0; c < 3; c++) fill_table(tables[c], p, c);
#pragma omp parallel for schedule(static) if (n >= SHARED && !omp_in_parallel())
  for (int64_t i = 0; i < n; i++)
    for (int c = 0; c < 3; c++) out[c * n + i] = tables[c][fitted->pixels[3 * i + c]];
}

mer_status mer__image_fit(mer__image *out, const mer__image_processor *p, const mer__image *image,
                          const char *path, mer_error *err) {
  mer__image resized = {0};
  mer_status status = MER_OK;
  *out = (mer__image){0};
  if (p->sizing == MER__IMAGE_KEEP)
    return mer__image_center_crop(out, image, p->height, p->width, err);
  status = resize(p->crop ? &resized : out, p, image, path, err);
  if (status == MER_OK && p->crop)
    status = mer__image_center_crop(out, &resized, p->height, p->width, err);
  mer__image_clear(&resized);
  return status;
}
