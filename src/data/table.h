/* table.h: a file of rows, CSV or JSON lines, as a table of strings. */
#ifndef MER_DATA_TABLE_H
#define MER_DATA_TABLE_H

#include "base/text_buffer.h"
#include "mer/base.h"

/** Zero-initialize. Cells are UTF-8, 0-terminated, and live as long as the table. */
typedef struct mer__table {
  char *path;
  char delimiter; /* of CSV; 0 for JSON lines */
  size_t n_columns;
  int64_t n_rows; /* without the header */
  mer__text_buffer text;
  size_t *cells;  /* [1 + n_rows, n_columns]: where each begins in `text` */
  int64_t *lines; /* [1 + n_rows]: the physical line on which each record begins, from 1 */
  size_t n_cells, cells_capacity, lines_capacity;
} mer__table;

/** Reads `path` (at most 1 GiB), a text in any encoding that mer_text_read knows. A file that
 * begins with '{' is JSON lines: objects whose members of the names in `keys` [n_keys, at most
 * MER__TABLE_MAX_KEYS; 0: CSV alone is read] are the columns, those that any object has. Any other
 * is CSV: fields between commas, semicolons or tabs (that of them which the header has most, or
 * what a first line "sep=;" says), quoted fields with newlines, LF or CRLF. Blank rows, also of
 * empty fields alone, are skipped. The file's bytes are appended to `bytes`. MER_STATUS_FORMAT (no
 * header, a row of another number of fields, a quote that is not closed, a column twice, zero
 * bytes, a line that is not an object), MER_STATUS_LIMIT, MER_STATUS_NOT_FOUND, MER_STATUS_IO,
 * MER_STATUS_NO_MEMORY. */
mer_status mer__table_read(mer__table *table, mer__text_buffer *bytes, const char *path,
                           const char *const *keys, size_t n_keys, mer_error *err);
/** Accepts a zeroed table. */
void mer__table_clear(mer__table *table);

/** Index of the column of that name (case and spaces around it do not matter), or -1. */
int mer__table_column(const mer__table *table, const char *name);
/** A cell of row 0 .. n_rows-1, borrowed; NULL if it is empty or `column` is -1. */
const char *mer__table_cell(const mer__table *table, int64_t row, int column);
/** The same of a table that has one record, without a header (mer__csv_parse_record,
 * mer__jsonl_parse_record). */
const char *mer__record_cell(const mer__table *record, int column);
/** The line on which a row begins. */
int64_t mer__table_line(const mer__table *table, int64_t row);

/** Most columns of a table, bytes of a field, and keys of JSON lines. */
enum {
  MER__TABLE_MAX_COLUMNS = 4096,
  MER__TABLE_MAX_FIELD_BYTES = 1 << 20,
  MER__TABLE_MAX_KEYS = 80
};

/** Adds a cell that begins at `begin` of the text to the row that is being read. */
mer_status mer__table_add_cell(mer__table *table, size_t begin, mer_error *err);
/** Ends a row, the header or one with n_columns cells, which began on `line`. */
mer_status mer__table_end_row(mer__table *table, int64_t line, mer_error *err);

/** MER_STATUS_FORMAT: there is no header, or a column is there twice. */
mer_status mer__table_check_header(const mer__table *table, mer_error *err);

/** Parses `table->text` as CSV, in place. */
mer_status mer__csv_parse(mer__table *table, mer_error *err);
/** The delimiter that a first line "sep=;" states, as spreadsheets write it, and its `size` without
 * the line's end; 0: it states none. */
char mer__csv_stated_delimiter(size_t *size, const char *line);
/** The character of "," ";" and tab that the header has most; a comma if it has none. */
char mer__csv_find_delimiter(const char *text);
/** Whether a record goes on after `line` (without its end) within quotes; `open`: it did before. */
bool mer__csv_leaves_open(bool open, const char *line, char delimiter);
/** Parses `table->text`, one record that began on `line`, in place: its cells are those of the
 * header; a blank one has n_columns 0. Statuses as mer__table_read. */
mer_status mer__csv_parse_record(mer__table *table, char delimiter, int64_t line, mer_error *err);
/** Parses `text`, JSON lines, into the table. */
mer_status mer__jsonl_parse(mer__table *table, const char *text, const char *const *keys,
                            size_t n_keys, mer_error *err);
/** Parses an object that stands on `line`: its cells are those of the keys, and `has` [n_keys]
 * becomes true where it has the member. Statuses as mer__table_read. */
mer_status mer__jsonl_parse_record(mer__table *table, bool *has, const char *text, size_t size,
                                   int64_t line, const char *const *keys, size_t n_keys,
                                   mer_error *err);

#endif
