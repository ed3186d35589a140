/* precomputed.c: features that come in .npy files. A missing modality is a row of NaN alone; a row
 * of which only some values are not finite is at fault. */
#include "data/precomputed.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "data/dataset.h"
#include "data/feature_values.h"
#include "mer/tensor.h"
#include "tensor/finite.h"

/* One file: [n_rows, width]. */
typedef struct array {
  float *values;
  int64_t n_rows, width;
} array;

/* Path of {split}.npy in a folder, or of the file itself; NULL if memory is out. */
static char *split_file(const char *source, bool is_folder, mer_split split) {
  char name[16];
  snprintf(name, sizeof name, "%s.npy", mer_split_name(split));
  return is_folder ? mer__path_join(source, name) : mer__strdup(source);
}

static bool has_any_split(const char *folder) {
  bool found = false;
  for (mer_split s = MER_SPLIT_TRAIN; s < MER_N_SPLITS && !found; s++) {
    char *path = split_file(folder, true, s);
    found = path && mer__path_is_there(path);
    mer__free(path);
  }
  return found;
}

const char *mer__precomputed_given(const char *const *entries, int n, const char *name) {
  const size_t size = strlen(name);
  for (int i = 0; i < n; i++)
    if (strncmp(entries[i], name, size) == 0 && entries[i][size] == '=')
      return entries[i] + size + 1;
  return NULL;
}

/* Looks beside the tables for `<modality>.npy`, then for a folder `<modality>`. */
static mer_status find_beside(char **source, const mer_dataset *dataset, const char *modality,
                              mer_error *err) {
  char name[64];
  snprintf(name, sizeof name, "%.58s.npy", modality);
  if (dataset->n_parts) return MER_OK; /* no folder is that of all rows */
  char *file = mer__path_join(dataset->folder, name);
  char *folder = mer__path_join(dataset->folder, modality);
  mer_status status = file && folder ? MER_OK : mer__fail_memory(err);
  if (status == MER_OK && mer__path_is_there(file)) {
    *source = file;
    file = NULL;
  } else if (status == MER_OK && has_any_split(folder)) {
    *source = folder;
    folder = NULL;
  }
  mer__free(file);
  mer__free(folder);
  return status;
}

mer_status mer__precomputed_source(char **source, const mer_dataset *dataset, const char *modality,
                                   const char *given, mer_error *err) {
  *source = NULL;
  if (given) {
    *source = mer__strdup(given);
    return *source ? MER_OK : mer__fail_memory(err);
  }
  if (strcmp(modality, "audio") == 0 && dataset->has_audio) return MER_OK;
  return find_beside(source, dataset, modality, err);
}

mer_status mer__precomputed_expect(char **source, const mer_dataset *dataset, const char *modality,
                                   const char *given, mer_error *err) {
  *source = NULL;
  if (given && dataset->n_parts)
    return mer__fail(err, MER_STATUS_UNSUPPORTED,
                     "%s: features that are computed before belong to one data set, not to %d",
                     given, (int)dataset->n_parts);
  if (given && !mer__path_is_there(given))
    return mer__fail(err, MER_STATUS_NOT_FOUND, "%.300s: no such file of features", given);
  mer_status status = mer__precomputed_source(source, dataset, modality, given, err);
  if (status != MER_OK || *source || strcmp(modality, "audio") == 0) return status;
  if (dataset->n_parts)
    return mer__fail(err, MER_STATUS_UNSUPPORTED,
                     "no features of '%s': those that are computed before belong to one data set, "
                     "not to %d",
                     modality, (int)dataset->n_parts);
  return mer__fail(err, MER_STATUS_NOT_FOUND,
                   "no features of '%s' in %s: expected %s.npy or %s/{train,dev,test}.npy",
                   modality, *dataset->folder ? dataset->folder : ".", modality, modality);
}

