/* packed_image.h: an image as it is kept until a batch needs its values: its pixels in the size
 * that it has, or in that which the network takes, whichever is smaller. A face of 48 x 48 pixels
 * takes 7 KB so, and 600 KB as the values that a network of 224 x 224 takes. Of a video several
 * images stand one after the other. */
#ifndef MER_IMAGE_PACKED_IMAGE_H
#define MER_IMAGE_PACKED_IMAGE_H

#include "base/floats.h"
#include "image/image_processor.h"

/** The words of `out` are a packed image, and not numbers; `path` is for messages.
 * MER_STATUS_LIMIT, MER_STATUS_NO_MEMORY. */
mer_status mer__image_pack(mer__floats *out, const mer__image_processor *processor,
                           const mer__image *image, const char *path, mer_error *err);
/** Words of the first of several packed images in `n_words` words; `n_words`, if that is not whole.
 */
int64_t mer__packed_words(const float *packed, int64_t n_words);
/** How many packed images are in `n_words` words, at least 1. */
int64_t mer__packed_count(const float *packed, int64_t n_words);
/** The pixels of an image packed for the same processor, or if that is NULL for any, in `n_words`
 * words, which `image` borrows; whether they are `fitted`. MER_STATUS_INTERNAL: the words are not
 * such an image. */
mer_status mer__packed_pixels(mer__image *image, bool *fitted,
                              const mer__image_processor *processor, const float *packed,
                              int64_t n_words, mer_error *err);
/** The values [3, height, width] of an image packed for the same processor, in `n_words` words.
 * MER_STATUS_INTERNAL (the words are not such an image), MER_STATUS_NO_MEMORY. */
mer_status mer__image_unpack(float *values, const mer__image_processor *processor,
                             const float *packed, int64_t n_words, mer_error *err);

#endif
