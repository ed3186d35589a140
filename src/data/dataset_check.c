/* dataset_check.c: what may be meant otherwise in a data set that can be read: one message each. */
#define _XOPEN_SOURCE 700 /* realpath */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "data/dataset.h"

/* A row that is compared with others, by its file or by its numbers. Of two ways to one file the
 * folder is the same: it is resolved. */
typedef struct candidate {
  const mer_utterance *row;
  const char *folder, *name; /* of the file; NULL: without */
} candidate;

static int order_of(int64_t x, int64_t y) { return (x > y) - (x < y); }

static int compare_places(const mer_utterance *x, const mer_utterance *y) {
  const int order = order_of(x->set, y->set);
  return order ? order : order_of(x->row, y->row);
}

static int compare_paths(const candidate *x, const candidate *y) {
  const int order = strcmp(x->name, y->name);
  return order ? order : strcmp(x->folder, y->folder);
}

/* Rows by a file of theirs, then by split. */
static int compare_files(const void *a, const void *b) {
  const candidate *x = a, *y = b;
  int order = compare_paths(x, y);
  if (order == 0) order = order_of(x->row->split, y->row->split);
  return order ? order : compare_places(x->row, y->row);
}

static int compare_numbers(const void *a, const void *b) {
  const mer_utterance *x = ((const candidate *)a)->row, *y = ((const candidate *)b)->row;
  int order = order_of(x->split, y->split);
  if (order == 0) order = order_of(x->dialogue, y->dialogue);
  if (order == 0) order = order_of(x->utterance, y->utterance);
  return order ? order : compare_places(x, y);
}

/* NULL: it is the video, of which one message tells. */
static const char *clip_of(const mer_utterance *u) {
  return u->video && u->audio && strcmp(u->video, u->audio) == 0 ? NULL : u->audio;
}
static const char *video_of(const mer_utterance *u) { return u->video; }
static const char *image_of(const mer_utterance *u) { return u->image; }

/* Neighbours of which the second belongs to another split, or repeats the first. */
static bool share_file(const candidate *x, const candidate *y) {
  return x->row->split != y->row->split && compare_paths(x, y) == 0;
}
static bool share_numbers(const candidate *x, const candidate *y) {
  return x->row->split == y->row->split && x->row->dialogue == y->row->dialogue &&
         x->row->utterance == y->row->utterance;
}

/* A kind of coincidence of two rows, and its message. */
typedef struct check {
  const char *(*file)(const mer_utterance *); /* NULL: numbers are compared */
  int (*compare)(const void *, const void *);
  bool (*coincide)(const candidate *, const candidate *);
  const char *message;
} check;

static const check checks[] = {
    {clip_of, compare_files, share_file,
     "clips in more than one split, so that results are too good"},
    {video_of, compare_files, share_file,
     "videos in more than one split, so that results are too good"},
    {image_of, compare_files, share_file,
     "images in more than one split, so that results are too good"},
    {NULL, compare_numbers, share_numbers,
     "rows with the dialogue and utterance of another row of their split"},
};

/* What the checks of a data set use. */
typedef struct checker {
  const mer_dataset *dataset;
  candidate *candidates; /* room for all rows */
  mer__arena folders;
  const char *given, *resolved; /* the last folder; most rows have that of the row before */
  size_t given_size;
} checker;

/* The folder, `size` bytes of `path`, without links and detours, if it is there. */
static mer_status resolve(checker *c, const char *path, size_t size, mer_error *err) {
  char real[PATH_MAX];
  if (c->resolved && c->given_size == size && memcmp(c->given, path, size) == 0) return MER_OK;
  char *text = mer__arena_alloc(&c->folders, size + 2, 1);
  if (!text) return mer__fail_memory(err);
  memcpy(text, size ? path : ".", size ? size : 1);
  text[size ? size : 1] = 0;
  c->given = path;
  c->given_size = size;
  c->resolved = text;
  if (!realpath(text, real)) return MER_OK;
  char *copy = mer__arena_alloc(&c->folders, strlen(real) + 1, 1);
  if (!copy) return mer__fail_memory(err);
  strcpy(copy, real);
  c->resolved = copy;
  return MER_OK;
}

/* Adds a row to the `n` candidates, if it has what is compared. */
static mer_status add(size_t *n, checker *c, const check *kind, const mer_utterance *row,
                      mer_error *err) {
  candidate found = {.row = row};
  if (kind->file) {
    const char *path = kind->file(row);
    if (!path) return MER_OK;
    found.name = mer__path_name(path);
    mer_status status = resolve(c, path, (size_t)(found.name - path), err);
    if (status != MER_OK) return status;
    found.folder = c->resolved;
  } else if (row->dialogue < 0 || row->utterance < 0) return MER_OK;
  c->candidates[(*n)++] = found;
  return MER_OK;
}

static void tell(const checker *c, const check *kind, size_t n, const mer_monitor *monitor) {
  int64_t n_found = 0;
  const mer_utterance *first = NULL, *second = NULL;
  for (size_t i = 1; i < n; i++) {
    if (!kind->coincide(&c->candidates[i - 1], &c->candidates[i])) continue;
    if (!n_found++) first = c->candidates[i - 1].row, second = c->candidates[i].row;
  }
  if (n_found)
    mer__log(monitor, MER_LOG_WARNING, "%s: %lld; the first: %s:%lld and %s:%lld%s%s",
             kind->message, (long long)n_found, mer__dataset_table_of(c->dataset, first)->path,
             (long long)first->line, mer__dataset_table_of(c->dataset, second)->path,
             (long long)second->line, kind->file ? ", " : "", kind->file ? kind->file(second) : "");
}

static mer_status run_check(checker *c, const check *kind, const mer_monitor *monitor,
                            mer_error *err) {
  size_t n = 0;
  for (int s = 0; s < MER_N_SPLITS; s++)
    for (size_t i = 0; i < c->dataset->splits[s].n_rows; i++) {
      mer_status status = add(&n, c, kind, &c->dataset->splits[s].rows[i], err);
      if (status != MER_OK) return status;
    }
  qsort(c->candidates, n, sizeof *c->candidates, kind->compare);
  tell(c, kind, n, monitor);
  return MER_OK;
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
  checker c = {.dataset = dataset};
  mer_status status = MER_OK;
  c.candidates = mer__malloc(n_rows, sizeof *c.candidates);
  if (!c.candidates) return mer__fail_memory(err);
  for (size_t i = 0; i < sizeof checks / sizeof *checks && status == MER_OK; i++)
    status = run_check(&c, &checks[i], monitor, err);
  mer__free(c.candidates);
  mer__arena_clear(&c.folders);
  return status;
}
