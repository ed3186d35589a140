/* clip_features.c: features of one clip or image: its file is examined, looked up by its hash,
 * decoded. */
#include "data/clip_features.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "base/sized_options.h"
#include "image/image_load.h"
#include "image/packed_image.h"
#include "media/ffmpeg.h"
#include "speech/feature_stream.h"

const char *mer_clip_state_name(mer_clip_state state) {
  switch (state) {
#define STATE_CASE(name, text) \
  case MER_CLIP_##name: return text;
    MER_CLIP_MAP(STATE_CASE)
#undef STATE_CASE
    default: return "?";
  }
}

/* Fills `err` with the fault that a state is. */
static mer_clip_state fault(mer_clip_state state, const char *path, mer_error *err) {
  mer_status status = state == MER_CLIP_MISSING                           ? MER_STATUS_NOT_FOUND
                      : state == MER_CLIP_FORBIDDEN                       ? MER_STATUS_IO
                      : state == MER_CLIP_LONG || state == MER_CLIP_LARGE ? MER_STATUS_LIMIT
                                                                          : MER_STATUS_FORMAT;
  mer__fail(err, status, "%s: %s", path, mer_clip_state_name(state));
  return state;
}

void mer__clip_damage(mer_error *damage, const char *path, const mer__clip_result *result) {
  char parts[100] = "", samples[100] = "";
  if (result->n_errors > 0)
    snprintf(parts, sizeof parts, "damaged: %lld part%s cannot be decoded or %s missing, ",
             (long long)result->n_errors, result->n_errors == 1 ? "" : "s",
             result->n_errors == 1 ? "is" : "are");
  if (result->n_bad_samples > 0)
    snprintf(samples, sizeof samples, "%lld sample%s of a channel %s not finite, ",
             (long long)result->n_bad_samples, result->n_bad_samples == 1 ? "" : "s",
             result->n_bad_samples == 1 ? "is" : "are");
  if (*parts || *samples)
    mer__fail(damage, MER_STATUS_FORMAT, "%s: %s%s%s", path, parts, samples,
              *parts ? "the rest is used" : "the others are used");
}

/* Whether no file can have the path, rather than that the system does not let one be seen. */
static bool is_absence(int code) {
  return code == ENOENT || code == ENOTDIR || code == ELOOP || code == ENAMETOOLONG;
}

mer_clip_state mer__clip_examine(const char *path, mer_error *err) {
  struct stat info;
  if (stat(path, &info) != 0) {
    if (is_absence(errno)) return fault(MER_CLIP_MISSING, path, err);
    if (errno == EACCES) return fault(MER_CLIP_FORBIDDEN, path, err);
    mer__fail(err, MER_STATUS_IO, "%s: cannot examine: %s", path, strerror(errno));
    return MER_CLIP_UNREADABLE;
  }
  if (!S_ISREG(info.st_mode)) {
    mer__fail_not_regular(err, path, info.st_mode);
    return MER_CLIP_CORRUPT;
  }
  if (info.st_size == 0) return fault(MER_CLIP_EMPTY, path, err);
  if (faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) != 0 && errno == EACCES)
    return fault(MER_CLIP_FORBIDDEN, path, err);
  return MER_CLIP_OK;
}

static size_t width_of(const mer_feature_extractor *extractor) {
  return (size_t)mer_feature_rows(extractor) * (size_t)mer_feature_frames(extractor);
}

static void put_zeros(float *out, const mer_feature_extractor *extractor) {
  memset(out, 0, width_of(extractor) * sizeof *out);
}

static mer_clip_state state_of(const mer_audio *audio) {
  if (audio->n_samples == 0) return MER_CLIP_EMPTY;
  if (audio->peak >= MER__SILENCE) return MER_CLIP_OK;
  if (audio->channel_peak < MER__SILENCE && audio->n_bad_samples > 0) return MER_CLIP_NOT_FINITE;
  return audio->mixed_peak < MER__SILENCE && audio->channel_peak >= MER__SILENCE ? MER_CLIP_OPPOSITE
                                                                                 : MER_CLIP_SILENT;
}

/* State of a file that could not be used. Without FFmpeg nobody knows what is in it. */
static mer_clip_state state_of_failure(mer_status status) {
  switch (status) {
    case MER_OK: return MER_CLIP_OK;
    case MER_STATUS_NO_MEMORY:
    case MER_STATUS_INTERRUPTED: return MER_CLIP_UNDECIDED;
    case MER_STATUS_IO: return MER_CLIP_UNREADABLE;
    case MER_STATUS_UNSUPPORTED:
      return mer__ffmpeg_load(NULL) == MER_OK ? MER_CLIP_CORRUPT : MER_CLIP_UNREADABLE;
    default: return MER_CLIP_CORRUPT;
  }
}

