/* sound_features.h: what encoders of sound have in common: the settings of their features in
 * config.json, and that they hear sound alone. */
#ifndef MER_ENCODER_SOUND_FEATURES_H
#define MER_ENCODER_SOUND_FEATURES_H

#include <jansson.h>

#include "encoder/modality.h"
#include "mer/speech.h"

/** Sets "features" of an encoder's object; 0 or -1. */
int mer__sound_features_describe(json_t *object, const mer_feature_options *features);

/** Reads the object "features". MER_STATUS_FORMAT. */
mer_status mer__sound_features_parse(mer_feature_options *features, const json_t *object,
                                     const char *path, mer_error *err);

/** Whether the features can be computed; `path` is that of the file that asks for them.
 * MER_STATUS_FORMAT. */
mer_status mer__sound_features_check(const mer_feature_options *features, const char *path,
                                     mer_error *err);

/** `accept_values` of an encoder that hears clips of any length: MER_STATUS_INVALID for values that
 * are precomputed. */
mer_status mer__sound_features_accept(mer__modality *modality, int64_t n_values, bool precomputed,
                                      mer_error *err);

#endif
