/* face_track.c: each track, the longest and largest first, takes the face that overlaps most with
 * its last one. */
#include "face/face_track.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "image/packed_image.h"

/* The least overlap with the picture before, a third of a second ago. */
static const float LEAST_OVERLAP = 0.2F;

/* The side of a crop beside the longer side of its face. */
static const float CROP_SCALE = 1.2F;

/* Most pixels of a crop: that of a face as high as the largest picture that is nearly square; in a
 * strip it would have many times as many as the picture. */
static const int64_t MOST_PIXELS = 2 * (int64_t)MER__IMAGE_MAX_PIXELS;

mer_status mer__face_crop(mer__image *out, const mer__image *image, const mer__face *face,
                          mer_error *err) {
  const float longer = fmaxf(face->right - face->left, face->bottom - face->top);
  const float half = fmaxf(longer * CROP_SCALE, 1) / 2;
  const int64_t side = (int64_t)ceilf(2 * half);
  const int64_t left = (int64_t)floorf((face->left + face->right) / 2 - half);
  const int64_t top = (int64_t)floorf((face->top + face->bottom) / 2 - half);
  const int64_t from = left < 0 ? 0 : left;
  const int64_t to = left + side < image->width ? left + side : image->width;
  if (side * side > MOST_PIXELS)
    return mer__fail(err, MER_STATUS_LIMIT, "a face of %lld pixels is too large", (long long)side);
  mer_status status = mer__image_create(out, side, side, err);
  if (status != MER_OK) return status;
  memset(out->pixels, 0, (size_t)(side * side * 3));
  for (int64_t y = 0; y < side; y++) {
    const int64_t row = top + y;
    if (row < 0 || row >= image->height || to <= from) continue;
    memcpy(out->pixels + (y * side + from - left) * 3,
           image->pixels + (row * image->width + from) * 3, (size_t)(to - from) * 3);
  }
  return MER_OK;
}

/* Of a track that has room for no more crops every second one is left. */
static void thin(mer__track *track) {
  for (int i = 1; i < MER__TRACK_CROPS / 2; i++) {
    const mer__floats swapped = track->crops[i];
    track->crops[i] = track->crops[2 * i];
    track->crops[2 * i] = swapped;
  }
  track->n_crops = MER__TRACK_CROPS / 2;
  track->step *= 2;
}

static mer_status keep_crop(mer__track *track, const mer__image_processor *processor,
                            const mer__image *image, const char *path, mer_error *err) {
  mer__image crop = {0};
  if (track->n_crops == MER__TRACK_CROPS) thin(track);
  mer_status status = mer__face_crop(&crop, image, &track->face, err);
  if (status == MER_OK)
    status = mer__image_pack(&track->crops[track->n_crops], processor, &crop, path, err);
  if (status == MER_OK) track->n_crops++;
  mer__image_clear(&crop);
  return status;
}

/* The side of a face as a part of that of the picture. */
static double side_of(const mer__face *face, const mer__image *image) {
  const double area = (double)(face->right - face->left) * (face->bottom - face->top);
  return sqrt(area / ((double)image->width * (double)image->height));
}

static mer_status go_on(mer__tracker *t, mer__track *track, const mer__face *face,
                        const mer__image *image, const char *path, mer_error *err) {
  const bool kept = track->n_seen % track->step == 0;
  track->face = *face;
  track->last = t->n_pictures;
  track->weight += side_of(face, image);
  track->n_seen++;
  return kept ? keep_crop(track, t->processor, image, path, err) : MER_OK;
}

/* Empties a track, and keeps the memory of its crops. */
static void reset(mer__track *track) {
  track->n_seen = 0;
  track->n_crops = 0;
  track->weight = 0;
  track->step = 1;
}

static void swap(mer__track *a, mer__track *b) {
  const mer__track swapped = *a;
  *a = *b;
  *b = swapped;
}

/* Ends tracks that were not seen lately; the best of all that have ended is kept. */
static void end_old(mer__tracker *t) {
  mer__track *best = &t->tracks[MER__MAX_TRACKS];
  for (int i = t->n_tracks - 1; i >= 0; i--) {
    mer__track *track = &t->tracks[i];
    if (t->n_pictures - track->last <= MER__TRACK_PATIENCE) continue;
    if (!t->has_ended || track->weight > best->weight) swap(track, best);
    t->has_ended = true;
    swap(track, &t->tracks[--t->n_tracks]);
  }
}

/* The face that overlaps most with the last one of a track, of those that are free; -1: none. */
static int find_next(const mer__track *track, const mer__face *faces, const bool *taken, int n) {
  float most = LEAST_OVERLAP;
  int best = -1;
  for (int i = 0; i < n; i++) {
    const float overlap = taken[i] ? 0 : mer__face_overlap(&track->face, &faces[i]);
    if (overlap < most) continue;
    most = overlap;
    best = i;
  }
  return best;
}

/* The heaviest of the tracks that have not been asked yet. */
static int heaviest(const mer__tracker *t, const bool *asked) {
  int best = -1;
  for (int i = 0; i < t->n_tracks; i++)
    if (!asked[i] && (best < 0 || t->tracks[i].weight > t->tracks[best].weight)) best = i;
  return best;
}

mer_status mer__tracker_add(mer__tracker *t, const mer__image *image, const mer__face *faces, int n,
                            const char *path, mer_error *err) {
  bool taken[MER__MAX_FACES] = {false}, asked[MER__MAX_TRACKS] = {false};
  mer_status status = MER_OK;
  end_old(t);
  for (int i; status == MER_OK && (i = heaviest(t, asked)) >= 0;) {
    asked[i] = true;
    const int next = find_next(&t->tracks[i], faces, taken, n);
    if (next < 0) continue;
    taken[next] = true;
    status = go_on(t, &t->tracks[i], &faces[next], image, path, err);
  }
  for (int i = 0; i < n && status == MER_OK; i++) {
    if (taken[i] || t->n_tracks == MER__MAX_TRACKS) continue;
    mer__track *track = &t->tracks[t->n_tracks++];
    reset(track);
    status = go_on(t, track, &faces[i], image, path, err);
  }
  t->n_pictures++;
  return status;
}

const mer__track *mer__tracker_best(const mer__tracker *t) {
  const mer__track *best = t->has_ended ? &t->tracks[MER__MAX_TRACKS] : NULL;
  for (int i = 0; i < t->n_tracks; i++)
    if (!best || t->tracks[i].weight > best->weight) best = &t->tracks[i];
  return best;
}

void mer__tracker_clear(mer__tracker *t) {
  for (int i = 0; i <= MER__MAX_TRACKS; i++)
    for (int c = 0; c < MER__TRACK_CROPS; c++) mer__floats_clear(&t->tracks[i].crops[c]);
  *t = (mer__tracker){0};
}
