/* orientation.h: pictures that a camera has stored turned or mirrored. */
#ifndef MER_IMAGE_ORIENTATION_H
#define MER_IMAGE_ORIENTATION_H

#include "image/image.h"
#include "media/input.h"

enum { MER__UPRIGHT = 1 };

/** EXIF's number for the way a picture is stored, MER__UPRIGHT to 8; MER__UPRIGHT if the file tells
 * none or another one. `frame` is a decoded picture of `input`. */
int mer__orientation_find(mer__input *input, const AVFrame *frame);
/** The same of EXIF data. */
int mer__orientation_of_exif(const uint8_t *exif, size_t size);

/** Turns `image` upright. MER_STATUS_NO_MEMORY. */
mer_status mer__orientation_undo(mer__image *image, int orientation, mer_error *err);

#endif
