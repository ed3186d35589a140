/* feature_cache.c: features of clips kept in files `<folder>/features/<2 digits>/<key>.f32`.
 * The key is the digest of the clip's bytes and of all settings, so that an entry is never out of
 * date. Entries hold a checksum instead of being synced to disk: one that is damaged, or cut off by
 * a crash, is computed again. */
#include "data/feature_cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/format.h"

/* Most values of an entry. */
enum { MAX_VALUES = 1 << 28 };
/* Raise it when the features of the same settings, or the form of entries, change. */
#define CACHE_VERSION 4

/* An entry begins with this; n_values is 0 unless the state is MER_CLIP_OK. */
typedef struct entry_header {
  char magic[8];
  uint32_t version, state;
  int64_t n_errors, n_bad_samples;
  uint64_t n_values;
  uint64_t checksum; /* of the fields above and the values */
} entry_header;

static const char magic[8] = {'m', 'e', 'r', 'f', 'e', 'a', 't', '\n'};

static uint64_t checksum(const entry_header *header, const float *values) {
  uint64_t sum = mer__checksum(0, header, offsetof(entry_header, checksum));
  return mer__checksum(sum, values, header->n_values * sizeof *values);
}

/* The folder by the XDG base directory specification; NULL without HOME or memory. */
static char *default_folder(void) {
  const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
  if (cache && cache[0] == '/') return mer__path_join(cache, "mer");
  return home && home[0] == '/' ? mer__path_join(home, ".cache/mer") : NULL;
}

char *mer__cache_folder(const char *option) {
  if (!option) return default_folder();
  return *option ? mer__strdup(option) : NULL;
}

/* The folder that the option names, and the settings as text. */
static mer_status begin(mer__feature_cache *cache, const char *folder, const char *settings,
                        mer_error *err) {
  mer__hash_begin(&cache->settings);
  mer__hash_add(&cache->settings, settings, strlen(settings));
  cache->folder = mer__cache_folder(folder);
  bool wanted = folder && *folder;
  return cache->folder || !wanted ? MER_OK : mer__fail_memory(err);
}

mer_status mer__cache_open(mer__feature_cache *cache, const mer_features_load_options *options,
                           size_t n_values, mer_error *err) {
  *cache = (mer__feature_cache){.n_values = n_values};
  const mer_feature_options *f = &options->features;
  char text[256];
  mer__format(text, sizeof text,
              "%d kind=%d rate=%d fft=%d hop=%d mels=%d coefficients=%d "
              "db=%.17g frames=%d seconds=%.17g",
              CACHE_VERSION, (int)f->kind, f->rate_hz, f->n_fft, f->hop, f->n_mels,
              f->n_coefficients, f->top_db, f->n_frames, options->max_duration_s);
  return begin(cache, options->cache_folder, text, err);
}

/* Rescaling and normalizing come after what is kept. */
mer_status mer__cache_open_images(mer__feature_cache *cache, const mer__image_processor *p,
                                  const mer__face_detector *detector, const char *folder,
                                  mer_error *err) {
  char text[256];
  *cache = (mer__feature_cache){0};
  mer__format(text, sizeof text,
              "%d images sizing=%d filter=%d resize=%lldx%lld crop=%d size=%lldx%lld",
              CACHE_VERSION, (int)p->sizing, (int)p->filter, (long long)p->resize_height,
              (long long)p->resize_width, (int)p->crop, (long long)p->height, (long long)p->width);
  mer_status status = begin(cache, folder, text, err);
  if (detector) mer__face_clip_hash(&cache->settings, detector);
  return status;
}

void mer__cache_close(mer__feature_cache *cache, const mer_monitor *monitor) {
  if (atomic_load(&cache->failed))
    mer__log(monitor, MER_LOG_WARNING, "features are not kept for the next time: %s", cache->fault);
  mer__free(cache->folder);
  cache->folder = NULL;
}

