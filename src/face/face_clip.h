/* face_clip.h: the face of the one who speaks in a video, as a model of images takes it. */
#ifndef MER_FACE_FACE_CLIP_H
#define MER_FACE_FACE_CLIP_H

#include "base/floats.h"
#include "face/face_detector.h"
#include "image/image_processor.h"
#include "media/media_file.h"

/** What was seen of a video. */
typedef struct mer__face_counts {
  int64_t n_frames;    /* pictures that were looked at */
  int64_t n_with_face; /* those with a face */
  int64_t n_errors;    /* parts that cannot be decoded */
} mer__face_counts;

/** Adds to a hash all settings on which the faces of a video depend. */
void mer__face_clip_hash(mer__hash *hash, const mer__face_detector *detector);

/** Looks at three pictures in a second of the first minute of `file`, finds faces, and packs those
 * of the track that is seen longest and largest, at most 8, one after the other
 * (image/packed_image.h) into `packed`, which is empty if there is no face. Statuses as
 * mer__video_frames and mer__image_pack. */
mer_status mer__face_clip_read(mer__floats *packed, mer__face_counts *counts,
                               const mer__face_detector *detector,
                               const mer__image_processor *processor, const mer__media_file *file,
                               const mer_monitor *monitor, mer_error *err);

#endif
