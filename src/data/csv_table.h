/* csv_table.h: a CSV file with a header, as a table of strings. */
#ifndef MER_DATA_CSV_TABLE_H
#define MER_DATA_CSV_TABLE_H

#include "base/text_buffer.h"
#include "mer/base.h"

/** Zero-initialize. Cells are UTF-8, 0-terminated, and live as long as the table. */
typedef struct mer__csv_table {
  char *path;
  size_t n_columns;
  int64_t n_rows; /* without the header */
  mer__text_buffer text;
  size_t *cells;  /* [1 + n_rows, n_columns]: where each begins in `text` */
  int64_t *lines; /* [1 + n_rows]: the physical line on which each record begins, from 1 */
  size_t n_cells, cells_capacity, lines_capacity;
} mer__csv_table;

/** Reads `path` (at most 1 GiB): a text in any encoding that mer_text_read knows; quoted fields
 * with newlines, LF or CRLF. Blank lines are skipped. The file's bytes are
 * appended to `bytes`. MER_STATUS_FORMAT (no header, a row of another number of fields, a quote
 * that is not closed, a column twice, zero bytes), MER_STATUS_LIMIT, MER_STATUS_NOT_FOUND,
 * MER_STATUS_IO, MER_STATUS_NO_MEMORY. */
mer_status mer__csv_read(mer__csv_table *table, mer__text_buffer *bytes, const char *path,
                         mer_error *err);
/** Accepts a zeroed table. */
void mer__csv_clear(mer__csv_table *table);

/** Index of the column of that name (case and spaces around it do not matter), or -1. */
int mer__csv_column(const mer__csv_table *table, const char *name);
/** A cell of row 0 .. n_rows-1, borrowed; NULL if it is empty or `column` is -1. */
const char *mer__csv_cell(const mer__csv_table *table, int64_t row, int column);
/** The line on which a row begins. */
int64_t mer__csv_line(const mer__csv_table *table, int64_t row);

#endif
