/* frozen_vectors.c: the vectors of a frozen encoder, computed once and cached on disk. */
#include "train/frozen_vectors.h"

#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "data/feature_cache.h"
#include "mer/tensor.h"

/* Hash of the encoder's and of all that it reads. */
static void make_key(char key[MER__HASH_BYTES], const char *encoder, int m,
                     const mer__inputs *inputs, bool tokens, int64_t width) {
  static const char version[] = "vectors 4";
  mer__hash hash;
  mer__hash_begin(&hash);
  mer__hash_add(&hash, version, sizeof version);
  mer__hash_add(&hash, encoder, MER__HASH_BYTES);
  mer__hash_add(&hash, &width, sizeof width);
  for (int64_t i = 0; i < inputs->n; i++) {
    mer__input row[MER_MAX_MODALITIES];
    mer__inputs_get(row, inputs, i);
    int64_t n = row[m].present ? row[m].length : 0;
    mer__hash_add(&hash, &n, sizeof n);
    if (tokens) mer__hash_add(&hash, row[m].tokens.ids, (size_t)n * sizeof(int32_t));
    else
      mer__hash_add(&hash, row[m].image ? row[m].image : row[m].values, (size_t)n * sizeof(float));
  }
  mer__hash_end(key, &hash);
}

/* The rows that have the modality, in their order; the caller's. */
static mer__input *list_present(int64_t *n_present, const mer__inputs *inputs, int m) {
  mer__input *present = mer__calloc((size_t)inputs->n, sizeof *present);
  *n_present = 0;
  for (int64_t i = 0; present && i < inputs->n; i++) {
    mer__input row[MER_MAX_MODALITIES];
    mer__inputs_get(row, inputs, i);
    if (row[m].present) present[(*n_present)++] = row[m];
  }
  return present;
}

/* Moves the vectors of the rows that are present, which lie one after the other, to their places;
 * the others are zeros. */
static void spread(float *vectors, int64_t width, int64_t n_present, const mer__inputs *inputs,
                   int m) {
  const size_t size = (size_t)width * sizeof *vectors;
  for (int64_t i = inputs->n - 1; i >= 0; i--) {
    mer__input row[MER_MAX_MODALITIES];
    mer__inputs_get(row, inputs, i);
    if (row[m].present) memmove(vectors + i * width, vectors + --n_present * width, size);
    else memset(vectors + i * width, 0, size);
  }
}

static mer_status compute(float *vectors, const mer_model *model, int m, const mer__inputs *inputs,
                          const mer_train_options *options, mer_error *err) {
  int64_t n_present;
  mer__input *present = list_present(&n_present, inputs, m);
  if (!present) return mer__fail_memory(err);
  mer_status status =
      mer__model_embed(vectors, model, m, present, n_present, options->monitor, "embed", err);
  const int64_t width = mer__modality_frozen_width(&model->network.modalities[m]);
  if (status == MER_OK) spread(vectors, width, n_present, inputs, m);
  mer__free(present);
  return status;
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
  const int64_t shape[2] = {inputs->n, mer__modality_frozen_width(modality)};
  char key[MER__HASH_BYTES];
  float *vectors = NULL;
  mer_status status = MER_OK;
  if (inputs->n == 0) return MER_OK;
  make_key(key, encoder, m, inputs, modality->input == MER__INPUT_TEXT, shape[1]);
  char *path = cache_path(options->features.cache_folder, key);
  if (!read_cached(&vectors, path, shape[0], shape[1])) {
    vectors = mer__malloc((size_t)(shape[0] * shape[1]), sizeof *vectors);
    status = vectors ? compute(vectors, model, m, inputs, options, err) : mer__fail_memory(err);
    if (status == MER_OK && path) mer_npy_write(path, vectors, shape, 2, NULL);
  }
  mer__free(path);
  inputs->columns[m].vectors = vectors;
  inputs->columns[m].width = shape[1];
  return status;
}
