/* video_frames.h: pictures of a video, a few in each second. */
#ifndef MER_IMAGE_VIDEO_FRAMES_H
#define MER_IMAGE_VIDEO_FRAMES_H

#include "image/image.h"
#include "media/media_file.h"

typedef struct mer__video_options {
  double rate_hz;             /* pictures in a second, above 0 */
  double most_s;              /* of the video; what comes later is not decoded. Above 0 */
  const mer_monitor *monitor; /* asked at each read whether to stop; or NULL */
} mer__video_options;

/** Takes the next picture, which is upright and borrowed, `seconds` after the first. */
typedef mer_status mer__video_sink(void *user, const mer__image *image, double seconds,
                                   mer_error *err);

/** Gives `sink` the first picture of `file` at or after each of the times 0, 1 / rate_hz, .. up to
 * most_s, by the times that the file has, however irregular; of a still picture that one. Pictures
 * in between on which no other depends are not decoded. `*n_errors`: parts that cannot be decoded
 * and are passed over. MER_STATUS_NOT_FOUND (also a file without pictures), MER_STATUS_FORMAT
 * (neither an image nor a video, or none of its pictures can be decoded), MER_STATUS_LIMIT (they
 * have over MER__IMAGE_MAX_PIXELS), MER_STATUS_UNSUPPORTED (also animated WebP), MER_STATUS_IO,
 * MER_STATUS_INTERRUPTED, MER_STATUS_NO_MEMORY, and those of `sink`, which end it. */
mer_status mer__video_frames(int64_t *n_errors, const mer__media_file *file,
                             const mer__video_options *options, mer__video_sink *sink, void *user,
                             mer_error *err);

#endif
