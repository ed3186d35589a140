/* dataset.c: opens a data set of either layout, and what the two layouts share. */
#include "data/dataset.h"

#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/sized_options.h"
#include "mer/media.h"

static const char *const emotions[MER_N_EMOTIONS] = {"neutral", "surprise", "fear", "sadness",
                                                     "joy",     "disgust",  "anger"};

const char *mer_emotion_name(int32_t index) {
  return index >= 0 && index < MER_N_EMOTIONS ? emotions[index] : NULL;
}

const char *mer_split_name(mer_split split) {
  switch (split) {
    case MER_SPLIT_TRAIN: return "train";
    case MER_SPLIT_DEV: return "dev";
    case MER_SPLIT_TEST: return "test";
    default: return "?";
  }
}

static const mer_dataset_options default_options = {.size = sizeof default_options,
                                                    .labels = emotions,
                                                    .n_labels = MER_N_EMOTIONS,
                                                    .need_labels = true};

void mer_dataset_options_init(mer_dataset_options *options, size_t size) {
  mer__options_init(options, size, &default_options, sizeof default_options);
}

const char *mer__dataset_format(mer_dataset *dataset, const char *format, ...) {
  va_list args;
  va_start(args, format);
  const char *text = mer__arena_format(&dataset->strings, format, args);
  va_end(args);
  return text;
}

mer_status mer__dataset_path(const char **path, mer_dataset *dataset, const char *folder,
                             const char *name, mer_error *err) {
  *path = NULL;
  if (!name) return MER_OK;
  char *joined = mer__path_join(folder, name);
  if (joined) *path = mer__dataset_format(dataset, "%s", joined);
  mer__free(joined);
  return *path ? MER_OK : mer__fail_memory(err);
}

mer_status mer__dataset_fail(const mer__table *table, int64_t row, const char *what,
                             const char *text, const char *expected, mer_error *err) {
  int64_t line = mer__table_line(table, row);
  return mer__fail_at(err, MER_STATUS_FORMAT, line, "%s:%lld: %s '%.60s': expected %s", table->path,
                      (long long)line, what, text ? text : "", expected);
}

mer_status mer__dataset_column(int *column, const mer__table *table, const char *name,
                               mer_error *err) {
  *column = mer__table_column(table, name);
  if (*column >= 0) return MER_OK;
  return mer__fail_at(err, MER_STATUS_FORMAT, table->lines[0],
                      "%s:%lld: no column '%s' in the header", table->path,
                      (long long)table->lines[0], name);
}

mer_status mer__dataset_fail_media(const char *media_folder, mer_error *err) {
  return mer__fail(err, MER_STATUS_INVALID,
                   "%s: a folder of clips belongs to a data set of MELD's layout; a manifest names "
                   "its clips itself",
                   media_folder);
}

mer_status mer__dataset_add(mer_dataset *dataset, const mer_utterance *utterance, bool kept,
                            mer_error *err) {
  mer__split_rows *split = &dataset->splits[utterance->split];
  const int64_t number = split->n_listed++;
  if (!kept) return MER_OK;
  if (mer__grow(&split->rows, &split->capacity, split->n_rows + 1, sizeof *split->rows) != 0)
    return mer__fail_memory(err);
  split->rows[split->n_rows] = *utterance;
  split->rows[split->n_rows++].split_row = number;
  return MER_OK;
}

/* Adds a label without the blanks round its name, which must be new. */
static mer_status add_label(mer_dataset *dataset, const char *name, mer_error *err) {
  static const char blanks[] = " \t\r\n";
  name += strspn(name, blanks);
  size_t size = strlen(name);
  while (size && strchr(blanks, name[size - 1])) size--;
  if (!size)
    return mer__fail(err, MER_STATUS_INVALID, "label %d has no name", (int)dataset->n_labels + 1);
  char *copy = mer__strndup(name, size);
  if (!copy) return mer__fail_memory(err);
  dataset->labels[dataset->n_labels++] = copy;
  for (int32_t i = 0; i + 1 < dataset->n_labels; i++)
    if (strcasecmp(dataset->labels[i], copy) == 0)
      return mer__fail(err, MER_STATUS_INVALID, "label '%.100s' is there twice", copy);
  return MER_OK;
}

