/* dataset_check.c: what may be meant otherwise in a data set that can be read: one message each. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "data/dataset.h"

typedef const mer_utterance *row_pointer;

static int order_of(int64_t x, int64_t y) { return (x > y) - (x < y); }

/* Rows by a file of theirs, then by split. */
static int compare_files(row_pointer x, const char *of_x, row_pointer y, const char *of_y) {
  int order = strcmp(of_x, of_y);
  if (order == 0) order = order_of(x->split, y->split);
  if (order == 0) order = order_of(x->set, y->set);
  return order ? order : order_of(x->row, y->row);
}

static int compare_clips(const void *a, const void *b) {
  row_pointer x = *(const row_pointer *)a, y = *(const row_pointer *)b;
  return compare_files(x, x->audio, y, y->audio);
}

static int compare_images(const void *a, const void *b) {
  row_pointer x = *(const row_pointer *)a, y = *(const row_pointer *)b;
  return compare_files(x, x->image, y, y->image);
}

static int compare_numbers(const void *a, const void *b) {
  row_pointer x = *(const row_pointer *)a, y = *(const row_pointer *)b;
  int order = order_of(x->split, y->split);
  if (order == 0) order = order_of(x->dialogue, y->dialogue);
  if (order == 0) order = order_of(x->utterance, y->utterance);
  return order ? order : order_of(x->row, y->row);
}

static bool has_clip(row_pointer u) { return u->audio != NULL; }
static bool has_image(row_pointer u) { return u->image != NULL; }
static bool has_numbers(row_pointer u) { return u->dialogue >= 0 && u->utterance >= 0; }

/* Neighbours of which the second belongs to another split, or repeats the first. */
static bool shares_clip(row_pointer x, row_pointer y) {
  return x->split != y->split && strcmp(x->audio, y->audio) == 0;
}
static bool shares_image(row_pointer x, row_pointer y) {
  return x->split != y->split && strcmp(x->image, y->image) == 0;
}
static bool repeats(row_pointer x, row_pointer y) {
  return x->split == y->split && x->dialogue == y->dialogue && x->utterance == y->utterance;
}

/* A kind of coincidence of two rows, and its message. */
typedef struct check {
  bool (*counts)(row_pointer);
  int (*compare)(const void *, const void *);
  bool (*coincide)(row_pointer, row_pointer);
  const char *message;
} check;

static const check checks[] = {
    {has_clip, compare_clips, shares_clip,
     "clips are in more than one split, so that results are too good"},
    {has_image, compare_images, shares_image,
     "images are in more than one split, so that results are too good"},
    {has_numbers, compare_numbers, repeats,
     "rows have the dialogue and utterance of another row of their split"},
};

static void run_check(const check *c, row_pointer *rows, const mer_dataset *dataset,
                      const mer_monitor *monitor) {
  size_t n = 0;
  int64_t n_found = 0;
  row_pointer first = NULL, second = NULL;
  for (int s = 0; s < MER_N_SPLITS; s++)
    for (size_t i = 0; i < dataset->splits[s].n_rows; i++)
      if (c->counts(&dataset->splits[s].rows[i])) rows[n++] = &dataset->splits[s].rows[i];
  qsort(rows, n, sizeof(row_pointer), c->compare);
  for (size_t i = 1; i < n; i++) {
    if (!c->coincide(rows[i - 1], rows[i])) continue;
    if (!n_found++) first = rows[i - 1], second = rows[i];
  }
  if (n_found)
    mer__log(monitor, MER_LOG_WARNING, "%lld %s; the first: %.200s, %s:%lld and %s:%lld",
             (long long)n_found, c->message, second->id,
             mer__dataset_table_of(dataset, first)->path, (long long)first->line,
             mer__dataset_table_of(dataset, second)->path, (long long)second->line);
}

static void tell_left_out(const mer_dataset *dataset, const mer_monitor *monitor) {
  if (dataset->n_several)
    mer__log(monitor, MER_LOG_WARNING,
             "rows of several labels are left out, as here a row has one: %lld; a training with "
             "--target labels takes them",
             (long long)dataset->n_several);
}

static void tell_delimiters(const mer_dataset *dataset, const mer_monitor *monitor) {
  for (int32_t i = 0; i < dataset->n_parts; i++) tell_delimiters(dataset->parts[i], monitor);
  for (int s = 0; s < MER_N_SPLITS; s++) {
    const mer__table *table = &dataset->tables[s];
    if (table->delimiter && table->delimiter != ',')
      mer__log(monitor, MER_LOG_INFO, "%s: the delimiter is %s%.1s%s", table->path,
               table->delimiter == '\t' ? "a tab" : "'",
               table->delimiter == '\t' ? "" : &table->delimiter,
               table->delimiter == '\t' ? "" : "'");
  }
}

mer_status mer__dataset_check(const mer_dataset *dataset, const mer_monitor *monitor,
                              mer_error *err) {
  size_t n_rows = 0;
  if (!monitor || !monitor->log) return MER_OK;
  tell_delimiters(dataset, monitor);
  tell_left_out(dataset, monitor);
  for (int s = 0; s < MER_N_SPLITS; s++) n_rows += dataset->splits[s].n_rows;
  row_pointer *rows = mer__malloc(n_rows, sizeof(row_pointer));
  if (!rows) return mer__fail_memory(err);
  for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
    run_check(&checks[i], rows, dataset, monitor);
  mer__free(rows);
  return MER_OK;
}
