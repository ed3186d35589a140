/* picture.c: an image of an utterance as a model takes it. */
#include "data/clip_features.h"
#include "predict/predictor.h"

const char *mer__predictor_image(mer__floats *packed, const mer_predictor *predictor, int m,
                                 const mer_image *image, mer_error *err) {
  mer__media_file file = {.path = image->path};
  mer__clip_result result = {.state = MER_CLIP_OK};
  if (image->path) result.state = mer__clip_examine(image->path, err);
  else file = (mer__media_file){"image in memory", image->bytes, image->n_bytes};
  if (result.state == MER_CLIP_OK)
    result =
        mer__image_features(packed, predictor->model->network.modalities[m].images, &file, err);
  return result.state == MER_CLIP_OK ? NULL : mer_clip_state_name(result.state);
}
