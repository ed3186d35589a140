/* feature_values.c: the values of the rows of a split. */
#include "data/feature_values.h"

#include "base/alloc.h"
#include "base/error.h"
#include "data/feature_cache.h"

mer_status mer__features_begin(mer_features *f, int64_t n_rows, const char *cache_folder,
                               mer_error *err) {
  f->n_rows = n_rows;
  f->states = mer__calloc((size_t)n_rows, 1);
  f->values = mer__calloc(1, sizeof *f->values);
  if (!f->states || !f->values) return mer__fail_memory(err);
  f->values->ranges = mer__calloc((size_t)n_rows, sizeof *f->values->ranges);
  if (!f->values->ranges) return mer__fail_memory(err);
  char *folder = mer__cache_folder(cache_folder);
  mer_status status = mer__store_open(&f->values->store, folder, err);
  mer__free(folder);
  return status;
}

mer_status mer__features_end(mer_features *f, mer_error *err) {
  for (int64_t i = 0; i < f->n_rows; i++) f->counts[f->states[i]]++;
  return mer__store_map(&f->values->store, err);
}

const float *mer_features_row(const mer_features *f, int64_t row, int64_t *n_values) {
  const bool usable = f->states && f->states[row] == MER_CLIP_OK;
  if (n_values) *n_values = usable ? f->values->ranges[row].n : 0;
  return usable ? f->values->store.values + f->values->ranges[row].at : NULL;
}

void mer_features_clear(mer_features *f) {
  if (f->values) {
    mer__store_clear(&f->values->store);
    mer__free(f->values->ranges);
  }
  mer__free(f->values);
  mer__free(f->states);
  *f = (mer_features){0};
}
