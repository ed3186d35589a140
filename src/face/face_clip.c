/* face_clip.c: pictures, their faces, tracks, and the crops of the best one. */
#include "face/face_clip.h"

#include <string.h>

#include "base/error.h"
#include "face/face_track.h"
#include "image/video_frames.h"

static const double RATE_HZ = 3, MOST_S = 60;

typedef struct reading {
  const char *path;
  const mer__face_detector *detector;
  mer__face_counts *counts;
  mer__tracker tracker;
  mer__arena arena;
} reading;

void mer__face_clip_hash(mer__hash *hash, const mer__face_detector *detector) {
  enum { METHOD = 1 }; /* changes where the same video gives other crops */
  const int32_t method = METHOD;
  mer__hash_add(hash, &method, sizeof method);
  mer__face_detector_hash(hash, detector);
}

static mer_status take_picture(void *user, const mer__image *image, double seconds,
                               mer_error *err) {
  (void)seconds;
  reading *r = user;
  mer__face faces[MER__MAX_FACES];
  int n = 0;
  mer__arena_reset(&r->arena);
  mer_status status = mer__faces_find(faces, &n, r->detector, image, &r->arena, err);
  if (status == MER_OK) status = mer__tracker_add(&r->tracker, image, faces, n, r->path, err);
  r->counts->n_frames++;
  r->counts->n_with_face += n > 0;
  return status;
}

static mer_status join(mer__floats *packed, const mer__track *track, mer_error *err) {
  size_t n = 0;
  for (int i = 0; track && i < track->n_crops; i++) n += track->crops[i].n;
  if (mer__floats_resize(packed, n) != 0) return mer__fail_memory(err);
  float *to = packed->data;
  for (int i = 0; track && i < track->n_crops; to += track->crops[i++].n)
    memcpy(to, track->crops[i].data, track->crops[i].n * sizeof *to);
  return MER_OK;
}

mer_status mer__face_clip_read(mer__floats *packed, mer__face_counts *counts,
                               const mer__face_detector *detector,
                               const mer__image_processor *processor, const mer__media_file *file,
                               const mer_monitor *monitor, mer_error *err) {
  const mer__video_options options = {RATE_HZ, MOST_S, monitor};
  reading r = {.path = file->path, .detector = detector, .counts = counts};
  r.tracker.processor = processor;
  *counts = (mer__face_counts){0};
  mer_status status = mer__video_frames(&counts->n_errors, file, &options, take_picture, &r, err);
  if (status == MER_OK) status = join(packed, mer__tracker_best(&r.tracker), err);
  mer__tracker_clear(&r.tracker);
  mer__arena_clear(&r.arena);
  return status;
}
