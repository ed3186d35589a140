/* predict_output.c: answers as text. Numbers have a point in every locale, as the program sets
 * none. */
#include "cli/predict_output.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/cli.h"
#include "cli/standard_output.h"
#include "cli/text_line.h"
#include "mer/text.h"

#define TABLE_START "label          prob  "

bool cli_answer_find_format(cli_answer_format *format, const char *word) {
  static const char *const words[] = {"jsonl", "csv", "table"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strcasecmp(word, words[i]) == 0) {
      *format = (cli_answer_format)i;
      return true;
    }
  return false;
}

cli_own_file cli_answer_own_file(cli_answer_format format) {
  switch (format) {
    case CLI_ANSWER_CSV:
      return (cli_own_file){
          .what = "a table of answers of mer", .start = "id,", .holds = {",modalities,error"}};
    case CLI_ANSWER_TABLE:
      return (cli_own_file){.what = "a table of answers of mer", .start = TABLE_START};
    default: /* an input in JSON lines may begin with an id, too */
      return (cli_own_file){.what = "JSON lines of answers",
                            .start = "{\"id\":",
                            .holds = {",\"probs\":{", ",\"values\":{", ",\"error\":"}};
  }
}

/* --- JSON lines --- */

static mer_status put_json(FILE *out, const cli_answer_output *o, const cli_answer_item *item,
                           mer_error *err) {
  char *json = NULL, *members = NULL, times[80] = "", *all = NULL;
  mer_status status = MER_OK;
  if (isfinite(item->start_s))
    snprintf(times, sizeof times, "\"start\":%.3f,\"end\":%.3f", item->start_s, item->end_s);
  if (item->contributions && item->answer->status == MER_OK)
    status = mer_contributions_json(&members, item->contributions, o->model, err);
  if (status == MER_OK && members && *times) {
    const size_t size = strlen(members) + sizeof times + 2;
    all = malloc(size);
    if (all) snprintf(all, size, "%s,%s", times, members);
    else status = cli_no_memory(err);
  }
  const char *more = all ? all : *times ? times : members;
  if (status == MER_OK)
    status = mer_answer_json(&json, item->answer, o->model, item->id, more, err);
  if (json) fprintf(out, "%s\n", json);
  mer_text_free(json);
  mer_text_free(members);
  free(all);
  return status;
}

/* --- CSV and table --- */

/* The id as a text, for free(); a value that is not one as it is written. */
static char *id_text(const char *id) {
  json_t *value = id ? json_loads(id, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL) : NULL;
  char *text = json_is_string(value) ? strdup(json_string_value(value)) : strdup(id ? id : "");
  json_decref(value);
  return text;
}

/* A cell; quoted where it must be. */
static void put_cell(FILE *out, const char *text) {
  if (!text[strcspn(text, ",;\"\t\r\n")] && text[0] != ' ') {
    fputs(text, out);
    return;
  }
  fputc('"', out);
  for (; *text; text++) {
    if (*text == '"') fputc('"', out);
    fputc(*text, out);
  }
  fputc('"', out);
}

/* The label, or those of a model of several between '|', as data sets have them; of values "". */
static void put_labels(FILE *out, const cli_answer_output *o, const mer_answer *a) {
  const char *before = "";
  if (a->status != MER_OK) return;
  if (a->uncertain) fputs("uncertain", out);
  else if (a->label >= 0) fputs(mer_model_label(o->model, a->label), out);
  if (mer_model_target(o->model) != MER_TARGET_LABELS) return;
  for (int32_t k = 0; k < a->n_labels; k++) {
    if (a->probs[k] < .5f) continue;
    fprintf(out, "%s%s", before, mer_model_label(o->model, k));
    before = "|";
  }
}

static void put_labels_cell(FILE *out, const cli_answer_output *o, const mer_answer *a) {
  char text[4096] = "";
  FILE *cell = fmemopen(text, sizeof text, "w");
  if (cell) put_labels(cell, o, a);
  if (cell) fclose(cell);
  put_cell(out, text);
}

static void put_modalities(FILE *out, const cli_answer_output *o, const mer_answer *a) {
  const char *before = "";
  for (int m = 0; m < mer_model_n_modalities(o->model); m++) {
    if (!a->present[m]) continue;
    fprintf(out, "%s%s", before, mer_model_modality(o->model, m).name);
    before = "|";
  }
}

static void put_times(FILE *out, const cli_answer_item *item) {
  if (isfinite(item->start_s)) fprintf(out, ",%.3f,%.3f", item->start_s, item->end_s);
  else fputs(",,", out);
}

