/* import_emorynlp.c: EmoryNLP, as its publishers give it, in JSON: episodes of scenes of
 * utterances, and as it lies beside MELD, in tables. Source: github.com/emorynlp/emotion-detection,
 * github.com/declare-lab/MELD. */
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text_buffer.h"
#include "data/cells.h"
#include "data/dataset.h"
#include "data/import.h"
#include "tensor/json_memory.h"

enum { MAX_JSON_BYTES = 1 << 26 };

/* A label by its name in a table; -1 if it is unknown. */
static int find_label(const mer__corpus *corpus, const char *cell) {
  return cell ? mer__corpus_label_find(corpus, cell, strlen(cell)) : -1;
}

/* "['Monica Geller', 'Ross Geller']" as "Monica Geller, Ross Geller". */
static mer_status read_speakers(const char **out, mer__import *import, const char *cell,
                                mer_error *err) {
  if (!cell || *cell != '[') return mer__import_copy(out, import, cell, err);
  char *names = (char *)mer__import_format(import, "%s", cell), *to = names;
  if (!names) return mer__fail_memory(err);
  for (const char *at = cell + 1; *at; at++) {
    const bool begins = at == cell + 1 || (at[-1] == ' ' && at[-2] == ',');
    const bool ends = at[1] == ',' || (at[1] == ']' && !at[2]);
    const bool closes = *at == ']' && !at[1];
    const bool quotes = (*at == '\'' || *at == '"') && (begins || ends);
    if (!quotes && !closes) *to++ = *at;
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
  MER__CHECK(mer__import_copy(&row.text, import, cells[UTTERANCE], err));
  MER__CHECK(mer__import_copy(&row.utterance, import, cells[NUMBER], err));
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
  MER__CHECK(mer__import_table(&table, path, err));
  MER__CHECK(mer__import_columns(columns, &table, names, N_EMORY, err));
  for (int64_t i = 0; i < table.n_rows; i++) {
    MER__CHECK(mer__import_go_on(import, path, err));
    MER__CHECK(add_turn(import, split, &table, i, columns, err));
  }
cleanup:
  mer__table_clear(&table);
  return status;
}

/* The numbers of "s01_e02_c01_u003": season, episode, scene, utterance; false: it is no such id. */
static bool read_id(int64_t numbers[4], const char *id) {
  static const char letters[] = "secu";
  for (int i = 0; i < 4; i++) {
    char digits[16];
    const size_t size = id && *id == letters[i] ? strspn(id + 1, "0123456789") : 0;
    if (!size || size >= sizeof digits) return false;
    memcpy(digits, id + 1, size);
    digits[size] = 0;
    if (!mer__cell_integer(&numbers[i], digits)) return false;
    id += 1 + size;
    if (i < 3 && *id++ != '_') return false;
  }
  return !*id;
}

/* The names of a list, with commas between. */
static mer_status join_names(const char **out, mer__import *import, const json_t *names,
                             mer_error *err) {
  mer__text_buffer text = {0};
  for (size_t i = 0; i < json_array_size(names); i++) {
    const char *name = json_string_value(json_array_get(names, i));
    if (name && text.size) mer__text_puts(&text, ", ");
    if (name) mer__text_puts(&text, name);
  }
  mer_status status = text.failed
                          ? mer__fail_memory(err)
                          : mer__import_copy(out, import, text.size ? text.data : NULL, err);
  mer__text_clear(&text);
  return status;
}

static mer_status add_spoken(mer__import *import, mer_split split, const char *path,
                             const json_t *spoken, mer_error *err) {
  const char *id = json_string_value(json_object_get(spoken, "utterance_id"));
  const char *text = json_string_value(json_object_get(spoken, "transcript"));
  const char *emotion = json_string_value(json_object_get(spoken, "emotion"));
  const int label = find_label(import->corpus, emotion);
  int64_t n[4];
  mer__import_row row = {.split = split};
  mer_status status;
  if (label < 0 || !text || !*text || !read_id(n, id)) {
    mer__import_fault(import,
                      "%s: utterance '%.40s': expected a transcript, one of the seven emotions, "
                      "and an id as s01_e02_c01_u003",
                      path, id ? id : "");
    return MER_OK;
  }
  row.labels = 1u << label;
  row.dialogue = mer__import_format(import, "s%llde%lldc%lld", (long long)n[0], (long long)n[1],
                                    (long long)n[2]);
  row.utterance = mer__import_format(import, "%lld", (long long)n[3]);
  if (!row.dialogue || !row.utterance) MER__CHECK(mer__fail_memory(err));
  MER__CHECK(mer__import_copy(&row.text, import, text, err));
  MER__CHECK(join_names(&row.speaker, import, json_object_get(spoken, "speakers"), err));
  MER__CHECK(mer__import_add(import, &row, err));
cleanup:
  return status;
}

/* What is in lists of lists: `levels` are the names of the inner ones. */
static mer_status add_lists(mer__import *import, mer_split split, const char *path,
                            const json_t *list, const char *const *levels, mer_error *err) {
  mer_status status = mer__import_go_on(import, path, err);
  for (size_t i = 0; i < json_array_size(list) && status == MER_OK; i++) {
    const json_t *item = json_array_get(list, i);
    status = *levels
                 ? add_lists(import, split, path, json_object_get(item, *levels), levels + 1, err)
                 : add_spoken(import, split, path, item, err);
  }
  return status;
}

static mer_status read_json(mer__import *import, mer_split split, const char *path,
                            mer_error *err) {
  static const char *const levels[] = {"scenes", "utterances", NULL};
  char *data = NULL;
  size_t size;
  json_t *root = NULL;
  json_error_t fault;
  mer_status status;
  MER__CHECK(mer__file_read(&data, &size, path, MAX_JSON_BYTES, err));
  mer__json_watch();
  root = mer__json_parse(data, size, 0, &fault);
  if (!root && mer__json_no_memory()) MER__CHECK(mer__fail_memory(err));
  if (!root)
    MER__CHECK(mer__fail_at(err, MER_STATUS_FORMAT, fault.line, "%s:%d: expected JSON, found: %s",
                            path, fault.line, fault.text));
  if (!json_is_array(json_object_get(root, "episodes")))
    MER__CHECK(mer__fail(err, MER_STATUS_FORMAT, "%s: expected a list 'episodes'", path));
  MER__CHECK(add_lists(import, split, path, json_object_get(root, "episodes"), levels, err));
cleanup:
  json_decref(root);
  mer__free(data);
  return status;
}

mer_status mer__import_emorynlp(mer__import *import, mer_error *err) {
  static const char *const names[MER_N_SPLITS] = {
      "emotion-detection-trn.json", "emotion-detection-dev.json", "emotion-detection-tst.json"};
  bool found = false;
  mer_status status = MER_OK;
  for (mer_split s = MER_SPLIT_TRAIN; s < MER_N_SPLITS && status == MER_OK; s++) {
    char *path = NULL;
    status = mer__dataset_find(&path, import->folder, names[s], false, err);
    if (status == MER_OK && path) status = read_json(import, s, path, err);
    found |= path != NULL;
    mer__free(path);
  }
  if (status != MER_OK || found) return status;
  return mer__import_splits(import, "emorynlp_", "_final.csv", read_turns, err);
}
