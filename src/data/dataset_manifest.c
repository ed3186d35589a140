/* dataset_manifest.c: a manifest: a CSV file whose header names the columns it has, or JSON lines
 * with members of these names. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/file.h"
#include "data/cells.h"
#include "data/dataset.h"

/* The columns that are used, by their names in the header. */
enum {
  SPLIT,
  TEXT,
  AUDIO,
  VIDEO,
  IMAGE,
  LABEL,
  SPEAKER,
  DIALOGUE,
  UTTERANCE,
  START,
  END,
  N_COLUMNS
};
static const char *const column_names[N_COLUMNS] = {"split",     "text",  "audio",   "video",
                                                    "image",     "label", "speaker", "dialogue",
                                                    "utterance", "start", "end"};

/* A manifest while it is read. */
typedef struct manifest {
  mer_dataset *dataset;
  const mer__table *table;
  int columns[N_COLUMNS]; /* -1: the file has none */
  mer__target_columns targets;
  int64_t *dialogues; /* [n_rows] */
} manifest;

static const char *cell(const manifest *m, int64_t row, int column) {
  return mer__table_cell(m->table, row, m->columns[column]);
}

static mer_status find_columns(manifest *m, mer_error *err) {
  int n_found = 0, column;
  for (int i = 0; i < N_COLUMNS; i++) {
    m->columns[i] = mer__table_column(m->table, column_names[i]);
    n_found += m->columns[i] >= 0;
  }
  if (!n_found)
    return mer__fail_at(err, MER_STATUS_FORMAT, m->table->lines[0],
                        "%s:%lld: no known column in the header: expected some of split, text, "
                        "audio, video, image, label, speaker, dialogue, utterance, start, end",
                        m->table->path, (long long)m->table->lines[0]);
  mer_status status =
      mer__target_columns_find(&m->targets, m->dataset, m->table, column_names[LABEL], err);
  if (status != MER_OK || !m->dataset->need_labels) return status;
  return mer__dataset_column(&column, m->table, "split", err);
}

/* Without a split column (labels are not needed then) every row is to be scored: test. */
static mer_status read_split(mer_split *split, const manifest *m, int64_t row, mer_error *err) {
  static const struct {
    const char *name;
    mer_split split;
  } names[] = {{"train", MER_SPLIT_TRAIN}, {"dev", MER_SPLIT_DEV},   {"test", MER_SPLIT_TEST},
               {"val", MER_SPLIT_DEV},     {"valid", MER_SPLIT_DEV}, {"validation", MER_SPLIT_DEV}};
  *split = MER_SPLIT_TEST;
  if (m->columns[SPLIT] < 0) return MER_OK;
  const char *text = cell(m, row, SPLIT);
  for (size_t i = 0; text && i < sizeof names / sizeof *names; i++) {
    *split = names[i].split;
    if (strcasecmp(text, names[i].name) == 0) return MER_OK;
  }
  return mer__dataset_fail(m->table, row, "split", text, "train, dev or test", err);
}

static mer_status read_time(double *seconds, const manifest *m, int64_t row, int column,
                            mer_error *err) {
  const char *text = cell(m, row, column);
  *seconds = mer__cell_time(text);
  if (!text || !isnan(*seconds)) return MER_OK;
  return mer__dataset_fail(m->table, row, column_names[column], text, "seconds or h:m:s", err);
}

static mer_status read_utterance(int64_t *number, const manifest *m, int64_t row, mer_error *err) {
  const char *text = cell(m, row, UTTERANCE);
  *number = -1;
  if (!text || mer__cell_integer(number, text)) return MER_OK;
  return mer__dataset_fail(m->table, row, "utterance", text, "a whole number", err);
}

/* A row whose dialogue has a name. */
typedef struct named_row {
  const char *name;
  int64_t row;
} named_row;

static int compare(const void *a, const void *b) {
  const named_row *x = a, *y = b;
  int order = strcmp(x->name, y->name);
  return order ? order : (x->row > y->row) - (x->row < y->row);
}

/* Numbers the dialogues. Where all are numbers they stay; names get the index of the row that has
 * them first. */
