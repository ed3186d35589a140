/* colour.h: from the channels of a picture to red, green and blue. */
#ifndef MER_IMAGE_COLOUR_H
#define MER_IMAGE_COLOUR_H

#include "image/image.h"
#include "image/planes.h"

/** MER_STATUS_NO_MEMORY. */
mer_status mer__image_of_planes(mer__image *image, const mer__planes *planes, mer_error *err);

#endif
