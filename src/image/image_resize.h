/* image_resize.h: other sizes of an image, to the byte as Pillow has them. */
#ifndef MER_IMAGE_IMAGE_RESIZE_H
#define MER_IMAGE_IMAGE_RESIZE_H

#include "image/image.h"

/** By Pillow's numbers. */
typedef enum mer__image_filter {
  MER__IMAGE_BILINEAR = 2,
  MER__IMAGE_BICUBIC = 3,
} mer__image_filter;

/** `image` as [height, width], as Pillow's Image.resize: where it becomes smaller the filter is as
 * much wider, so that no pixel is passed over. MER_STATUS_NO_MEMORY. */
mer_status mer__image_resize(mer__image *out, const mer__image *image, int64_t height,
                             int64_t width, mer__image_filter filter, mer_error *err);
/** The middle of `image`, [height, width], as transformers' center_crop: black where the image does
 * not reach. MER_STATUS_NO_MEMORY. */
mer_status mer__image_center_crop(mer__image *out, const mer__image *image, int64_t height,
                                  int64_t width, mer_error *err);

#endif