static mer_status set_labels(mer_dataset *dataset, const mer_dataset_options *options,
                             mer_error *err) {
  if (options->n_labels < 1 || !options->labels)
    return mer__fail(err, MER_STATUS_INVALID, "a data set needs at least one label's name");
  if (options->n_labels > MER_MAX_LABELS)
    return mer__fail(err, MER_STATUS_LIMIT, "more than %d labels", MER_MAX_LABELS);
  if (options->target < MER_TARGET_LABEL || options->target > MER_TARGET_VALUES)
    return mer__fail(err, MER_STATUS_INVALID, "a row has one label, several, or values");
  dataset->target = options->target;
  dataset->need_labels = options->need_labels;
  dataset->soft_labels = options->soft_labels;
  if (options->soft_labels && options->target != MER_TARGET_LABEL)
    return mer__fail(err, MER_STATUS_INVALID, "soft labels are of rows that have one label");
  dataset->labels = mer__calloc((size_t)options->n_labels, sizeof(char *));
  if (!dataset->labels) return mer__fail_memory(err);
  mer_status status = MER_OK;
  for (int32_t i = 0; i < options->n_labels && status == MER_OK; i++)
    status = add_label(dataset, options->labels[i], err);
  return status;
}

/* `folder/name` if it is there, else NULL; `*failed`: memory is out. A link that leads nowhere is
 * there: who reads it refuses it by its name. */
static char *existing(bool *failed, const char *folder, const char *name, bool is_folder) {
  char *path = mer__path_join(folder, name);
  *failed |= !path;
  if (path && ((is_folder ? mer__path_is_folder(path) : mer__path_is_file(path)) ||
               mer__path_leads_nowhere(path)))
    return path;
  mer__free(path);
  return NULL;
}

mer_status mer__dataset_find(char **path, const char *folder, const char *name, bool is_folder,
                             mer_error *err) {
  bool failed = false;
  char **names = NULL;
  size_t n_names = 0;
  *path = existing(&failed, folder, name, is_folder);
  if (*path || failed) return failed ? mer__fail_memory(err) : MER_OK;
  mer_status status = mer__folder_list(&names, &n_names, folder, err);
  for (size_t i = 0; i < n_names && !*path && !failed; i++) {
    char *deeper = mer__path_join(folder, names[i]);
    failed = !deeper;
    if (deeper) *path = existing(&failed, deeper, name, is_folder);
    mer__free(deeper);
  }
  mer__folder_free(names, n_names);
  return failed ? mer__fail_memory(err) : status;
}

/* Whether MELD's tables are in the folder of the data set or, `deeper`, in the folders in it. */
static mer_status has_meld(bool *found, const mer_dataset *dataset, bool deeper, mer_error *err) {
  mer_status status = MER_OK;
  bool failed = false;
  *found = false;
  for (mer_split s = MER_SPLIT_TRAIN; s < MER_N_SPLITS && !*found && status == MER_OK; s++) {
    const char *name = mer__meld_table(s);
    char *path;
    if (deeper) status = mer__dataset_find(&path, dataset->folder, name, false, err);
    else path = existing(&failed, dataset->folder, name, false);
    if (status == MER_OK) *found = path != NULL;
    if (status == MER_OK) mer__free(path);
  }
  return failed ? mer__fail_memory(err) : status;
}

/* Loads a manifest of the usual names in the folder, if there is one. */
static mer_status load_manifest(bool *found, mer_dataset *dataset, mer_error *err) {
  static const char *const names[] = {"manifest.csv", "manifest.jsonl"};
  bool failed = false;
  *found = false;
  for (size_t i = 0; i < 2; i++) {
    char *path = existing(&failed, dataset->folder, names[i], false);
    if (!path) continue;
    mer_status status = mer__manifest_load(dataset, path, err);
    mer__free(path);
    *found = true;
    return status;
  }
  return failed ? mer__fail_memory(err) : MER_OK;
}

static mer_status load_folder(mer_dataset *dataset, const mer_dataset_options *options,
                              mer_error *err) {
  bool found;
  mer_status status = has_meld(&found, dataset, false, err);
  if (status == MER_OK && !found) {
    status = load_manifest(&found, dataset, err);
    if (status != MER_OK || found) return status;
    status = has_meld(&found, dataset, true, err);
  }
  if (status != MER_OK) return status;
  if (found) return mer__meld_load(dataset, options, err);
  return mer__fail(err, MER_STATUS_NOT_FOUND,
                   "%s: no data set in this folder: expected %s, %s or %s (MELD's layout) in it or "
                   "in a folder in it, or manifest.csv or manifest.jsonl",
                   dataset->folder, mer__meld_table(MER_SPLIT_TRAIN),
                   mer__meld_table(MER_SPLIT_DEV), mer__meld_table(MER_SPLIT_TEST));
}