void mer__cache_key(char key[MER__HASH_BYTES], const mer__feature_cache *cache,
                    const char clip[MER__HASH_BYTES]) {
  mer__hash hash = cache->settings;
  mer__hash_add(&hash, clip, MER__HASH_BYTES);
  mer__hash_end(key, &hash);
}

/* NULL if memory is out. */
static char *entry_file(const mer__feature_cache *cache, const char *key) {
  size_t size = strlen(cache->folder) + 128;
  char *path = mer__malloc(size, 1);
  if (path) snprintf(path, size, "%s/features/%.2s/%s.f32", cache->folder, key, key);
  return path;
}

/* Checks an entry's bytes, and takes them if they are whole. */
static bool parse_entry(mer__cache_entry *entry, mer__floats *values, const char *data, size_t size,
                        size_t n_values) {
  entry_header header;
  if (size < sizeof header) return false;
  memcpy(&header, data, sizeof header);
  const size_t n_there = (size - sizeof header) / sizeof(float);
  size_t expected = header.state == MER_CLIP_OK ? (n_values ? n_values : n_there) : 0;
  if (memcmp(header.magic, magic, sizeof magic) != 0 || header.version != CACHE_VERSION ||
      header.state >= MER_N_CLIP_STATES || header.n_values != expected ||
      size != sizeof header + expected * sizeof(float) || mer__floats_resize(values, expected) != 0)
    return false;
  if (expected) memcpy(values->data, data + sizeof header, expected * sizeof(float));
  if (header.checksum != checksum(&header, values->data)) return false;
  *entry = (mer__cache_entry){(mer_clip_state)header.state, header.n_errors, header.n_bad_samples};
  return true;
}

bool mer__cache_get(mer__cache_entry *entry, mer__floats *values, const mer__feature_cache *cache,
                    const char key[MER__HASH_BYTES]) {
  char *data = NULL, *path = entry_file(cache, key);
  size_t n_values = cache->n_values ? cache->n_values : MAX_VALUES;
  size_t size, most = sizeof(entry_header) + n_values * sizeof(float);
  bool found = path && mer__file_read(&data, &size, path, most, NULL) == MER_OK &&
               parse_entry(entry, values, data, size, cache->n_values);
  mer__free(data);
  mer__free(path);
  return found;
}

/* Writes an entry, whole or not at all; its folder is made if need be. */
static mer_status write_entry(const char *path, const mer__cache_entry *entry,
                              const mer__floats *values, mer_error *err) {
  entry_header header = {.version = CACHE_VERSION,
                         .state = entry->state,
                         .n_errors = entry->n_errors,
                         .n_bad_samples = entry->n_bad_samples,
                         .n_values = entry->state == MER_CLIP_OK ? values->n : 0};
  memcpy(header.magic, magic, sizeof magic);
  header.checksum = checksum(&header, values->data);
  mer__atomic_file file;
  mer_status status = mer__atomic_open(&file, path, NULL, err);
  if (status == MER_STATUS_NOT_FOUND) {
    char *folder = mer__path_folder(path);
    status = folder ? mer__folder_make(folder, err) : mer__fail_memory(err);
    mer__free(folder);
    if (status == MER_OK) status = mer__atomic_open(&file, path, NULL, err);
  }
  if (status != MER_OK) return status;
  file.unsynced = true; /* the checksum tells a damaged entry */
  mer__atomic_write(&file, &header, sizeof header);
  mer__atomic_write(&file, values->data, header.n_values * sizeof(float));
  return mer__atomic_commit(&file, err);
}

void mer__cache_put(mer__feature_cache *cache, const char key[MER__HASH_BYTES],
                    const mer__cache_entry *entry, const mer__floats *values) {
  if (atomic_load(&cache->failed)) return;
  mer_error err = {0};
  char *path = entry_file(cache, key);
  mer_status status = path ? write_entry(path, entry, values, &err) : mer__fail_memory(&err);
  mer__free(path);
  if (status != MER_OK && !atomic_exchange(&cache->failed, true)) /* the first one tells why */
    snprintf(cache->fault, sizeof cache->fault, "%s", err.message);
}
