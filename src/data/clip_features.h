/* clip_features.h: features of one clip, from the cache or by decoding it. */
#ifndef MER_DATA_CLIP_FEATURES_H
#define MER_DATA_CLIP_FEATURES_H

#include "data/feature_cache.h"
#include "media/audio_source.h"

/** A clip is silent if no sample is as large as this. */
#define MER__SILENCE 1e-4f

/** What became of one clip. */
typedef struct mer__clip_result {
  mer_clip_state state;
  int64_t n_errors, n_bad_samples; /* of a usable clip, as in mer_audio */
  bool cached;
} mer__clip_result;

/** What is damaged in a sound that is used all the same, as the message of `damage`
 * (MER_STATUS_FORMAT), which stays as it is if nothing is. */
void mer__clip_damage(mer_error *damage, const char *path, const mer__clip_result *result);

/** MER_CLIP_OK if `path` is a file with bytes; else `err` tells why it cannot be used. */
mer_clip_state mer__clip_examine(const char *path, mer_error *err);

/** Features of a sound into `out`: rows x frames of the extractor, in memory that does not grow
 * with the sound, or rows x natural frames. Unless the state is MER_CLIP_OK, `err` tells the fault.
 * A sound longer than `max_duration_s` (0: no limit) is MER_CLIP_LONG; out of memory is
 * MER_CLIP_UNDECIDED. */
mer__clip_result mer__sound_features(mer__floats *out, const mer_feature_extractor *extractor,
                                     const mer__audio_source *source, double max_duration_s,
                                     mer_error *err);

/** The same of a file, by the cache. Unless the state is MER_CLIP_OK, `err` tells why, and is
 * MER_STATUS_NO_MEMORY if nothing is wrong with the clip. */
mer__clip_result mer__clip_features(mer__floats *out, mer__feature_cache *cache,
                                    const mer_feature_extractor *extractor, const char *path,
                                    const mer_features_load_options *options, mer_error *err);

#endif
