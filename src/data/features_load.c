/* features_load.c: features of the rows of a split: precomputed, or of their clips or images,
 * decoded on all threads. Each file is decoded once, however many rows refer to it. */
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/sized_options.h"
#include "data/clip_features.h"
#include "data/dataset.h"
#include "data/feature_values.h"
#include "data/features_load.h"
#include "data/images_load.h"
#include "data/noisy_sound.h"
#include "data/precomputed.h"

/* One file, and the first of the rows that refer to it. */
typedef struct clip {
  int64_t row;
  mer__clip_result result;
  mer__value_range values; /* in the store */
  char *fault;             /* what is wrong with it beyond its state, or NULL */
} clip;

/* How the features of files are made, and where they are kept. */
typedef struct method {
  mer__clip_maker *make;
  const void *maker;             /* its own */
  const mer__white_noise *noise; /* of sound, which then goes into no cache; or NULL */
  mer__feature_cache cache;
} method;

/* What the threads share. */
typedef struct job {
  mer_features *features;
  const mer_utterance *rows;
  const mer_features_load_options *options;
  mer_monitor giving_up; /* asked by the thread that decodes a clip */
  const char *modality;  /* "audio", or that of images */
  bool of_images;        /* the rows' images, not their clips; of those without one their videos */
  bool finds_faces;      /* there is a detector, without which videos are not used */
  const char *clips_wanted; /* of the data set; where clips of sound were looked for in vain */
  method method, of_videos; /* of images or sound, and of videos in the place of images */
  clip *clips;              /* [n_clips], in the order of their first rows */
  int64_t *clip_of;         /* [n_rows]: the row's clip, or -1 */
  int64_t n_clips;
  int64_t n_told;  /* clips of which the monitor knows; the calling thread's */
  omp_lock_t lock; /* of what is below */
  int64_t n_begun, n_done;
  mer_status status; /* of the whole: once it is not MER_OK no clip is begun */
  mer_error *err;
} job;

void mer_features_load_options_init(mer_features_load_options *options, size_t size) {
  mer_features_load_options defaults = {.size = sizeof defaults, .max_duration_s = 60};
  mer_feature_options_init(&defaults.features, sizeof defaults.features, MER_FEATURE_MFCC);
  mer__options_init(options, size, &defaults, sizeof defaults);
}

/* Whether row `i` has a video in the place of an image. */
static bool has_video(const job *j, int64_t i) {
  return j->of_images && !j->rows[i].image && j->rows[i].video;
}

/* The file of row `i` that is to be used, or NULL. */
static const char *path_of(const job *j, int64_t i) {
  if (!j->of_images) return j->rows[i].audio;
  return has_video(j, i) && j->finds_faces ? j->rows[i].video : j->rows[i].image;
}

static const char *things(const job *j) { return j->of_images ? "images" : "clips"; }

/* A row that has a file. */
typedef struct named_file {
  const char *path;
  int64_t row;
} named_file;

/* By path, then order. */
static int compare_files(const void *a, const void *b) {
  const named_file *x = a, *y = b;
  int order = strcmp(x->path, y->path);
  return order ? order : (x->row > y->row) - (x->row < y->row);
}

/* Lets `clip_of` of each row be the first row with the same path, or -1. */
static mer_status find_first_rows(job *j, int64_t n_rows, mer_error *err) {
  named_file *sorted = mer__malloc((size_t)n_rows, sizeof *sorted);
  if (!sorted) return mer__fail_memory(err);
  size_t n = 0;
  for (int64_t i = 0; i < n_rows; i++) {
    j->clip_of[i] = -1;
    if (path_of(j, i)) sorted[n++] = (named_file){path_of(j, i), i};
  }
  qsort(sorted, n, sizeof *sorted, compare_files);
  for (size_t i = 0, first = 0; i < n; i++) {
    if (strcmp(sorted[i].path, sorted[first].path) != 0) first = i;
    j->clip_of[sorted[i].row] = sorted[first].row;
  }
  mer__free(sorted);
  return MER_OK;
}

/* Lists each file once. */
static mer_status list_clips(job *j, int64_t n_rows, mer_error *err) {
  j->clips = mer__calloc((size_t)n_rows, sizeof *j->clips);
  j->clip_of = mer__malloc((size_t)n_rows, sizeof *j->clip_of);
  if (!j->clips || !j->clip_of) return mer__fail_memory(err);
  mer_status status = find_first_rows(j, n_rows, err);
  if (status != MER_OK) return status;
  for (int64_t i = 0; i < n_rows; i++) {
    int64_t first = j->clip_of[i];
    if (first == i) j->clips[j->n_clips].row = i;
    if (first >= 0) j->clip_of[i] = first == i ? j->n_clips++ : j->clip_of[first];
  }
  return MER_OK;
}

