/* feature_cache.h: features of clips kept in files, found by what they were computed from. */
#ifndef MER_DATA_FEATURE_CACHE_H
#define MER_DATA_FEATURE_CACHE_H

#include <stdatomic.h>

#include "base/digest.h"
#include "base/floats.h"
#include "face/face_clip.h"
#include "image/image_processor.h"
#include "mer/data.h"

/** A cache; may be used by many threads between open and close. */
typedef struct mer__feature_cache {
  char *folder;               /* NULL: there is no cache */
  mer__hash settings;         /* of everything but the clip */
  size_t n_values;            /* of an entry with values; 0: any number */
  atomic_bool failed;         /* an entry could not be written; no more are tried */
  char fault[512];            /* why; valid after the threads have ended */
  const mer_monitor *monitor; /* borrowed, or NULL: asked whether to stop while a clip is hashed */
} mer__feature_cache;

/** What is kept of one clip: its state, and the values where that is MER_CLIP_OK. */
typedef struct mer__cache_entry {
  mer_clip_state state;
  int64_t n_errors, n_bad_samples; /* as in mer_audio */
} mer__cache_entry;

/** The folder that mer_features_load_options.cache_folder means, for mer__free; NULL: no cache, or
 * memory is out. */
char *mer__cache_folder(const char *option);

/** Folder and settings of `options`, for features of `n_values`, 0 if that differs.
 * MER_STATUS_NO_MEMORY. */
mer_status mer__cache_open(mer__feature_cache *cache, const mer_features_load_options *options,
                           size_t n_values, mer_error *err);
/** The same of packed images; with a detector, of the faces that it finds in videos. */
mer_status mer__cache_open_images(mer__feature_cache *cache, const mer__image_processor *processor,
                                  const mer__face_detector *detector, const char *folder,
                                  mer_error *err);
/** Logs that entries could not be written, and frees. Accepts a zeroed cache. */
void mer__cache_close(mer__feature_cache *cache, const mer_monitor *monitor);

/** Key of a clip whose bytes have the hash `clip`. */
void mer__cache_key(char key[MER__HASH_BYTES], const mer__feature_cache *cache,
                    const char clip[MER__HASH_BYTES]);
/** Reads an entry and, if its state is MER_CLIP_OK, its values. False if there is none
 * that is whole. */
bool mer__cache_get(mer__cache_entry *entry, mer__floats *values, const mer__feature_cache *cache,
                    const char key[MER__HASH_BYTES]);
/** Writes an entry; a failure is told by mer__cache_close. */
void mer__cache_put(mer__feature_cache *cache, const char key[MER__HASH_BYTES],
                    const mer__cache_entry *entry, const mer__floats *values);

#endif