mer_status mer__precomputed_hash(char hex[MER__HASH_BYTES], const char *source,
                                 const mer_monitor *monitor, mer_error *err) {
  const bool is_folder = mer__path_is_folder(source);
  mer__hash hash;
  mer_status status = MER_OK;
  mer__hash_begin(&hash);
  for (int s = 0; s < (is_folder ? MER_N_SPLITS : 1) && status == MER_OK; s++) {
    char *path = split_file(source, is_folder, (mer_split)s);
    status = path ? mer__hash_add_file(&hash, path, monitor, err) : mer__fail_memory(err);
    mer__free(path);
  }
  mer__hash_end(hex, &hash);
  return status;
}

/* Without `values` (NULL) what the file has is looked at alone. */
static mer_status read_array(array *a, float **values, const char *path, int64_t n_expected,
                             const char *table, mer_error *err) {
  int64_t shape[MER_MAX_RANK];
  int rank;
  mer_status status = mer_npy_read(values, shape, &rank, path, err);
  if (status != MER_OK) return status;
  if (rank < 2)
    return mer__fail(err, MER_STATUS_FORMAT, "%s: %d dimensions, expected rows x columns", path,
                     rank);
  a->n_rows = shape[0];
  a->width = 1;
  for (int i = 1; i < rank; i++) a->width *= shape[i]; /* checked with the whole shape */
  if (a->n_rows != n_expected)
    return mer__fail(err, MER_STATUS_FORMAT, "%s: %lld rows, expected %lld as in %s", path,
                     (long long)a->n_rows, (long long)n_expected, table);
  return a->width ? MER_OK : mer__fail(err, MER_STATUS_FORMAT, "%s: no columns", path);
}

static int compare_rows(const void *a, const void *b) {
  const mer_utterance *x = a, *y = b;
  return (x->row > y->row) - (x->row < y->row);
}

/* Index of an utterance in its split's file or in the table's; -1 if it is of another data set. */
static int64_t find_row(const mer__split_rows *split, const mer_utterance *u, bool is_folder) {
  const mer_utterance *found =
      split->n_rows ? bsearch(u, split->rows, split->n_rows, sizeof *u, compare_rows) : NULL;
  if (!found) return -1;
  return is_folder ? found->split_row : u->row;
}

/* Column of the first value of a row that is not finite, or `n`; `*all_nan`: none is a number. */
static int64_t find_fault(bool *all_nan, const float *values, int64_t n) {
  int64_t fault = n, n_nan = 0;
  for (int64_t i = n - 1; i >= 0; i--) {
    if (!(fabsf(values[i]) < MER__NO_MEASUREMENT)) fault = i;
    n_nan += isnan(values[i]);
  }
  *all_nan = n_nan == n;
  return fault;
}

/* The first split fixes the width. */
static mer_status set_width(int64_t *width, const array *a, const char *path, mer_error *err) {
  if (*width == 0) *width = a->width;
  if (*width != a->width)
    return mer__fail(err, MER_STATUS_FORMAT,
                     "%s: %lld columns, expected %lld as in the other splits", path,
                     (long long)a->width, (long long)*width);
  return MER_OK;
}

/* The file of a split that has a table; `*path` is the caller's. */
static mer_status open_split(array *a, char **path, float **values, const char *source,
                             bool is_folder, const mer__split_rows *split, mer_split wanted,
                             mer_error *err) {
  const int64_t n_expected = is_folder ? split->n_listed : split->table->n_rows;
  *path = split_file(source, is_folder, wanted);
  if (!*path) return mer__fail_memory(err);
  return read_array(a, values, *path, n_expected, split->table->path, err);
}

mer_status mer__precomputed_check(int64_t *width, const char *source, const mer_dataset *dataset,
                                  mer_split last, mer_error *err) {
  const bool is_folder = mer__path_is_folder(source);
  mer_status status = MER_OK;
  *width = 0;
  for (mer_split s = MER_SPLIT_TRAIN; s <= last && status == MER_OK; s++) {
    const mer__split_rows *split = &dataset->splits[s];
    array a = {0};
    char *path = NULL;
    if (split->n_rows == 0) continue;
    status = open_split(&a, &path, NULL, source, is_folder, split, s, err);
    if (status == MER_OK) status = set_width(width, &a, path, err);
    mer__free(path);
  }
  return status;
}

