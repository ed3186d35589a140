/* picture.c: an image of an utterance as a model takes it. */
#include "base/error.h"
#include "image/packed_image.h"
#include "predict/predictor.h"

/* Pixels that the caller has. */
static mer_status pack_pixels(mer__floats *packed, const mer__image_processor *processor,
                              const mer_image *image, mer_error *err) {
  const int64_t height = image->height, width = image->width;
  if (height < 1 || width < 1)
    return mer__fail(err, MER_STATUS_INVALID,
                     "image in memory: %lld x %lld pixels; expected at least 1 x 1",
                     (long long)width, (long long)height);
  if (height > MER__IMAGE_MAX_PIXELS / width)
    return mer__fail(err, MER_STATUS_LIMIT, "image in memory: %lld x %lld pixels; at most %d",
                     (long long)width, (long long)height, MER__IMAGE_MAX_PIXELS);
  const mer__image borrowed = {(uint8_t *)image->pixels, height, width}; /* which is only read */
  return mer__image_pack(packed, processor, &borrowed, "image in memory", err);
}

static mer__clip_result pack(mer__floats *packed, const mer__video_settings *settings,
                             const mer_image *image, mer_error *err) {
  mer__clip_result result = {.state = MER_CLIP_OK};
  mer__media_file file = {.path = image->path};
  if (!image->path)
    file = (mer__media_file){image->faces ? "video in memory" : "image in memory", image->bytes,
                             image->n_bytes};
  if (image->path) result.state = mer__clip_examine(image->path, err);
  else if (!image->bytes)
    result.state = mer__image_state(pack_pixels(packed, settings->processor, image, err));
  if (result.state != MER_CLIP_OK || (!image->path && !image->bytes)) return result;
  if (image->faces) result = mer__video_features(packed, settings, &file, err);
  else result = mer__image_features(packed, settings->processor, &file, err);
  if (result.state == MER_CLIP_OK) mer__clip_damage(err, file.path, &result);
  return result;
}

const char *mer__predictor_image(mer__floats *packed, mer__face_counts *faces,
                                 const mer_predictor *predictor, int m, const mer_image *image,
                                 mer_error *err) {
  const mer__video_settings settings = {predictor->model->network.modalities[m].images,
                                        predictor->detector, NULL};
  const mer__clip_result result = pack(packed, &settings, image, err);
  *faces = result.faces;
  return result.state == MER_CLIP_OK ? NULL : mer_clip_state_name(result.state);
}
