/* sound_features.h: the settings of an encoder's sound features in config.json. */
#ifndef MER_ENCODER_SOUND_FEATURES_H
#define MER_ENCODER_SOUND_FEATURES_H

#include <jansson.h>

#include "mer/speech.h"

/** Sets "features" of an encoder's object; 0 or -1. */
int mer__sound_features_describe(json_t *object, const mer_feature_options *features);

/** Reads the object "features". MER_STATUS_FORMAT. */
mer_status mer__sound_features_parse(mer_feature_options *features, const json_t *object,
                                     const char *path, mer_error *err);

#endif
