/* webp_frame.h: the first frame of an animated WebP as a file of its own, as FFmpeg's decoder knows
 * still ones alone. */
#ifndef MER_IMAGE_WEBP_FRAME_H
#define MER_IMAGE_WEBP_FRAME_H

#include "image/image.h"
#include "media/input.h"

/** Zero-initialize. */
typedef struct mer__webp_frame {
  uint8_t *still; /* [n_bytes] a still WebP of the frame, owned; NULL: none was read */
  size_t n_bytes;
  int64_t height, width;
  int64_t top, left; /* of the frame on the canvas */
  int64_t canvas_height, canvas_width;
  int orientation; /* of the canvas, as EXIF has it */
} mer__webp_frame;

/** Whether the file is WebP with the mark of an animation. */
bool mer__webp_is_animated(mer__input *input);
/** Reads the first frame of an animation. MER_STATUS_FORMAT (its chunks contradict each other or
 * the size of the file, it has no frame, the frame lies outside its canvas), MER_STATUS_LIMIT (a
 * canvas of more than MER__IMAGE_MAX_PIXELS, too many bytes or chunks), MER_STATUS_NO_MEMORY. */
mer_status mer__webp_frame_read(mer__webp_frame *frame, mer__input *input, mer_error *err);
/** Makes of the decoded frame the whole picture, turned upright: the canvas around it is black, as
 * Pillow's convert("RGB") shows it. `path` is for messages. MER_STATUS_FORMAT (the frame has not
 * the size that the file says), MER_STATUS_NO_MEMORY; then the image is cleared. */
mer_status mer__webp_frame_place(mer__image *image, const mer__webp_frame *frame, const char *path,
                                 mer_error *err);
/** Accepts a zeroed frame. */
void mer__webp_frame_clear(mer__webp_frame *frame);

#endif
