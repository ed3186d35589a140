/* planes.h: the channels of a decoded picture as bytes, each in the size that it has in the file.
 */
#ifndef MER_IMAGE_PLANES_H
#define MER_IMAGE_PLANES_H

#include "media/ffmpeg.h"

/** How the channels are meant, and how colours of a lower resolution are brought to that of the
 * brightness. */
typedef enum mer__colour_kind {
  MER__COLOUR_GREY, /* one channel */
  MER__COLOUR_RGB,
  MER__COLOUR_JPEG,  /* Y, Cb, Cr, as libjpeg has them */
  MER__COLOUR_WEBP,  /* the same, as libwebp */
  MER__COLOUR_VIDEO, /* the same, of `red`, `blue` and `limited` */
} mer__colour_kind;

/** Zero-initialize. */
typedef struct mer__planes {
  mer__colour_kind kind;
  int64_t height, width;
  int x_shift, y_shift; /* of the second and third channel: their sizes are halved so often */
  uint8_t *channels[3]; /* [height, width] of each */
  double red, blue;     /* their part of the brightness */
  bool limited;         /* brightness from 16 to 235 */
} mer__planes;

/** Sizes of a channel. */
static inline int64_t mer__plane_height(const mer__planes *planes, int channel) {
  return channel ? AV_CEIL_RSHIFT(planes->height, planes->y_shift) : planes->height;
}
static inline int64_t mer__plane_width(const mer__planes *planes, int channel) {
  return channel ? AV_CEIL_RSHIFT(planes->width, planes->x_shift) : planes->width;
}

/** Reads a frame of the decoder `codec`. MER_STATUS_UNSUPPORTED (its pixels are not colours of up
 * to 16 bits), MER_STATUS_NO_MEMORY. */
mer_status mer__planes_read(mer__planes *planes, const AVFrame *frame, enum AVCodecID codec,
                            const char *path, mer_error *err);
void mer__planes_clear(mer__planes *planes);

#endif
