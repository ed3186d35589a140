/* image_processor.h: from an image to what a network takes, as transformers' image processors do:
 * resize, crop, rescale, normalize. encoder/image_config.h reads the settings. */
#ifndef MER_IMAGE_IMAGE_PROCESSOR_H
#define MER_IMAGE_IMAGE_PROCESSOR_H

#include "image/image_resize.h"

/** How an image is resized. */
typedef enum mer__image_sizing {
  MER__IMAGE_KEEP,     /* not at all */
  MER__IMAGE_STRETCH,  /* to resize_height x resize_width */
  MER__IMAGE_SHORTEST, /* its shorter side to resize_height, in proportion */
} mer__image_sizing;

typedef struct mer__image_processor {
  mer__image_sizing sizing;
  mer__image_filter filter;
  int64_t resize_height, resize_width;
  bool crop;
  int64_t height, width; /* of every result */
  bool rescale, normalize;
  double factor; /* of rescaling */
  float mean[3], deviation[3];
} mer__image_processor;

/** Values of a result: 3 x height x width. */
static inline int64_t mer__image_n_values(const mer__image_processor *processor) {
  return 3 * processor->height * processor->width;
}

/** Resizes and crops `image`. `path` is for messages. MER_STATUS_LIMIT (a strip so narrow that,
 * resized in one direction or in proportion, it would be too large), MER_STATUS_NO_MEMORY. */
mer_status mer__image_fit(mer__image *out, const mer__image_processor *processor,
                          const mer__image *image, const char *path, mer_error *err);
/** Rescales and normalizes what was fitted: `out` [3, height, width], all red values, then all
 * green, then all blue ones. */
void mer__image_normalize(float *out, const mer__image_processor *processor,
                          const mer__image *fitted);

#endif
