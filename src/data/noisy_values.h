/* noisy_values.h: precomputed vectors and images with noise. */
#ifndef MER_DATA_NOISY_VALUES_H
#define MER_DATA_NOISY_VALUES_H

#include "data/white_noise.h"
#include "mer/data.h"

/** Copies of the rows of `clean` with noise; a row without values stays without. `images`: they are
 * packed images (image/packed_image.h), each of which gets noise beside the deviation of its own
 * bytes from their mean, within 0 to 255; else vectors, of which each value gets noise beside its
 * deviation over the rows that have it. The copies lie in a file without a name in `cache_folder`
 * (as in mer_features_load_options), and never in the cache. MER_STATUS_NO_MEMORY, MER_STATUS_IO;
 * then nothing is made. */
mer_status mer__noisy_values_make(mer_features *noisy, const mer_features *clean, bool images,
                                  const mer__white_noise *noise, const char *cache_folder,
                                  mer_error *err);

#endif
