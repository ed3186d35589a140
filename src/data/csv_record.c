/* csv_record.c: joins the lines of a record. */
#include "data/csv_record.h"

#include "base/error.h"

static const char lost_end[] = "a quoted field is not closed",
                  too_long[] = "a record of over 4194304 bytes: is a quote not closed?";
_Static_assert(MER__CSV_MAX_RECORD_BYTES == 4194304, "as too_long says");

/* Begins a record, or goes on with one. */
static void join_line(mer__csv_record *r, const mer_line *line) {
  mer__text_buffer *text = &r->table.text;
  if (!r->open) {
    text->size = 0;
    r->line = line->number;
    r->n_lines = 0;
    r->fault = NULL;
  }
  if (r->n_lines++ > 0) mer__text_append(text, "\n", 1);
  mer__text_append(text, line->text, line->size);
  if (line->fault) r->fault = line->fault;
  else if (text->size > MER__CSV_MAX_RECORD_BYTES) r->fault = too_long;
}

static bool states_delimiter(mer__csv_record *r, const mer_line *line) {
  size_t size;
  const char stated =
      r->delimiter || line->fault ? 0 : mer__csv_stated_delimiter(&size, line->text);
  if (stated) r->delimiter = stated;
  return stated;
}

mer_status mer__csv_record_add(mer__csv_record *record, bool *whole, const mer_line *line,
                               mer_error *err) {
  mer__csv_record *r = record;
  *whole = false;
  if (line->number == 1 && states_delimiter(r, line)) return MER_OK;
  join_line(r, line);
  if (r->table.text.failed) return mer__fail_memory_for(err, r->table.path);
  if (!r->delimiter) r->delimiter = mer__csv_find_delimiter(line->text); /* of the header */
  r->open = mer__csv_leaves_open(r->open, line->text, r->delimiter);
  if (r->fault) r->open = false;
  *whole = !r->open;
  return MER_OK;
}

bool mer__csv_record_is_cut(mer__csv_record *record) {
  if (!record->open) return false;
  record->open = false;
  record->fault = lost_end;
  return true;
}