/* The next clip, or NULL if there is none, or the whole has ended. */
static clip *take_clip(job *j) {
  omp_set_lock(&j->lock);
  const bool any = j->status == MER_OK && j->n_begun < j->n_clips;
  clip *c = any ? &j->clips[j->n_begun++] : NULL;
  omp_unset_lock(&j->lock);
  return c;
}

/* Ends the whole by an error, unless it has ended. Under the lock. */
static void end_by(job *j, const mer_error *err) {
  if (j->status != MER_OK) return;
  j->status = err->status;
  if (j->err) *j->err = *err;
}

/* Counts a clip. What is not the clip's fault ends the whole: no memory, no space, no FFmpeg, or
 * the system does not let it be read. */
static void end_clip(job *j, mer_clip_state state, const mer_error *of_clip,
                     const mer_error *of_store) {
  omp_set_lock(&j->lock);
  if (of_store->status != MER_OK) end_by(j, of_store);
  if (of_clip->status == MER_STATUS_NO_MEMORY || state == MER_CLIP_UNREADABLE) end_by(j, of_clip);
  j->n_done++;
  omp_unset_lock(&j->lock);
}

/* Tells the monitor of each clip that has ended since the last time, and asks it whether to stop.
 * By the calling thread alone. */
static void tell(job *j) {
  omp_set_lock(&j->lock);
  const int64_t n_done = j->n_done;
  omp_unset_lock(&j->lock);
  while (j->n_told < n_done)
    mer__progress(j->options->monitor, "decode", ++j->n_told, j->n_clips, NULL);
  if (!mer__should_stop(j->options->monitor)) return;
  omp_set_lock(&j->lock);
  if (j->status == MER_OK)
    j->status = mer__fail(j->err, MER_STATUS_INTERRUPTED, "interrupted; %s decoded: %lld of %lld",
                          things(j), (long long)n_done, (long long)j->n_clips);
  omp_unset_lock(&j->lock);
}

/* Whether a clip that is being decoded is to be given up, as the whole ends. Also asks the monitor,
 * where the calling thread decodes it. */
static bool gives_up(void *user) {
  job *j = user;
  if (omp_get_thread_num() == 0) tell(j);
  omp_set_lock(&j->lock);
  const bool ended = j->status != MER_OK;
  omp_unset_lock(&j->lock);
  return ended;
}

/* The message of an error without the path it begins with. */
static const char *reason_of(const char *message, const char *path) {
  size_t length = strlen(path);
  bool named = strncmp(message, path, length) == 0 && strncmp(message + length, ": ", 2) == 0;
  return named ? message + length + 2 : message;
}

/* `scratch` is the thread's own. */
static void load_clip(job *j, clip *c, mer__floats *scratch) {
  mer_error err = {0};
  const char *path = path_of(j, c->row);
  method *m = has_video(j, c->row) ? &j->of_videos : &j->method;
  c->result = m->noise ? mer__noisy_sound(scratch, m->maker, m->noise, c->row, path, &err)
                       : mer__clip_features(scratch, &m->cache, m->make, m->maker, path, &err);
  mer_error of_store = {0};
  c->values.n = (int64_t)scratch->n;
  if (c->result.state == MER_CLIP_OK)
    mer__store_append(&c->values.at, &j->features->values->store, scratch->data, c->values.n,
                      &of_store);
  const char *reason = reason_of(err.message, path);
  if (c->result.state != MER_CLIP_OK && strcmp(reason, mer_clip_state_name(c->result.state)) != 0)
    c->fault = mer__strdup(reason);
  end_clip(j, c->result.state, &err, &of_store);
}

/* Goes on telling the monitor while others decode the last clips. */
static void await_others(job *j) {
  for (bool busy = true; busy;) {
    omp_set_lock(&j->lock);
    busy = j->n_done < j->n_begun;
    omp_unset_lock(&j->lock);
    if (busy) mer__clock_rest();
    tell(j);
  }
}

