/* picture.c: an image of an utterance as a model takes it. */
#include "base/error.h"
#include "data/clip_features.h"
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

static mer_clip_state pack(mer__floats *packed, const mer__image_processor *processor,
                           const mer_image *image, mer_error *err) {
  if (!image->path && !image->bytes)
    return mer__image_state(pack_pixels(packed, processor, image, err));
  mer__media_file file = {.path = image->path};
  if (!image->path) file = (mer__media_file){"image in memory", image->bytes, image->n_bytes};
  const mer_clip_state state = image->path ? mer__clip_examine(image->path, err) : MER_CLIP_OK;
  return state == MER_CLIP_OK ? mer__image_features(packed, processor, &file, err).state : state;
}

const char *mer__predictor_image(mer__floats *packed, const mer_predictor *predictor, int m,
                                 const mer_image *image, mer_error *err) {
  const mer__image_processor *processor = predictor->model->network.modalities[m].images;
  const mer_clip_state state = pack(packed, processor, image, err);
  return state == MER_CLIP_OK ? NULL : mer_clip_state_name(state);
}
