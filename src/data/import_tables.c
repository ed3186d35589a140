/* import_tables.c: corpora whose publishers give tables: GoEmotions, CMU-MOSI; and the texts of
 * nEMO. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/format.h"
#include "data/cells.h"
#include "data/dataset.h"
#include "data/import.h"
#include "mer/text.h"

enum { MAX_LINE_BYTES = 1 << 20 };

mer_status mer__import_table(mer__table *table, const char *path, mer_error *err) {
  mer__text_buffer bytes = {0};
  mer_status status = mer__table_read(table, &bytes, path, NULL, 0, err);
  mer__text_clear(&bytes);
  return status;
}

mer_status mer__import_columns(int *columns, const mer__table *table, const char *const *names,
                               int n, mer_error *err) {
  mer_status status = MER_OK;
  for (int i = 0; i < n && status == MER_OK; i++)
    status = mer__dataset_column(&columns[i], table, names[i], err);
  return status;
}

mer_status mer__import_copy(const char **out, mer__import *import, const char *cell,
                            mer_error *err) {
  *out = cell ? mer__import_format(import, "%s", cell) : NULL;
  return !cell || *out ? MER_OK : mer__fail_memory(err);
}

/* nEMO: data.tsv has the texts of the files. */

typedef struct file_text {
  const char *id, *text; /* the file's name */
} file_text;

static size_t id_size(const char *id) { return strcspn(id, "."); }

static int compare_ids(const void *a, const void *b) {
  const char *x = ((const file_text *)a)->id, *y = ((const file_text *)b)->id;
  const size_t n = id_size(x), m = id_size(y);
  const int order = strncmp(x, y, n < m ? n : m);
  return order ? order : (n > m) - (n < m);
}

static mer_status give_texts(mer__import *import, const mer__table *table, mer_error *err) {
  static const char *const names[] = {"file_id", "raw_text"};
  int columns[2];
  size_t n = 0;
  mer_status status = mer__import_columns(columns, table, names, 2, err);
  if (status != MER_OK) return status;
  file_text *texts = mer__malloc((size_t)table->n_rows, sizeof *texts);
  if (!texts) return mer__fail_memory(err);
  for (int64_t row = 0; row < table->n_rows; row++) {
    const char *id = mer__table_cell(table, row, columns[0]);
    if (id) texts[n++] = (file_text){id, mer__table_cell(table, row, columns[1])};
  }
  qsort(texts, n, sizeof *texts, compare_ids);
  for (size_t i = 0; i < import->n_rows && status == MER_OK; i++) {
    mer__import_row *row = &import->rows[i];
    const file_text key = {.id = mer__path_name(row->audio ? row->audio : row->video)};
    const file_text *found = bsearch(&key, texts, n, sizeof *texts, compare_ids);
    if (found) status = mer__import_copy(&row->text, import, found->text, err);
  }
  mer__free(texts);
  return status;
}

mer_status mer__import_nemo(mer__import *import, mer_error *err) {
  mer__table table = {0};
  char *path = NULL;
  mer_status status;
  MER__CHECK(mer__import_files(import, err));
  MER__CHECK(mer__dataset_find(&path, import->folder, "data.tsv", false, err));
  if (!path) goto cleanup;
  MER__CHECK(mer__import_table(&table, path, err));
  MER__CHECK(give_texts(import, &table, err));
cleanup:
  mer__table_clear(&table);
  mer__free(path);
  return status;
}

/* GoEmotions: {train,dev,test}.tsv: text, numbers of labels, id; no header. */

/* Cuts a cell off at a tab and takes it out of its quotes, in place; NULL after the last. */
static char *next_cell(char **line) {
  char *cell = *line, *out = cell, *at = cell;
  if (!cell) return NULL;
  const bool quoted = *at == '"';
  if (quoted) at++;
  for (bool open = quoted; *at && (open || *at != '\t'); at++) {
    if (open && *at == '"') open = *++at == '"';
    if (!open && quoted && (!*at || *at == '\t')) break;
    *out++ = *at;
  }
  *line = *at ? at + 1 : NULL;
  *out = 0;
  return cell;
}

/* The bits of labels "2,27"; 0 if one is not a number of a label. */
static uint32_t read_numbers(const mer__corpus *corpus, const char *cell) {
  uint32_t labels = 0;
  for (int number = -1; cell; cell++) {
    if (*cell >= '0' && *cell <= '9') {
      number = (number < 0 ? 0 : number * 10) + (*cell - '0');
      if (number >= corpus->n_labels) return 0;
      continue;
    }
    if (number < 0 || (*cell && *cell != ',')) return 0;
    labels |= 1u << number;
    number = -1;
    if (!*cell) break;
  }
  return labels;
}

static mer_status add_comment(mer__import *import, mer_split split, const mer_line *line,
                              const char *path, mer_error *err) {
  char *text = (char *)mer__import_format(import, "%s", line->text), *rest = text;
  if (!text) return mer__fail_memory(err);
  const char *comment = next_cell(&rest), *numbers = next_cell(&rest);
  mer__import_row row = {.split = split, .text = comment};
  row.labels = read_numbers(import->corpus, numbers);
  if (!line->fault && row.labels && *comment) return mer__import_add(import, &row, err);
  mer__import_fault(
      import, "%s:%lld: %s", path, (long long)line->number,
      line->fault ? line->fault : "expected a text, a tab, and numbers of labels from 0 to 27");
  return MER_OK;
}

