/* import_tables.c: corpora whose publishers give tables: GoEmotions, EmoryNLP, CMU-MOSI; and the
 * texts of nEMO. */
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

static mer_status read_table(mer__table *table, const char *path, mer_error *err) {
  mer__text_buffer bytes = {0};
  mer_status status = mer__table_read(table, &bytes, path, NULL, 0, err);
  mer__text_clear(&bytes);
  return status;
}

/* Finds columns by their names; each must be there. */
static mer_status find_columns(int *columns, const mer__table *table, const char *const *names,
                               int n, mer_error *err) {
  mer_status status = MER_OK;
  for (int i = 0; i < n && status == MER_OK; i++)
    status = mer__dataset_column(&columns[i], table, names[i], err);
  return status;
}

/* The cell as a string of the import; NULL if it is empty. */
static mer_status copy(const char **out, mer__import *import, const char *cell, mer_error *err) {
  *out = cell ? mer__import_format(import, "%s", cell) : NULL;
  return !cell || *out ? MER_OK : mer__fail_memory(err);
}

/* A label by its name in a table; -1 if it is unknown. */
static int find_label(const mer__corpus *corpus, const char *cell) {
  return cell ? mer__corpus_label_find(corpus, cell, strlen(cell)) : -1;
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
  mer_status status = find_columns(columns, table, names, 2, err);
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
    if (found) status = copy(&row->text, import, found->text, err);
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
  MER__CHECK(read_table(&table, path, err));
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
    status = mer_line_file_next(&lines, &n, file, err);
    for (int i = 0; status == MER_OK && i < n; i++)
      if (lines[i].fault || *lines[i].text)
        status = add_comment(import, split, &lines[i], path, err);
  }
  mer_line_file_close(file);
  return status;
}

/* Calls `read` with the table of each split that is there: `<begin>train<end>`, .. */
static mer_status read_splits(mer__import *import, const char *begin, const char *end,
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
  return read_splits(import, "", ".tsv", read_comments, err);
}

/* EmoryNLP: emorynlp_{train,dev,test}_final.csv, as beside MELD. */

/* "['Monica Geller', 'Ross Geller']" as "Monica Geller, Ross Geller". */
static mer_status read_speakers(const char **out, mer__import *import, const char *cell,
                                mer_error *err) {
  char *names = (char *)mer__import_format(import, "%s", cell ? cell : "");
  if (!names) return mer__fail_memory(err);
  char *to = names;
  const bool listed = *names == '[';
  for (const char *at = names + listed; *at; at++) {
    const bool begins = at == names + 1 || (at[-1] == ' ' && at[-2] == ',');
    const bool ends = at[1] == ',' || (at[1] == ']' && !at[2]);
    if (listed && (*at == '\'' || *at == '"') && (begins || ends)) continue;
    if (listed && *at == ']' && !at[1]) break;
    *to++ = *at;
  }
  *to = 0;
  *out = *names ? names : NULL;
  return MER_OK;
}

enum { UTTERANCE, SPEAKER, EMOTION, SCENE, NUMBER, SEASON, EPISODE, N_EMORY };

static mer_status add_turn(mer__import *import, mer_split split, const mer__table *table,
                           int64_t number, const int *columns, mer_error *err) {
  const char *cells[N_EMORY];
  int64_t scene[4];
  mer_status status;
  mer__import_row row = {.split = split};
  for (int i = 0; i < N_EMORY; i++) cells[i] = mer__table_cell(table, number, columns[i]);
  const int label = find_label(import->corpus, cells[EMOTION]);
  bool good = label >= 0 && cells[UTTERANCE];
  for (int i = 0; i < 4; i++) good = good && mer__cell_integer(&scene[i], cells[SCENE + i]);
  if (!good) {
    mer__import_fault(import,
                      "%s:%lld: expected an utterance, one of the seven emotions, and whole "
                      "numbers of scene, utterance, season and episode",
                      table->path, (long long)mer__table_line(table, number));
    return MER_OK;
  }
  row.labels = 1u << label;
  row.dialogue = mer__import_format(import, "s%llde%lldc%lld", (long long)scene[2],
                                    (long long)scene[3], (long long)scene[0]);
  if (!row.dialogue) MER__CHECK(mer__fail_memory(err));
  MER__CHECK(copy(&row.text, import, cells[UTTERANCE], err));
  MER__CHECK(copy(&row.utterance, import, cells[NUMBER], err));
  MER__CHECK(read_speakers(&row.speaker, import, cells[SPEAKER], err));
  MER__CHECK(mer__import_add(import, &row, err));
cleanup:
  return status;
}

static mer_status read_turns(mer__import *import, mer_split split, const char *path,
                             mer_error *err) {
  static const char *const names[N_EMORY] = {"Utterance",    "Speaker", "Emotion", "Scene_ID",
                                             "Utterance_ID", "Season",  "Episode"};
  mer__table table = {0};
  int columns[N_EMORY];
  mer_status status;
  MER__CHECK(read_table(&table, path, err));
  MER__CHECK(find_columns(columns, &table, names, N_EMORY, err));
  for (int64_t i = 0; i < table.n_rows; i++)
    MER__CHECK(add_turn(import, split, &table, i, columns, err));
cleanup:
  mer__table_clear(&table);
  return status;
}

mer_status mer__import_emorynlp(mer__import *import, mer_error *err) {
  return read_splits(import, "emorynlp_", "_final.csv", read_turns, err);
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

/* The clip, if it is there. */
static mer_status find_clip(mer__import *import, mer__import_row *row, mer_error *err) {
  const char *name = mer__import_format(import, "Raw/%s/%s.mp4", row->dialogue, row->utterance);
  char *path = name ? mer__path_join(import->folder, name) : NULL;
  if (!path) return mer__fail_memory(err);
  if (mer__path_is_file(path)) row->audio = row->video = name;
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
  MER__CHECK(copy(&row.dialogue, import, cells[VIDEO], err));
  MER__CHECK(copy(&row.utterance, import, cells[CLIP], err));
  MER__CHECK(copy(&row.text, import, cells[TEXT], err));
  MER__CHECK(copy(&row.sentiment, import, cells[VALUE], err));
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
  MER__CHECK(read_table(&table, path, err));
  MER__CHECK(find_columns(columns, &table, names, N_MOSI, err));
  for (int64_t i = 0; i < table.n_rows; i++)
    MER__CHECK(add_opinion(import, &table, i, columns, err));
cleanup:
  mer__table_clear(&table);
  mer__free(path);
  return status;
}
