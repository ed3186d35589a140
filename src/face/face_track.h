/* face_track.h: which faces of the pictures of a video belong together. A face goes on where it
 * overlaps with that of the picture before; the track that is seen longest and largest counts as
 * that of the speaker. Memory does not grow with the video. */
#ifndef MER_FACE_FACE_TRACK_H
#define MER_FACE_FACE_TRACK_H

#include "base/floats.h"
#include "face/face_detector.h"
#include "image/image_processor.h"

enum {
  MER__TRACK_CROPS = 8,    /* that are kept of a track, evenly over its length */
  MER__MAX_TRACKS = 16,    /* at a time; of more faces the least sure are left out */
  MER__TRACK_PATIENCE = 3, /* pictures without it after which a track has ended */
};

/** A face over time. */
typedef struct mer__track {
  mer__face face; /* where it was seen last */
  int64_t n_seen; /* pictures in which it was */
  int64_t last;   /* the last of them */
  double weight;  /* sum of its sides, each as a part of the picture's */
  int64_t step;   /* a crop of each so many pictures is kept */
  int n_crops;
  mer__floats crops[MER__TRACK_CROPS]; /* packed (image/packed_image.h), in their order */
} mer__track;

/** Zero-initialize; set `processor`. */
typedef struct mer__tracker {
  const mer__image_processor *processor;  /* for which crops are packed */
  mer__track tracks[MER__MAX_TRACKS + 1]; /* those under way, and at the end the best that ended */
  int n_tracks;
  bool has_ended; /* there is one that ended: tracks[MER__MAX_TRACKS] */
  int64_t n_pictures;
} mer__tracker;

/** Takes the faces [n] of the next picture. `path` is for messages. Statuses as mer__image_pack. */
mer_status mer__tracker_add(mer__tracker *tracker, const mer__image *image, const mer__face *faces,
                            int n, const char *path, mer_error *err);
/** The track that is seen longest and largest, borrowed; NULL: there is none. */
const mer__track *mer__tracker_best(const mer__tracker *tracker);
/** Accepts a zeroed tracker. */
void mer__tracker_clear(mer__tracker *tracker);

/** The square round a face, a fifth larger than its longer side, as an image; what lies outside of
 * the picture is black. MER_STATUS_LIMIT (of a picture that is a strip), MER_STATUS_NO_MEMORY. */
mer_status mer__face_crop(mer__image *out, const mer__image *image, const mer__face *face,
                          mer_error *err);

#endif