static mer_status load_all(job *j) {
  tell(j);
#pragma omp parallel
  {
    mer__floats scratch = {0};
    for (clip *c; (c = take_clip(j));) {
      load_clip(j, c, &scratch);
      if (omp_get_thread_num() == 0) tell(j); /* the calling thread */
    }
    mer__floats_clear(&scratch);
    if (omp_get_thread_num() == 0) await_others(j);
  }
  return j->status;
}

/* Gives every row the state and the values of its clip. */
static void spread(job *j) {
  mer_features *f = j->features;
  for (int64_t i = 0; i < f->n_rows; i++) {
    const clip *c = j->clip_of[i] < 0 ? NULL : &j->clips[j->clip_of[i]];
    const mer_clip_state none = has_video(j, i) ? MER_CLIP_NO_DETECTOR : MER_CLIP_NONE;
    f->states[i] = (uint8_t)(c ? c->result.state : none);
    if (c) f->values->ranges[i] = c->values;
  }
}

static void warn(const job *j, const clip *c) {
  const mer_monitor *monitor = j->options->monitor;
  const char *path = path_of(j, c->row);
  const mer__clip_result *r = &c->result;
  if (r->state != MER_CLIP_OK) {
    mer__log(monitor, MER_LOG_WARNING, "%s: %s%s%s", path, mer_clip_state_name(r->state),
             c->fault ? ": " : "", c->fault ? c->fault : "");
    return;
  }
  mer_error damage = {0};
  mer__clip_damage(&damage, path, r);
  if (damage.status != MER_OK) mer__log(monitor, MER_LOG_WARNING, "%s", damage.message);
}

/* "train audio: clips unusable: 3 of 240: 2 missing file, 1 corrupt", if any is. */
static void summarize(const job *j) {
  char reasons[256] = "";
  size_t used = 0;
  int64_t counts[MER_N_CLIP_STATES] = {0};
  for (int64_t i = 0; i < j->n_clips; i++) counts[j->clips[i].result.state]++;
  if (counts[MER_CLIP_OK] == j->n_clips) return;
  for (int s = 0; s < MER_N_CLIP_STATES; s++)
    if (s != MER_CLIP_OK && counts[s] > 0)
      used += (size_t)snprintf(reasons + used, sizeof reasons - used, "%s%lld %s", used ? ", " : "",
                               (long long)counts[s], mer_clip_state_name((mer_clip_state)s));
  mer__log(j->options->monitor, MER_LOG_INFO, "%s %s: %s unusable: %lld of %lld: %s",
           mer_split_name(j->rows[0].split), j->modality, things(j),
           (long long)(j->n_clips - counts[MER_CLIP_OK]), (long long)j->n_clips, reasons);
}

/* Videos that nothing can look at. */
static void report_unseen(const job *j) {
  int64_t n = 0;
  for (int64_t i = 0; i < j->features->n_rows; i++) n += has_video(j, i) && !j->finds_faces;
  if (n > 0)
    mer__log(j->options->monitor, MER_LOG_WARNING,
             "%s %s: no face detector, so that videos are not used: %lld; 'tools/get-encoder "
             "centerface' fetches one",
             mer_split_name(j->rows[0].split), j->modality, (long long)n);
}

static void report(const job *j) {
  report_unseen(j);
  if (j->n_clips == 0 && j->features->n_rows > 0)
    mer__log(j->options->monitor, MER_LOG_WARNING, "%s %s: there are no %s%s%s",
             mer_split_name(j->rows[0].split), j->modality, things(j), j->clips_wanted ? ": " : "",
             j->clips_wanted ? j->clips_wanted : "");
  for (int64_t i = 0; i < j->n_clips; i++) warn(j, &j->clips[i]);
  summarize(j);
}

/* Lists the files of the rows, makes their features, and gives them to the rows. The caches are
 * open. */
static mer_status run(job *j, int64_t n_rows, mer_error *err) {
  mer_status status;
  omp_init_lock(&j->lock);
  j->method.cache.monitor = j->of_videos.cache.monitor = &j->giving_up;
  j->giving_up = (mer_monitor){.user = j, .should_stop = gives_up};
  MER__CHECK(mer__features_begin(j->features, n_rows, j->options->cache_folder, err));
  MER__CHECK(list_clips(j, n_rows, err));
  MER__CHECK(load_all(j));
  spread(j);
  report(j);
cleanup:
  for (int64_t i = 0; i < j->n_clips; i++) {
    j->features->n_cached += j->clips[i].result.cached;
    mer__free(j->clips[i].fault);
  }
  omp_destroy_lock(&j->lock);
  mer__free(j->clip_of);
  mer__free(j->clips);
  return status;
}

