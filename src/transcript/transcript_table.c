/* transcript_table.c: a table with the columns start, end, text and perhaps speaker, as CSV or JSON
 * lines, row by row. Times are seconds or hours, minutes and seconds. */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "data/cells.h"
#include "data/csv_record.h"
#include "transcript/transcript_build.h"

static const char *const keys[] = {"start", "end", "text", "speaker"};
enum { N_KEYS = sizeof keys / sizeof *keys };

typedef struct reader {
  mer_transcript *transcript;
  mer__csv_record record;
  size_t n_columns; /* of CSV; 0: its header has not been read */
  int columns[N_KEYS];
  bool has[N_KEYS]; /* any row has this */
} reader;

/* The row that is in the table. */
static mer_status add_row(reader *r, mer_error *err) {
  mer_transcript *t = r->transcript;
  const char *cells[N_KEYS];
  for (int i = 0; i < N_KEYS; i++) cells[i] = mer__record_cell(&r->record.table, r->columns[i]);
  mer_status status = mer__transcript_begin(t, mer__cell_time(cells[0]), mer__cell_time(cells[1]),
                                            r->record.line, err);
  if (status == MER_OK && cells[2])
    status = mer__transcript_add_text(t, cells[2], strlen(cells[2]), err);
  if (status != MER_OK) return status;
  mer__transcript_end(t, cells[3], cells[3] ? strlen(cells[3]) : 0);
  t->entries[t->n_entries - 1].name_size = 0;
  return MER_OK;
}

static mer_status take_header(reader *r, mer_error *err) {
  mer__table *table = &r->record.table;
  mer_status status = mer__table_check_header(table, err);
  for (int i = 0; i < N_KEYS && status == MER_OK; i++) {
    r->columns[i] = mer__table_column(table, keys[i]);
    r->has[i] = r->columns[i] >= 0;
  }
  r->n_columns = table->n_columns;
  return status;
}

static mer_status take_record(reader *r, mer_error *err) {
  mer__csv_record *record = &r->record;
  mer__table *table = &record->table;
  const long long line = record->line;
  if (record->fault)
    return mer__fail_at(err, MER_STATUS_FORMAT, line, "%s:%lld: %s", table->path, line,
                        record->fault);
  mer_status status = mer__csv_parse_record(table, record->delimiter, line, err);
  if (status != MER_OK || table->n_columns == 0) return status; /* blank */
  if (r->n_columns == 0) return take_header(r, err);
  if (table->n_columns == r->n_columns) return add_row(r, err);
  return mer__fail_at(err, MER_STATUS_FORMAT, line, "%s:%lld: %zu fields, expected %zu",
                      table->path, line, table->n_columns, r->n_columns);
}

static mer_status read_csv(reader *r, mer__cue_lines *lines, mer_error *err) {
  mer_status status = MER_OK;
  while (status == MER_OK && mer__cue_next(lines)) {
    const mer_line line = {.text = lines->line, .size = lines->size, .number = lines->number};
    bool whole;
    status = mer__csv_record_add(&r->record, &whole, &line, err);
    if (status == MER_OK && whole) status = take_record(r, err);
  }
  if (status == MER_OK && lines->status == MER_OK && mer__csv_record_is_cut(&r->record))
    return take_record(r, err);
  return status;
}

static mer_status read_json_lines(reader *r, mer__cue_lines *lines, mer_error *err) {
  mer_status status = MER_OK;
  for (int i = 0; i < N_KEYS; i++) r->columns[i] = i;
  while (status == MER_OK && mer__cue_next(lines)) {
    if (mer__cue_is_blank(lines)) continue;
    r->record.line = lines->number;
    status = mer__jsonl_parse_record(&r->record.table, r->has, lines->line, lines->size,
                                     lines->number, keys, N_KEYS, err);
    if (status == MER_OK) status = add_row(r, err);
  }
  return status;
}

mer_status mer__transcript_read_table(mer_transcript *transcript, mer__cue_lines *lines,
                                      bool is_json, mer_error *err) {
  reader r = {.transcript = transcript};
  mer_status status;
  r.record.table.path = mer__strdup(transcript->path);
  if (!r.record.table.path) return mer__fail_memory_for(err, transcript->path);
  status = is_json ? read_json_lines(&r, lines, err) : read_csv(&r, lines, err);
  for (int i = 0; i < 2 && status == MER_OK && lines->status == MER_OK; i++)
    if (!r.has[i])
      status = mer__fail(err, MER_STATUS_FORMAT, "%s: no column '%s'", transcript->path, keys[i]);
  mer__table_clear(&r.record.table);
  return status;
}
