/* bmp.h: an image as a file that every browser shows, without compression. */
#ifndef MER_IMAGE_BMP_H
#define MER_IMAGE_BMP_H

#include "image/image.h"

/** Bytes of a Windows bitmap of 24 bits into `*bytes` [*n_bytes], for mer__free.
 * MER_STATUS_NO_MEMORY. */
mer_status mer__bmp_make(uint8_t **bytes, size_t *n_bytes, const mer__image *image, mer_error *err);

#endif
