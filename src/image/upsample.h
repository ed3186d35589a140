/* upsample.h: channels of half the resolution in full resolution. */
#ifndef MER_IMAGE_UPSAMPLE_H
#define MER_IMAGE_UPSAMPLE_H

#include "image/planes.h"

/** Row `y` of the picture, [width], of channel 1 or 2. Between two values 3 parts of the nearer one
 * and one part of the other are taken, in the rows and in the columns, rounded as libjpeg does or,
 * for WebP, as libwebp; where the resolution is less than half, the value that is there. */
void mer__upsample_row(uint8_t *out, const mer__planes *planes, int channel, int64_t y);

#endif
