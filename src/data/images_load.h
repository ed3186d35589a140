/* images_load.h: the images of the rows of a split. */
#ifndef MER_DATA_IMAGES_LOAD_H
#define MER_DATA_IMAGES_LOAD_H

#include "image/image_processor.h"
#include "mer/data.h"

/** As mer_features_load with the images that the rows name, packed (image/packed_image.h). An image
 * at fault is a state, never an error. MER_STATUS_NO_MEMORY, MER_STATUS_IO, MER_STATUS_UNSUPPORTED
 * (no FFmpeg), MER_STATUS_INTERRUPTED. */
mer_status mer__images_load(mer_features *features, const char *modality, const mer_utterance *rows,
                            int64_t n_rows, const mer__image_processor *processor,
                            const mer_features_load_options *options, mer_error *err);

#endif
