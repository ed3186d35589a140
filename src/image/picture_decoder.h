/* picture_decoder.h: decodes the pictures of a file one after the other. */
#ifndef MER_IMAGE_PICTURE_DECODER_H
#define MER_IMAGE_PICTURE_DECODER_H

#include "image/image.h"
#include "media/input.h"

typedef struct mer__picture_decoder {
  mer__input input;
  AVPacket *packet;
  AVFrame *frame;
  bool still;       /* a picture, not a video */
  int too_large[2]; /* width and height of a frame that was refused */
} mer__picture_decoder;

/** Opens `file`, of which at most `max_read` bytes are read (0: no limit), while `monitor` (may be
 * NULL) does not ask to stop. The decoder is closed in any case. Statuses as mer__image_load. */
mer_status mer__picture_decoder_open(mer__picture_decoder *decoder, const mer__media_file *file,
                                     int64_t max_read, const mer_monitor *monitor, mer_error *err);
/** Accepts one that could not be opened. */
void mer__picture_decoder_close(mer__picture_decoder *decoder);
/** The decoded frame as an image, turned upright. MER_STATUS_UNSUPPORTED, MER_STATUS_NO_MEMORY. */
mer_status mer__picture_of_frame(mer__image *image, mer__picture_decoder *decoder, mer_error *err);

#endif