static mer_status load_clips(mer_features *features, const mer_dataset *dataset,
                             const mer_utterance *rows, int64_t n_rows,
                             const mer__white_noise *noise,
                             const mer_features_load_options *options, mer_error *err) {
  mer_feature_extractor *extractor;
  mer_status status = mer_feature_extractor_create(&extractor, &options->features, err);
  if (status != MER_OK) return status;
  job j = {.features = features, .rows = rows, .options = options, .modality = "audio", .err = err};
  const mer__sound_settings sound = {extractor, options->max_duration_s, &j.giving_up};
  j.clips_wanted = dataset->clips_wanted;
  j.method = (method){.make = mer__sound_of_file, .maker = &sound, .noise = noise};
  features->width = (int64_t)mer_feature_rows(extractor) * mer_feature_frames(extractor);
  if (!noise) status = mer__cache_open(&j.method.cache, options, (size_t)features->width, err);
  if (status == MER_OK) status = run(&j, n_rows, err);
  mer__cache_close(&j.method.cache, options->monitor);
  mer_feature_extractor_free(extractor);
  return status;
}

mer_status mer__images_load(mer_features *features, const char *modality, const mer_utterance *rows,
                            int64_t n_rows, const mer__image_processor *processor,
                            const mer_features_load_options *options, mer_error *err) {
  job j = {.features = features, .rows = rows, .options = options, .modality = modality};
  mer__face_detector *detector = NULL;
  const char *folder = options->cache_folder;
  mer_status status = MER_OK;
  j.err = err;
  j.of_images = true;
  *features = (mer_features){0};
  if (options->face_detector)
    status = mer__face_detector_open(&detector, options->face_detector, err);
  const mer__video_settings videos = {processor, detector, &j.giving_up};
  j.finds_faces = detector != NULL;
  j.method = (method){.make = mer__image_of_file, .maker = processor};
  j.of_videos = (method){.make = mer__faces_of_file, .maker = &videos};
  if (status == MER_OK)
    status = mer__cache_open_images(&j.method.cache, processor, NULL, folder, err);
  if (status == MER_OK && detector)
    status = mer__cache_open_images(&j.of_videos.cache, processor, detector, folder, err);
  if (status == MER_OK) status = run(&j, n_rows, err);
  if (status == MER_OK) status = mer__features_end(features, err);
  mer__cache_close(&j.method.cache, options->monitor);
  mer__cache_close(&j.of_videos.cache, options->monitor);
  mer__face_detector_close(detector);
  if (status != MER_OK) mer_features_clear(features);
  return status;
}

static mer_status load(mer_features *features, const mer_dataset *dataset, const char *modality,
                       const mer_utterance *rows, int64_t n_rows, const mer__white_noise *noise,
                       const mer_features_load_options *options, mer_error *err) {
  char *source;
  mer_status status =
      mer__precomputed_expect(&source, dataset, modality, options->precomputed, err);
  if (status != MER_OK) return status;
  if (source) status = mer__precomputed_load(features, source, dataset, rows, n_rows, options, err);
  else status = load_clips(features, dataset, rows, n_rows, noise, options, err);
  mer__free(source);
  return status;
}

mer_status mer__features_load(mer_features *features, const mer_dataset *dataset,
                              const char *modality, const mer_utterance *rows, int64_t n_rows,
                              const mer__white_noise *noise,
                              const mer_features_load_options *options, mer_error *err) {
  mer_features_load_options used;
  mer_features_load_options_init(&used, sizeof used);
  *features = (mer_features){0};
  if (n_rows < 0) return mer__fail(err, MER_STATUS_INVALID, "%lld rows", (long long)n_rows);
  mer_status status =
      mer__options_read(&used, sizeof used, options, "mer_features_load_options", err);
  if (status == MER_OK) status = load(features, dataset, modality, rows, n_rows, noise, &used, err);
  if (status == MER_OK) status = mer__features_end(features, err);
  if (status != MER_OK) mer_features_clear(features);
  return status;
}

mer_status mer_features_load(mer_features *features, const mer_dataset *dataset,
                             const char *modality, const mer_utterance *rows, int64_t n_rows,
                             const mer_features_load_options *options, mer_error *err) {
  return mer__features_load(features, dataset, modality, rows, n_rows, NULL, options, err);
}