/* A file without sound is empty, not damaged. */
mer_clip_state mer__sound_state(mer_status status) {
  if (status == MER_STATUS_LIMIT) return MER_CLIP_LONG;
  return status == MER_STATUS_NOT_FOUND ? MER_CLIP_EMPTY : state_of_failure(status);
}

/* And so is a file without a picture, such as one of sound. */
mer_clip_state mer__image_state(mer_status status) {
  if (status == MER_STATUS_LIMIT) return MER_CLIP_LARGE;
  return status == MER_STATUS_NOT_FOUND ? MER_CLIP_EMPTY : state_of_failure(status);
}

/* Gives decoded samples to a mer__feature_stream. */
static mer_status push(void *user, const float *samples, size_t n, mer_error *err) {
  return mer__feature_stream_push(user, samples, n, err);
}

static mer_status finish(mer__floats *out, mer__feature_stream *stream, mer_error *err) {
  if (mer__floats_resize(out, (size_t)mer__feature_stream_size(stream)) != 0)
    return mer__fail_memory(err);
  return mer__feature_stream_finish(out->data, stream, err);
}

/* Decodes `source` into the features of a stream. */
static mer_status stream_features(mer_audio *audio, mer__feature_stream *stream,
                                  const mer__audio_source *source, double max_duration_s,
                                  const mer_monitor *monitor, mer_error *err) {
  mer_audio_options options;
  mer_audio_options_init(&options, sizeof options);
  options.rate_hz = mer_feature_rate_hz(stream->extractor);
  options.max_duration_s = max_duration_s;
  options.monitor = monitor;
  return mer__audio_stream(audio, source, &options, push, stream, err);
}

mer_status mer_features_of_file(float *out, mer_audio *audio,
                                const mer_feature_extractor *extractor, const char *path,
                                const mer_monitor *monitor, mer_error *err) {
  mer__feature_stream stream = {.extractor = extractor};
  *audio = (mer_audio){0};
  if (mer_feature_frames(extractor) == 0)
    return mer__fail(err, MER_STATUS_INVALID, "expected features of a fixed number of frames");
  const mer__audio_source source = {.path = path};
  mer_status status = stream_features(audio, &stream, &source, 0, monitor, err);
  if (status == MER_OK) status = mer__feature_stream_finish(out, &stream, err);
  mer__feature_stream_clear(&stream);
  if (status == MER_OK)
    mer__clip_damage(
        err, path,
        &(mer__clip_result){.n_errors = audio->n_errors, .n_bad_samples = audio->n_bad_samples});
  return status;
}

mer__clip_result mer__sound_features(mer__floats *out, const mer_feature_extractor *extractor,
                                     const mer__audio_source *source, double max_duration_s,
                                     const mer_monitor *monitor, mer_error *err) {
  mer_audio audio;
  if (source->bytes && source->n_bytes == 0)
    return (mer__clip_result){.state = fault(MER_CLIP_EMPTY, source->path, err)};
  mer__feature_stream stream = {.extractor = extractor};
  mer_status status = stream_features(&audio, &stream, source, max_duration_s, monitor, err);
  mer__clip_result result = {.state = mer__sound_state(status)};
  if (status == MER_OK) {
    result.state = state_of(&audio);
    result.n_errors = audio.n_errors;
    result.n_bad_samples = audio.n_bad_samples;
    if (finish(out, &stream, err) != MER_OK) result.state = MER_CLIP_UNDECIDED;
    else if (result.state != MER_CLIP_OK) fault(result.state, source->path, err);
  }
  mer__feature_stream_clear(&stream);
  return result;
}

mer__clip_result mer__image_features(mer__floats *out, const mer__image_processor *processor,
                                     const mer__media_file *file, mer_error *err) {
  mer__image image = {0};
  if (file->bytes && file->n_bytes == 0)
    return (mer__clip_result){.state = fault(MER_CLIP_EMPTY, file->path, err)};
  mer_status status = mer__image_load(&image, file, err);
  if (status == MER_OK) status = mer__image_pack(out, processor, &image, file->path, err);
  mer__image_clear(&image);
  return (mer__clip_result){.state = mer__image_state(status)};
}