static mer_status number_dialogues(manifest *m, mer_error *err) {
  size_t n_rows = (size_t)m->table->n_rows, n_named = 0;
  bool all_numbers = true;
  m->dialogues = mer__malloc(n_rows, sizeof *m->dialogues);
  named_row *named = mer__malloc(n_rows, sizeof *named);
  if (!m->dialogues || !named) {
    mer__free(named);
    return mer__fail_memory(err);
  }
  for (int64_t row = 0; row < m->table->n_rows; row++) {
    const char *name = cell(m, row, DIALOGUE);
    m->dialogues[row] = -1;
    if (name && !mer__cell_integer(&m->dialogues[row], name)) all_numbers = false;
    if (name) named[n_named++] = (named_row){name, row};
  }
  if (all_numbers) n_named = 0;
  qsort(named, n_named, sizeof *named, compare);
  for (size_t i = 0; i < n_named; i++) {
    bool again = i && strcmp(named[i].name, named[i - 1].name) == 0;
    m->dialogues[named[i].row] = again ? m->dialogues[named[i - 1].row] : named[i].row;
  }
  mer__free(named);
  return MER_OK;
}

static mer_status read_media(mer_utterance *u, const manifest *m, int64_t row, mer_error *err) {
  mer_dataset *d = m->dataset;
  mer_status status;
  MER__CHECK(mer__dataset_path(&u->audio, d, d->folder, cell(m, row, AUDIO), err));
  MER__CHECK(mer__dataset_path(&u->video, d, d->folder, cell(m, row, VIDEO), err));
  MER__CHECK(mer__dataset_path(&u->image, d, d->folder, cell(m, row, IMAGE), err));
  if (!u->audio) u->audio = u->video; /* which is heard, too */
  const char *media = u->audio ? u->audio : u->image;
  u->id = media ? mer__path_name(media) : mer__dataset_format(d, "row %lld", (long long)row);
  if (!u->id) status = mer__fail_memory(err);
cleanup:
  return status;
}

static mer_status read_row(const manifest *m, int64_t row, mer_error *err) {
  mer_utterance u = {.text = cell(m, row, TEXT),
                     .speaker = cell(m, row, SPEAKER),
                     .dialogue = m->dialogues[row],
                     .start = cell(m, row, START),
                     .end = cell(m, row, END),
                     .line = mer__table_line(m->table, row),
                     .row = row};
  mer_status status;
  bool kept;
  MER__CHECK(read_split(&u.split, m, row, err));
  MER__CHECK(mer__target_read(&u, &kept, m->dataset, m->table, &m->targets, err));
  MER__CHECK(read_utterance(&u.utterance, m, row, err));
  MER__CHECK(read_time(&u.start_s, m, row, START, err));
  MER__CHECK(read_time(&u.end_s, m, row, END, err));
  MER__CHECK(read_media(&u, m, row, err));
  MER__CHECK(mer__dataset_add(m->dataset, &u, kept, err));
cleanup:
  return status;
}

/* The members of JSON lines that are read: the columns, and the values or votes that are no column
 * anyway. Memory is out if it is more than MER__TABLE_MAX_KEYS. */
static size_t list_keys(const char **keys, mer_dataset *dataset) {
  _Static_assert(N_COLUMNS + MER_MAX_LABELS <= MER__TABLE_MAX_KEYS, "room for all");
  size_t n = N_COLUMNS;
  memcpy(keys, column_names, sizeof column_names);
  for (int32_t i = 0; i < dataset->n_labels; i++) {
    char text[MER__COLUMN_NAME];
    const char *name = mer__target_column_name(text, dataset, i);
    if (!name) break;
    size_t k = 0;
    while (k < N_COLUMNS && strcmp(keys[k], name) != 0) k++;
    if (k < N_COLUMNS) continue;
    keys[n] = mer__dataset_format(dataset, "%s", name);
    if (!keys[n++]) return MER__TABLE_MAX_KEYS + 1;
  }
  return n;
}

mer_status mer__manifest_load(mer_dataset *dataset, const char *path, mer_error *err) {
  manifest m = {.dataset = dataset, .table = &dataset->tables[0]};
  const char *keys[MER__TABLE_MAX_KEYS];
  mer_status status;
  const size_t n_keys = list_keys(keys, dataset);
  if (n_keys > MER__TABLE_MAX_KEYS) MER__CHECK(mer__fail_memory(err));
  MER__CHECK(mer__table_read(&dataset->tables[0], &dataset->bytes, path, keys, n_keys, err));
  MER__CHECK(find_columns(&m, err));
  MER__CHECK(number_dialogues(&m, err));
  for (int s = 0; s < MER_N_SPLITS; s++) dataset->splits[s].table = m.table;
  dataset->has_audio = m.columns[AUDIO] >= 0;
  for (int64_t row = 0; row < m.table->n_rows; row++) MER__CHECK(read_row(&m, row, err));
cleanup:
  mer__free(m.dialogues);
  return status;
}
