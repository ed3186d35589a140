/* frozen_vectors.c: the vectors of a frozen encoder, computed once and cached on disk. */
#include "train/frozen_vectors.h"

#include <stdio.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "data/feature_cache.h"
#include "data/input_vectors.h"
#include "mer/tensor.h"

/* Hash of the encoder's and of all that it reads. */
static void make_key(char key[MER__HASH_BYTES], const char *encoder, int m,
                     const mer__inputs *inputs, bool tokens, int64_t width) {
  static const char version[] = "vectors 5";
  mer__hash hash;
  mer__hash_begin(&hash);
  mer__hash_add(&hash, version, sizeof version);
  mer__hash_add(&hash, encoder, MER__HASH_BYTES);
  mer__hash_add(&hash, &width, sizeof width);
  for (int64_t i = 0; i < inputs->n_rows; i++) {
    const mer__input row = mer__inputs_of_row(inputs, m, i);
    int64_t n = row.present ? row.length : 0;
    mer__hash_add(&hash, &n, sizeof n);
    if (tokens) {
      mer__hash_add(&hash, row.tokens.ids, (size_t)n * sizeof(int32_t));
      mer__hash_add(&hash, row.tokens.type_ids, (size_t)n * sizeof(int32_t));
    } else {
      mer__hash_add(&hash, row.image ? row.image : row.values, (size_t)n * sizeof(float));
    }
  }
  mer__hash_end(key, &hash);
}

/* `<cache>/vectors/<key>.npy`, its folder made; NULL: no cache. */
static char *cache_path(const char *option, const char *key) {
  char name[80], *cache = mer__cache_folder(option), *path = NULL;
  char *folder = cache ? mer__path_join(cache, "vectors") : NULL;
  snprintf(name, sizeof name, "%s.npy", key);
  if (folder && mer__folder_make(folder, NULL) == MER_OK) path = mer__path_join(folder, name);
  mer__free(folder);
  mer__free(cache);
  return path;
}

/* Reads the vectors of that key; false if they are not there. */
static bool read_cached(float **vectors, const char *path, int64_t n, int64_t width) {
  int64_t shape[MER_MAX_RANK];
  int rank;
  if (!path || mer_npy_read(vectors, shape, &rank, path, NULL) != MER_OK) return false;
  if (rank == 2 && shape[0] == n && shape[1] == width) return true;
  mer_npy_free(*vectors);
  *vectors = NULL;
  return false;
}

mer_status mer__frozen_vectors_load(mer__inputs *inputs, const mer_model *model, int m,
                                    const char *encoder, const mer_train_options *options,
                                    mer_error *err) {
  const mer__modality *modality = &model->network.modalities[m];
  char key[MER__HASH_BYTES];
  float *vectors = NULL;
  if (inputs->n == 0) return MER_OK;
  mer_status status = mer__inputs_place_vectors(inputs, model, m, err);
  if (status != MER_OK) return status;
  const int64_t shape[2] = {mer__inputs_n_vectors(inputs, m), mer__modality_frozen_width(modality)};
  make_key(key, encoder, m, inputs, modality->input == MER__INPUT_TEXT, shape[1]);
  char *path = cache_path(options->features.cache_folder, key);
  if (read_cached(&vectors, path, shape[0], shape[1])) {
    mer__inputs_take_vectors(inputs, m, vectors, shape[1]);
  } else {
    status = mer__inputs_embed(inputs, model, m, options->monitor, err);
    if (status == MER_OK && path) mer_npy_write(path, inputs->columns[m].vectors, shape, 2, NULL);
  }
  mer__free(path);
  return status;
}
