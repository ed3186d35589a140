/* image_load.h: any picture, or the first one of a video, decoded by FFmpeg. */
#ifndef MER_IMAGE_IMAGE_LOAD_H
#define MER_IMAGE_IMAGE_LOAD_H

#include "image/image.h"
#include "media/media_file.h"

/** Most bytes that are read of a file before its first picture is whole. */
#define MER__IMAGE_MAX_BYTES ((int64_t)256 << 20)

/** Decodes a picture (JPEG, PNG, WebP, BMP, GIF, TIFF, ..) or the first one of an animation (GIF,
 * WebP) or a video, turned as its EXIF orientation, or the video's matrix, says. The bytes are
 * those of Pillow's convert("RGB"), of JPEG but for at most 3 (its cosines are rounded in another
 * order): grey becomes three equal channels, a palette its colours, an alpha channel is left out.
 * Of 16 bits the upper 8 count, also of grey, which Pillow cuts off at 255. MER_STATUS_NOT_FOUND
 * (also sound without a picture), MER_STATUS_IO, MER_STATUS_FORMAT (neither an image nor a video,
 * damaged, cut short), MER_STATUS_UNSUPPORTED (no decoder, SVG, pixels that are not colours, FFmpeg
 * is not installed), MER_STATUS_LIMIT (MER__IMAGE_MAX_PIXELS, MER__IMAGE_MAX_BYTES),
 * MER_STATUS_NO_MEMORY. */
mer_status mer__image_load(mer__image *image, const mer__media_file *file, mer_error *err);

#endif