/* The rows of a file that cannot be used. */
typedef struct faults {
  int64_t n_rows, n_faults;
  int64_t row, column; /* of the first */
  float value;
} faults;

static mer_clip_state examine_row(faults *found, const array *a, int64_t row) {
  bool all_nan;
  const float *values = a->values + row * a->width;
  int64_t column = find_fault(&all_nan, values, a->width);
  found->n_rows++;
  if (column == a->width) return MER_CLIP_OK;
  if (all_nan) return MER_CLIP_NONE;
  if (!found->n_faults++) {
    found->row = row;
    found->column = column;
    found->value = values[column];
  }
  return MER_CLIP_CORRUPT;
}

static void report(const faults *found, const char *path, const mer_monitor *monitor) {
  if (found->n_faults)
    mer__log(
        monitor, MER_LOG_WARNING,
        "%s: rows left out, as they hold values that are not finite: %lld of %lld; the first is "
        "[%lld, %lld] = %g",
        path, (long long)found->n_faults, (long long)found->n_rows, (long long)found->row,
        (long long)found->column, (double)found->value);
}

static mer_status copy_rows(mer_features *f, faults *found, const array *a,
                            const mer__split_rows *split, mer_split wanted,
                            const mer_utterance *rows, bool is_folder, mer_error *err) {
  for (int64_t i = 0; i < f->n_rows; i++) {
    if (rows[i].split != wanted) continue;
    int64_t row = find_row(split, &rows[i], is_folder);
    if (row < 0 || row >= a->n_rows)
      return mer__fail_at(err, MER_STATUS_INVALID, i, "row %lld is not of this data set",
                          (long long)i);
    const float *values = a->values + row * a->width;
    f->states[i] = (uint8_t)examine_row(found, a, row);
    if (f->states[i] != MER_CLIP_OK) continue;
    mer__value_range *range = &f->values->ranges[i];
    mer_status status = mer__store_append(&range->at, &f->values->store, values, a->width, err);
    if (status != MER_OK) return status;
    range->n = a->width;
  }
  return MER_OK;
}

static bool has_split(const mer_utterance *rows, int64_t n_rows, mer_split split) {
  for (int64_t i = 0; i < n_rows; i++)
    if (rows[i].split == split) return true;
  return false;
}

static mer_status load_split(mer_features *f, const char *source, bool is_folder,
                             const mer_dataset *dataset, mer_split wanted,
                             const mer_utterance *rows, const mer_monitor *monitor,
                             mer_error *err) {
  const mer__split_rows *split = &dataset->splits[wanted];
  mer_status status;
  array a = {0};
  faults found = {0};
  char *path = NULL;
  if (!split->table) return mer__fail(err, MER_STATUS_INVALID, "the rows are not of this data set");
  MER__CHECK(open_split(&a, &path, &a.values, source, is_folder, split, wanted, err));
  MER__CHECK(set_width(&f->width, &a, path, err));
  MER__CHECK(copy_rows(f, &found, &a, split, wanted, rows, is_folder, err));
  report(&found, path, monitor);
cleanup:
  mer_npy_free(a.values);
  mer__free(path);
  return status;
}

mer_status mer__precomputed_load(mer_features *features, const char *source,
                                 const mer_dataset *dataset, const mer_utterance *rows,
                                 int64_t n_rows, const mer_features_load_options *options,
                                 mer_error *err) {
  bool is_folder = mer__path_is_folder(source);
  features->precomputed = true;
  mer_status started = mer__features_begin(features, n_rows, options->cache_folder, err);
  if (started != MER_OK) return started;
  memset(features->states, MER_CLIP_NONE, (size_t)n_rows);
  for (mer_split s = MER_SPLIT_TRAIN; s < MER_N_SPLITS; s++) {
    if (!has_split(rows, n_rows, s)) continue;
    mer_status status =
        load_split(features, source, is_folder, dataset, s, rows, options->monitor, err);
    if (status != MER_OK) return status;
  }
  return MER_OK;
}