mer__clip_result mer__video_features(mer__floats *out, const mer__video_settings *settings,
                                     const mer__media_file *file, mer_error *err) {
  mer__clip_result result = {.state = MER_CLIP_NO_DETECTOR};
  if (file->bytes && file->n_bytes == 0)
    return (mer__clip_result){.state = fault(MER_CLIP_EMPTY, file->path, err)};
  if (!settings->detector) {
    mer__fail(err, MER_STATUS_NOT_FOUND,
              "%s: no face detector: 'tools/get-encoder centerface' fetches one", file->path);
    return result;
  }
  mer_status status = mer__face_clip_read(out, &result.faces, settings->detector,
                                          settings->processor, file, settings->monitor, err);
  result.state = mer__image_state(status);
  result.n_errors = result.faces.n_errors;
  if (status == MER_OK && out->n == 0) result.state = fault(MER_CLIP_NO_FACE, file->path, err);
  return result;
}

mer__clip_result mer__sound_of_file(mer__floats *out, const void *self, const char *path,
                                    mer_error *err) {
  const mer__sound_settings *s = self;
  return mer__sound_features(out, s->extractor, &(mer__audio_source){.path = path},
                             s->max_duration_s, s->monitor, err);
}

mer__clip_result mer__image_of_file(mer__floats *out, const void *self, const char *path,
                                    mer_error *err) {
  return mer__image_features(out, self, &(mer__media_file){.path = path}, err);
}

mer__clip_result mer__faces_of_file(mer__floats *out, const void *self, const char *path,
                                    mer_error *err) {
  return mer__video_features(out, self, &(mer__media_file){.path = path}, err);
}

/* What is kept: not clips that cannot be used for a reason only decoding tells. */
static bool is_kept(mer_clip_state state) {
  return state == MER_CLIP_OK || state == MER_CLIP_SILENT || state == MER_CLIP_OPPOSITE ||
         state == MER_CLIP_NOT_FINITE || state == MER_CLIP_NO_FACE;
}

static mer__clip_result find_or_make(mer__floats *out, mer__feature_cache *cache,
                                     mer__clip_maker *make, const void *self, const char *path,
                                     mer_error *err) {
  char clip[MER__HASH_BYTES], key[MER__HASH_BYTES];
  mer__cache_entry entry;
  if (cache->folder) {
    mer_status status = mer__hash_file(clip, path, cache->monitor, err);
    if (status != MER_OK) return (mer__clip_result){.state = state_of_failure(status)};
    mer__cache_key(key, cache, clip);
    if (mer__cache_get(&entry, out, cache, key)) {
      if (entry.state != MER_CLIP_OK) fault(entry.state, path, err);
      return (mer__clip_result){.state = entry.state,
                                .n_errors = entry.n_errors,
                                .n_bad_samples = entry.n_bad_samples,
                                .cached = true};
    }
  }
  mer__clip_result result = make(out, self, path, err);
  entry = (mer__cache_entry){result.state, result.n_errors, result.n_bad_samples};
  if (cache->folder && is_kept(entry.state)) mer__cache_put(cache, key, &entry, out);
  return result;
}

mer__clip_result mer__clip_features(mer__floats *out, mer__feature_cache *cache,
                                    mer__clip_maker *make, const void *self, const char *path,
                                    mer_error *err) {
  mer__clip_result result = {.state = mer__clip_examine(path, err)};
  if (result.state == MER_CLIP_OK) result = find_or_make(out, cache, make, self, path, err);
  return result;
}

mer_clip_state mer_features_of_clip(float *out, const mer_feature_extractor *extractor,
                                    const char *path, const mer_features_load_options *options,
                                    mer_error *err) {
  mer_features_load_options used;
  mer__feature_cache cache;
  if (mer_feature_frames(extractor) == 0) {
    mer__fail(err, MER_STATUS_INVALID, "expected features of a fixed number of frames");
    return MER_CLIP_UNDECIDED;
  }
  put_zeros(out, extractor);
  if (!path) {
    mer__fail(err, MER_STATUS_NOT_FOUND, "%s", mer_clip_state_name(MER_CLIP_NONE));
    return MER_CLIP_NONE;
  }
  mer_features_load_options_init(&used, sizeof used);
  if (mer__options_read(&used, sizeof used, options, "mer_features_load_options", err) != MER_OK)
    return MER_CLIP_UNDECIDED;
  if (mer__cache_open(&cache, &used, width_of(extractor), err) != MER_OK) return MER_CLIP_UNDECIDED;
  cache.monitor = used.monitor;
  mer__floats values = {0};
  const mer__sound_settings sound = {extractor, used.max_duration_s, used.monitor};
  mer_clip_state state =
      mer__clip_features(&values, &cache, mer__sound_of_file, &sound, path, err).state;
  if (state == MER_CLIP_OK) memcpy(out, values.data, values.n * sizeof *out);
  mer__floats_clear(&values);
  mer__cache_close(&cache, used.monitor);
  return state;
}