static mer_status read_comments(mer__import *import, mer_split split, const char *path,
                                mer_error *err) {
  mer_line_file *file = NULL;
  const mer_line *lines;
  mer_status status = mer_line_file_open(&file, path, MAX_LINE_BYTES, err);
  for (int n = 1; status == MER_OK && n > 0;) {
    status = mer__import_go_on(import, path, err);
    if (status == MER_OK) status = mer_line_file_next(&lines, &n, file, err);
    for (int i = 0; status == MER_OK && i < n; i++)
      if (lines[i].fault || *lines[i].text)
        status = add_comment(import, split, &lines[i], path, err);
  }
  mer_line_file_close(file);
  return status;
}

mer_status mer__import_splits(mer__import *import, const char *begin, const char *end,
                              mer_status (*read)(mer__import *import, mer_split split,
                                                 const char *path, mer_error *err),
                              mer_error *err) {
  mer_status status = MER_OK;
  for (mer_split s = MER_SPLIT_TRAIN; s < MER_N_SPLITS && status == MER_OK; s++) {
    char *path = NULL, name[64];
    mer__format(name, sizeof name, "%s%s%s", begin, mer_split_name(s), end);
    status = mer__dataset_find(&path, import->folder, name, false, err);
    if (status == MER_OK && path) status = read(import, s, path, err);
    mer__free(path);
  }
  return status;
}

mer_status mer__import_goemotions(mer__import *import, mer_error *err) {
  return mer__import_splits(import, "", ".tsv", read_comments, err);
}

/* CMU-MOSI: label.csv, as MMSA gives it, and clips Raw/<video>/<clip>.mp4. */

enum { VIDEO, CLIP, TEXT, VALUE, MODE, N_MOSI };

static bool read_mode(mer_split *split, const char *cell) {
  static const char *const modes[MER_N_SPLITS] = {"train", "valid", "test"};
  for (int s = 0; cell && s < MER_N_SPLITS; s++) {
    *split = (mer_split)s;
    if (strcmp(cell, modes[s]) == 0) return true;
  }
  return false;
}

/* The clip, if it is there; also a link that leads nowhere, so that it is missed when it is heard.
 */
static mer_status find_clip(mer__import *import, mer__import_row *row, mer_error *err) {
  const char *name = mer__import_format(import, "Raw/%s/%s.mp4", row->dialogue, row->utterance);
  char *path = name ? mer__path_join(import->folder, name) : NULL;
  if (!path) return mer__fail_memory(err);
  if (mer__path_is_there(path)) row->audio = row->video = name;
  mer__free(path);
  return MER_OK;
}

static mer_status add_opinion(mer__import *import, const mer__table *table, int64_t number,
                              const int *columns, mer_error *err) {
  const char *cells[N_MOSI];
  int64_t clip;
  mer_status status;
  mer__import_row row = {0};
  for (int i = 0; i < N_MOSI; i++) cells[i] = mer__table_cell(table, number, columns[i]);
  const double sentiment = mer__cell_real(cells[VALUE]);
  if (!read_mode(&row.split, cells[MODE]) || isnan(sentiment) || !cells[VIDEO] ||
      strpbrk(cells[VIDEO], "/") || !mer__cell_integer(&clip, cells[CLIP])) {
    mer__import_fault(import,
                      "%s:%lld: expected a video, a clip's number, a label that is a number, and "
                      "a mode of train, valid or test",
                      table->path, (long long)mer__table_line(table, number));
    return MER_OK;
  }
  row.labels = 1u << (sentiment < 0 ? 0 : sentiment > 0 ? 2 : 1);
  MER__CHECK(mer__import_copy(&row.dialogue, import, cells[VIDEO], err));
  MER__CHECK(mer__import_copy(&row.utterance, import, cells[CLIP], err));
  MER__CHECK(mer__import_copy(&row.text, import, cells[TEXT], err));
  MER__CHECK(mer__import_copy(&row.sentiment, import, cells[VALUE], err));
  row.speaker = row.dialogue;
  MER__CHECK(find_clip(import, &row, err));
  MER__CHECK(mer__import_add(import, &row, err));
cleanup:
  return status;
}

mer_status mer__import_mosi(mer__import *import, mer_error *err) {
  static const char *const names[N_MOSI] = {"video_id", "clip_id", "text", "label", "mode"};
  mer__table table = {0};
  int columns[N_MOSI];
  char *path = NULL;
  mer_status status;
  MER__CHECK(mer__import_find(&path, import, "label.csv", err));
  MER__CHECK(mer__import_table(&table, path, err));
  MER__CHECK(mer__import_columns(columns, &table, names, N_MOSI, err));
  for (int64_t i = 0; i < table.n_rows; i++) {
    MER__CHECK(mer__import_go_on(import, path, err));
    MER__CHECK(add_opinion(import, &table, i, columns, err));
  }
cleanup:
  mer__table_clear(&table);
  mer__free(path);
  return status;
}