static void put_csv(FILE *out, const cli_answer_output *o, const cli_answer_item *item,
                    const char *id) {
  const mer_answer *a = item->answer;
  put_cell(out, id);
  if (o->windows) put_times(out, item);
  fputc(',', out);
  put_labels_cell(out, o, a);
  for (int32_t k = 0; k < mer_model_n_labels(o->model); k++) {
    fputc(',', out);
    if (a->status == MER_OK && isfinite(a->probs[k])) fprintf(out, "%.6g", (double)a->probs[k]);
  }
  fputc(',', out);
  if (a->status == MER_OK) put_modalities(out, o, a);
  fputc(',', out);
  put_cell(out, a->status == MER_OK ? "" : a->message);
  fputc('\n', out);
}

/* What is answered, in the width of a column. */
static void put_answer(FILE *out, const cli_answer_output *o, const mer_answer *a) {
  char text[4096] = "";
  FILE *cell = fmemopen(text, sizeof text, "w");
  if (cell && a->status != MER_OK) fputs("no answer", cell);
  else if (cell && mer_model_target(o->model) == MER_TARGET_VALUES)
    for (int32_t k = 0; k < a->n_labels; k++)
      fprintf(cell, "%s%s %.2f", k ? ", " : "", mer_model_label(o->model, k), (double)a->probs[k]);
  else if (cell) put_labels(cell, o, a);
  if (cell) fclose(cell);
  fprintf(out, "%-14s", text);
  if (a->status == MER_OK && a->label >= 0)
    fprintf(out, " %3.0f%%  ", 100.0 * (double)a->probs[a->label]);
  else fprintf(out, " %4s  ", "-");
}

static void put_row(FILE *out, const cli_answer_output *o, const cli_answer_item *item,
                    const char *id) {
  put_answer(out, o, item->answer);
  if (o->windows && isfinite(item->start_s))
    fprintf(out, "%9.2f %9.2f  ", item->start_s, item->end_s);
  else if (o->windows) fprintf(out, "%9s %9s  ", "-", "-");
  cli_put_line(out, id, 0);
  if (item->answer->status != MER_OK) {
    fputs(*id ? ": " : "", out);
    cli_put_line(out, item->answer->message, 0);
  }
  fputc('\n', out);
}

/* --- writing --- */

/* Writes what was made in memory, in one piece, and frees it. */
static mer_status close_text(cli_answer_output *o, FILE *out, char **text, const size_t *size,
                             mer_status status, mer_error *err) {
  const bool failed = !out || ferror(out);
  if ((out && fclose(out) != 0) || failed) status = cli_no_memory(err);
  if (status == MER_OK && o->file) mer_part_file_write(o->file, *text, *size);
  else if (status == MER_OK) cli_print(*text, *size);
  free(*text);
  return status;
}

mer_status cli_answer_begin(cli_answer_output *o, mer_error *err) {
  char *text = NULL;
  size_t size = 0;
  FILE *out = open_memstream(&text, &size);
  if (out && o->format == CLI_ANSWER_CSV) {
    fprintf(out, "id,%slabel", o->windows ? "start,end," : "");
    for (int32_t k = 0; k < mer_model_n_labels(o->model); k++) {
      fputc(',', out);
      put_cell(out, mer_model_label(o->model, k));
    }
    fputs(",modalities,error\n", out);
  }
  if (out && o->format == CLI_ANSWER_TABLE)
    fprintf(out, TABLE_START "%sid\n", o->windows ? "    start       end  " : "");
  return close_text(o, out, &text, &size, MER_OK, err);
}

mer_status cli_answer_write(cli_answer_output *o, const cli_answer_item *item, mer_error *err) {
  char *text = NULL, *id = o->format == CLI_ANSWER_JSONL ? NULL : id_text(item->id);
  size_t size = 0;
  FILE *out = open_memstream(&text, &size);
  mer_status status = MER_OK;
  if (o->format != CLI_ANSWER_JSONL && !id) status = cli_no_memory(err);
  else if (out && o->format == CLI_ANSWER_JSONL) status = put_json(out, o, item, err);
  else if (out && o->format == CLI_ANSWER_CSV) put_csv(out, o, item, id);
  else if (out) put_row(out, o, item, id);
  free(id);
  return close_text(o, out, &text, &size, status, err);
}

mer_status cli_answer_flush(cli_answer_output *o, const int64_t counts[MER_PART_COUNTS],
                            mer_error *err) {
  if (o->file) return mer_part_file_mark(o->file, counts, err);
  cli_flush();
  return MER_OK;
}
