/* features_load.h: features of the rows of a split, of clips also with noise. */
#ifndef MER_DATA_FEATURES_LOAD_H
#define MER_DATA_FEATURES_LOAD_H

#include "data/white_noise.h"
#include "mer/data.h"

/** mer_features_load, whose clips are heard with `noise` (NULL: without); those are neither taken
 * from the cache nor kept there. Values that were computed before have none. */
mer_status mer__features_load(mer_features *features, const mer_dataset *dataset,
                              const char *modality, const mer_utterance *rows, int64_t n_rows,
                              const mer__white_noise *noise,
                              const mer_features_load_options *options, mer_error *err);

#endif
