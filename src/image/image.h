/* image.h: pictures as bytes of red, green and blue. */
#ifndef MER_IMAGE_IMAGE_H
#define MER_IMAGE_IMAGE_H

#include <stddef.h>

#include "mer/base.h"

/** A larger picture is refused before its pixels are decoded. */
enum { MER__IMAGE_MAX_PIXELS = 1 << 26 };

/** Zero-initialize. */
typedef struct mer__image {
  uint8_t *pixels; /* [height, width, 3]: red, green, blue */
  int64_t height, width;
} mer__image;

/** Makes an image of that size, whose pixels are not set. MER_STATUS_NO_MEMORY. */
mer_status mer__image_create(mer__image *image, int64_t height, int64_t width, mer_error *err);
/** Accepts a zeroed image. */
void mer__image_clear(mer__image *image);

#endif
