/* example_faces.c: the faces of videos, as a model takes them (from the cache, or found again). */
#include "report/example_faces.h"

#include "base/alloc.h"
#include "base/error.h"
#include "data/images_load.h"
#include "data/precomputed.h"
#include "image/bmp.h"
#include "image/packed_image.h"
#include "model/model_state.h"
#include "report/data_address.h"

/* What of the model looks at images; NULL: nothing, or vectors stand in their place. */
static const mer__modality *find_viewer(const mer_model *model,
                                        const mer_predict_options *options) {
  for (int m = 0; m < model->network.n_modalities; m++) {
    const mer__modality *modality = &model->network.modalities[m];
    if (modality->input == MER__INPUT_IMAGE &&
        !mer__precomputed_given(options->precomputed, options->n_precomputed, modality->name))
      return modality;
  }
  return NULL;
}

/* The image in the middle of some that are packed, in `*n_words` words. */
static const float *middle_of(const float *packed, int64_t *n_words) {
  for (int64_t before = mer__packed_count(packed, *n_words) / 2; before > 0; before--) {
    const int64_t n = mer__packed_words(packed, *n_words);
    packed += n;
    *n_words -= n;
  }
  *n_words = mer__packed_words(packed, *n_words);
  return packed;
}

/* `packed` are the faces of one video. */
static mer_status make_address(char **address, const float *packed, int64_t n_words,
                               const mer__image_processor *processor, mer_error *err) {
  mer__image image;
  mer__text_buffer out = {0};
  uint8_t *bytes = NULL;
  size_t n_bytes;
  bool fitted;
  mer_status status;
  packed = middle_of(packed, &n_words);
  MER__CHECK(mer__packed_pixels(&image, &fitted, processor, packed, n_words, err));
  MER__CHECK(mer__bmp_make(&bytes, &n_bytes, &image, err));
  mer__put_data_address(&out, "image/bmp", bytes, n_bytes);
  if (out.failed) MER__CHECK(mer__fail_memory(err));
  *address = out.data;
  out = (mer__text_buffer){0};
cleanup:
  mer__text_clear(&out);
  mer__free(bytes);
  return status;
}

/* The faces of videos [n], each of which belongs to the example `places[i]`. */
static mer_status read_faces(char **faces, const mer__modality *viewer, const mer_utterance *videos,
                             const int32_t *places, int32_t n, const mer_predict_options *options,
                             mer_error *err) {
  const mer_monitor quiet = mer__monitor_quiet(options->monitor);
  mer_features_load_options load = options->features;
  mer_features features = {0};
  mer_status status;
  load.monitor = &quiet;
  MER__CHECK(mer__images_load(&features, viewer->name, videos, n, viewer->images, &load, err));
  for (int32_t i = 0; i < n; i++) {
    int64_t n_words;
    const float *packed = mer_features_row(&features, i, &n_words);
    if (packed) MER__CHECK(make_address(&faces[places[i]], packed, n_words, viewer->images, err));
  }
cleanup:
  mer_features_clear(&features);
  return status;
}

mer_status mer__example_faces(char **faces, const mer_model *model, const mer_utterance *rows,
                              const int64_t *picked, int32_t n, const mer_predict_options *options,
                              mer_error *err) {
  const mer__modality *viewer = find_viewer(model, options);
  mer_utterance *videos = mer__malloc((size_t)n, sizeof *videos);
  int32_t *places = mer__malloc((size_t)n, sizeof *places), n_videos = 0;
  mer_status status = videos && places ? MER_OK : mer__fail_memory(err);
  for (int32_t i = 0; i < n && status == MER_OK && viewer; i++) {
    const mer_utterance *row = &rows[picked[i]];
    if (row->image || !row->video) continue;
    videos[n_videos] = *row;
    places[n_videos++] = i;
  }
  if (n_videos > 0) status = read_faces(faces, viewer, videos, places, n_videos, options, err);
  mer__free(videos);
  mer__free(places);
  return status;
}