static mer_status load(mer_dataset *dataset, const char *path, const mer_dataset_options *options,
                       mer_error *err) {
  bool is_folder = mer__path_is_folder(path);
  dataset->folder = is_folder ? mer__strdup(path) : mer__path_folder(path);
  if (!dataset->folder) return mer__fail_memory(err);
  if (is_folder) return load_folder(dataset, options, err);
  if (!strchr(path, '/')) dataset->folder[0] = 0; /* clips are named as they are in the manifest */
  return mer__manifest_load(dataset, path, err);
}

mer_status mer__dataset_begin(mer_dataset **out, mer_dataset_options *used,
                              const mer_dataset_options *options, mer_error *err) {
  mer_status status;
  mer_dataset *dataset = *out = mer__calloc(1, sizeof *dataset);
  *used = default_options;
  if (!dataset) return mer__fail_memory(err);
  MER__CHECK(mer__options_read(used, sizeof *used, options, "mer_dataset_options", err));
  MER__CHECK(set_labels(dataset, used, err));
cleanup:
  return status;
}

mer_status mer_dataset_options_check(const mer_dataset_options *options, mer_error *err) {
  mer_dataset_options used;
  mer_dataset *dataset;
  mer_status status = mer__dataset_begin(&dataset, &used, options, err);
  mer_dataset_close(dataset);
  return status;
}

mer_status mer__dataset_open_quietly(mer_dataset **out, const char *path,
                                     const mer_dataset_options *options, mer_error *err) {
  mer_dataset_options used;
  mer_dataset *dataset;
  mer_status status;
  *out = NULL;
  MER__CHECK(mer__dataset_begin(&dataset, &used, options, err));
  MER__CHECK(load(dataset, path, &used, err));
  size_t n_rows = 0;
  for (int s = 0; s < MER_N_SPLITS; s++) n_rows += dataset->splits[s].n_rows;
  if (!n_rows)
    MER__CHECK(mer__fail(err, MER_STATUS_FORMAT,
                         dataset->n_several ? "%s: no row has one label alone; --target labels "
                                              "takes several"
                                            : "%s: no rows below the header",
                         path));
  mer__sha256(dataset->digest, dataset->bytes.data, dataset->bytes.size);
  mer__text_clear(&dataset->bytes);
  *out = dataset;
  return MER_OK;
cleanup:
  mer_dataset_close(dataset);
  return status;
}

mer_status mer_dataset_open(mer_dataset **out, const char *path, const mer_dataset_options *options,
                            mer_error *err) {
  mer_dataset_options used = default_options;
  mer_status status = mer__options_read(&used, sizeof used, options, "mer_dataset_options", err);
  *out = NULL;
  if (status == MER_OK) status = mer__dataset_open_quietly(out, path, options, err);
  if (status == MER_OK && used.media_folder && !(*out)->is_meld)
    status = mer__dataset_fail_media(used.media_folder, err);
  if (status == MER_OK) status = mer__dataset_check(*out, used.monitor, err);
  if (status == MER_OK) return MER_OK;
  mer_dataset_close(*out);
  *out = NULL;
  return status;
}

void mer_dataset_close(mer_dataset *dataset) {
  if (!dataset) return;
  for (int32_t i = 0; i < dataset->n_parts; i++) mer_dataset_close(dataset->parts[i]);
  mer__free(dataset->parts);
  mer__text_clear(&dataset->bytes);
  mer__arena_clear(&dataset->strings);
  for (int s = 0; s < MER_N_SPLITS; s++) {
    mer__free(dataset->splits[s].rows);
    mer__table_clear(&dataset->tables[s]);
  }
  for (int32_t i = 0; i < dataset->n_labels; i++) mer__free(dataset->labels[i]);
  mer__free(dataset->labels);
  mer__free(dataset->folder);
  mer__free(dataset);
}

mer_target mer_dataset_target(const mer_dataset *dataset) { return dataset->target; }

int32_t mer_dataset_n_labels(const mer_dataset *dataset) { return dataset->n_labels; }

const char *mer_dataset_label(const mer_dataset *dataset, int32_t index) {
  return index >= 0 && index < dataset->n_labels ? dataset->labels[index] : NULL;
}

const mer_utterance *mer_dataset_rows(const mer_dataset *dataset, mer_split split,
                                      int64_t *n_rows) {
  bool known = split >= MER_SPLIT_TRAIN && split < MER_N_SPLITS;
  *n_rows = known ? (int64_t)dataset->splits[split].n_rows : 0;
  return known ? dataset->splits[split].rows : NULL;
}

const char *mer_dataset_digest(const mer_dataset *dataset) { return dataset->digest; }
