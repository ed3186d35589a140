/* frozen_vectors.c: the vectors of a frozen encoder, computed once and cached on disk. */
#include "train/frozen_vectors.h"

#include <stdio.h>
#include <string.h>

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

/* `<cache>/vectors/<key>.<end>`, its folder made; NULL: no cache. */
static char *cache_path(const char *option, const char *key, const char *end) {
  char name[80], *cache = mer__cache_folder(option), *path = NULL;
  char *folder = cache ? mer__path_join(cache, "vectors") : NULL;
  snprintf(name, sizeof name, "%s.%s", key, end);
  if (folder && mer__folder_make(folder, NULL) == MER_OK) path = mer__path_join(folder, name);
  mer__free(folder);
  mer__free(cache);
  return path;
}

/* Vectors in the cache, and the file beside them that tells whether they are whole: damage would
 * be taken for what the encoder says. NULL: there is no cache. */
typedef struct kept {
  char *vectors, *sum;
} kept;

enum { SUM_BYTES = 17 };

static void print_sum(char out[SUM_BYTES], const float *vectors, const int64_t shape[2]) {
  const size_t size = (size_t)(shape[0] * shape[1]) * sizeof *vectors;
  snprintf(out, SUM_BYTES, "%016llx", (unsigned long long)mer__checksum(0, vectors, size));
}

static bool is_whole(const kept *files, const float *vectors, const int64_t shape[2]) {
  char expected[SUM_BYTES], *found;
  size_t size;
  print_sum(expected, vectors, shape);
  if (mer__file_read(&found, &size, files->sum, SUM_BYTES, NULL) != MER_OK) return false;
  const bool same = size == SUM_BYTES - 1 && memcmp(found, expected, size) == 0;
  mer__free(found);
  return same;
}

/* Reads vectors; false if they are not there, or not whole. */
static bool read_cached(float **vectors, const kept *files, const int64_t expected[2]) {
  int64_t shape[MER_MAX_RANK];
  int rank;
  if (!files->vectors || !files->sum ||
      mer_npy_read(vectors, shape, &rank, files->vectors, NULL) != MER_OK)
    return false;
  if (rank == 2 && shape[0] == expected[0] && shape[1] == expected[1] &&
      is_whole(files, *vectors, shape))
    return true;
  mer_npy_free(*vectors);
  *vectors = NULL;
  return false;
}

/* That they cannot be kept only costs time. */
static void keep(const kept *files, const float *vectors, const int64_t shape[2]) {
  char sum[SUM_BYTES];
  if (!files->vectors || !files->sum ||
      mer_npy_write(files->vectors, vectors, shape, 2, NULL) != MER_OK)
    return;
  print_sum(sum, vectors, shape);
  mer__file_write(files->sum, sum, SUM_BYTES - 1, NULL);
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
  const char *cache = options->features.cache_folder;
  const kept files = {cache_path(cache, key, "npy"), cache_path(cache, key, "sum")};
  if (read_cached(&vectors, &files, shape)) {
    mer__inputs_take_vectors(inputs, m, vectors, shape[1]);
  } else {
    status = mer__inputs_embed(inputs, model, m, options->monitor, err);
    if (status == MER_OK) keep(&files, inputs->columns[m].vectors, shape);
  }
  mer__free(files.vectors);
  mer__free(files.sum);
  return status;
}
