/* clip_features.h: features of one clip or image, from the cache or by decoding it. */
#ifndef MER_DATA_CLIP_FEATURES_H
#define MER_DATA_CLIP_FEATURES_H

#include "data/feature_cache.h"
#include "face/face_clip.h"
#include "image/image_processor.h"
#include "media/audio_source.h"
#include "media/media_file.h"

/** A clip is silent if no sample is as large as this. */
#define MER__SILENCE 1e-4f

/** What became of one clip. */
typedef struct mer__clip_result {
  mer_clip_state state;
  int64_t n_errors, n_bad_samples; /* of a usable clip, as in mer_audio */
  bool cached;
  mer__face_counts faces; /* of a video that was looked at */
} mer__clip_result;

/** What is damaged in a sound that is used all the same, as the message of `damage`
 * (MER_STATUS_FORMAT), which stays as it is if nothing is. */
void mer__clip_damage(mer_error *damage, const char *path, const mer__clip_result *result);

/** MER_CLIP_OK if `path` is a file with bytes that may be read; else `err` tells why it cannot be
 * used. MER_CLIP_UNREADABLE (MER_STATUS_IO): the system does not tell. */
mer_clip_state mer__clip_examine(const char *path, mer_error *err);

/** Features of a sound into `out`: rows x frames of the extractor, in memory that does not grow
 * with the sound, or rows x natural frames. Unless the state is MER_CLIP_OK, `err` tells the fault.
 * A sound longer than `max_duration_s` (0: no limit) is MER_CLIP_LONG; out of memory, or `monitor`
 * (may be NULL) asks to stop, is MER_CLIP_UNDECIDED; MER_STATUS_IO, and anything without FFmpeg, is
 * MER_CLIP_UNREADABLE. */
mer__clip_result mer__sound_features(mer__floats *out, const mer_feature_extractor *extractor,
                                     const mer__audio_source *source, double max_duration_s,
                                     const mer_monitor *monitor, mer_error *err);

/** The state of an image that was packed, or could not be. */
mer_clip_state mer__image_state(mer_status status);
/** An image into `out`, packed (image/packed_image.h). Unless the state is MER_CLIP_OK, `err` tells
 * the fault; out of memory is MER_CLIP_UNDECIDED, MER_STATUS_IO is MER_CLIP_UNREADABLE. */
mer__clip_result mer__image_features(mer__floats *out, const mer__image_processor *processor,
                                     const mer__media_file *file, mer_error *err);

/** What is seen in videos, and how. */
typedef struct mer__video_settings {
  const mer__image_processor *processor;
  const mer__face_detector *detector; /* NULL: MER_CLIP_NO_DETECTOR */
  const mer_monitor *monitor;         /* asked whether to stop; or NULL */
} mer__video_settings;

/** The faces in a video into `out`, packed (face/face_clip.h); states as above. */
mer__clip_result mer__video_features(mer__floats *out, const mer__video_settings *settings,
                                     const mer__media_file *file, mer_error *err);

/** Makes the features of a file; `self` is the maker's own. As the two above. */
typedef mer__clip_result mer__clip_maker(mer__floats *out, const void *self, const char *path,
                                         mer_error *err);

/** State of a sound that decoding ended with that status. */
mer_clip_state mer__sound_state(mer_status status);

/** That of sound, whose `self` is a mer__sound_settings. */
mer__clip_maker mer__sound_of_file;
typedef struct mer__sound_settings {
  const mer_feature_extractor *extractor;
  double max_duration_s;      /* 0: no limit */
  const mer_monitor *monitor; /* asked whether to stop by the thread that decodes; or NULL */
} mer__sound_settings;

/** That of images, whose `self` is a mer__image_processor, and of videos, of mer__video_settings.
 */
mer__clip_maker mer__image_of_file, mer__faces_of_file;

/** Features of a file from the cache, or else by `make`. Unless the state is MER_CLIP_OK, `err`
 * tells why, and is MER_STATUS_NO_MEMORY if nothing is wrong with the file. */
mer__clip_result mer__clip_features(mer__floats *out, mer__feature_cache *cache,
                                    mer__clip_maker *make, const void *self, const char *path,
                                    mer_error *err);

#endif
