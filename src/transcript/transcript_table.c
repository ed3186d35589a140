/* transcript_table.c: a table with the columns start, end, text and perhaps speaker, as CSV or JSON
 * lines. Times are seconds or hours, minutes and seconds. */
#include <string.h>

#include "base/error.h"
#include "data/cells.h"
#include "data/table.h"
#include "transcript/transcript_build.h"

static mer_status add_row(mer_transcript *t, const mer__table *table, int64_t row,
                          const int columns[4], mer_error *err) {
  const char *text = mer__table_cell(table, row, columns[2]);
  const char *speaker = mer__table_cell(table, row, columns[3]);
  mer_status status = mer__transcript_begin(
      t, mer__cell_time(mer__table_cell(table, row, columns[0])),
      mer__cell_time(mer__table_cell(table, row, columns[1])), mer__table_line(table, row), err);
  if (status != MER_OK) return status;
  if (text) mer__transcript_add_text(t, text, strlen(text));
  mer__transcript_end(t, speaker, speaker ? strlen(speaker) : 0);
  t->entries[t->n_entries - 1].name_size = 0;
  return MER_OK;
}

mer_status mer__transcript_read_table(mer_transcript *transcript, mer_error *err) {
  static const char *const keys[] = {"start", "end", "text", "speaker"};
  mer__table table = {0};
  mer__text_buffer bytes = {0};
  int columns[4];
  mer_status status;
  MER__CHECK(mer__table_read(&table, &bytes, transcript->path, keys, 4, err));
  for (int i = 0; i < 4; i++) {
    columns[i] = mer__table_column(&table, keys[i]);
    if (columns[i] >= 0 || i >= 2) continue;
    status = mer__fail(err, MER_STATUS_FORMAT, "%s: no column '%s'", transcript->path, keys[i]);
    goto cleanup;
  }
  for (int64_t row = 0; row < table.n_rows; row++)
    MER__CHECK(add_row(transcript, &table, row, columns, err));
cleanup:
  mer__table_clear(&table);
  mer__text_clear(&bytes);
  return status;
}
