/* table.c: tables of strings: what they are read from, and their cells. */
#include "data/table.h"

#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "text/text_decode.h"

#define MAX_FILE_BYTES ((size_t)1 << 30)
static const char blanks[] = " \t\r\n";

mer_status mer__table_add_cell(mer__table *table, size_t begin, mer_error *err) {
  mer__table *t = table;
  if (mer__grow(&t->cells, &t->cells_capacity, t->n_cells + 1, sizeof *t->cells) != 0)
    return mer__fail_memory_for(err, t->path);
  t->cells[t->n_cells++] = begin;
  return MER_OK;
}

mer_status mer__table_end_row(mer__table *table, int64_t line, mer_error *err) {
  mer__table *t = table;
  size_t index = t->n_columns ? (size_t)t->n_rows + 1 : 0;
  if (mer__grow(&t->lines, &t->lines_capacity, index + 1, sizeof *t->lines) != 0)
    return mer__fail_memory_for(err, t->path);
  t->lines[index] = line;
  if (t->n_columns) t->n_rows++;
  else t->n_columns = t->n_cells;
  return MER_OK;
}

static const char *cell_at(const mer__table *table, size_t index) {
  return table->text.data + table->cells[index];
}

/* Whether a cell of the header is `name`, but for case and spaces around it. */
static bool is_named(const char *cell, const char *name, size_t length) {
  cell += strspn(cell, blanks);
  return strncasecmp(cell, name, length) == 0 && cell[length + strspn(cell + length, blanks)] == 0;
}

mer_status mer__table_check_header(const mer__table *table, mer_error *err) {
  if (!table->n_columns)
    return mer__fail(err, MER_STATUS_FORMAT, "%s: empty: expected a header with the columns' names",
                     table->path);
  for (size_t i = 0; i < table->n_columns; i++)
    for (size_t j = 0; j < i && *cell_at(table, i); j++)
      if (is_named(cell_at(table, i), cell_at(table, j), strlen(cell_at(table, j))) &&
          *cell_at(table, j))
        return mer__fail_at(err, MER_STATUS_FORMAT, table->lines[0],
                            "%s:%lld: column '%.100s' is there twice", table->path,
                            (long long)table->lines[0], cell_at(table, j));
  return MER_OK;
}

/* Parses `text`, which becomes the table's own if it is CSV. */
static mer_status parse(mer__table *table, mer__text_buffer *text, const char *const *keys,
                        size_t n_keys, mer_error *err) {
  const char first = text->size ? text->data[strspn(text->data, blanks)] : 0;
  if (first == '{' && n_keys) return mer__jsonl_parse(table, text->data, keys, n_keys, err);
  if (first == '[')
    return mer__fail(err, MER_STATUS_FORMAT,
                     "%s: a JSON array: expected CSV with a header, or JSON lines, an object each",
                     table->path);
  table->text = *text;
  *text = (mer__text_buffer){0};
  mer_status status = mer__csv_parse(table, err);
  return status == MER_OK ? mer__table_check_header(table, err) : status;
}

mer_status mer__table_read(mer__table *table, mer__text_buffer *bytes, const char *path,
                           const char *const *keys, size_t n_keys, mer_error *err) {
  mer_status status;
  char *data = NULL;
  mer__text_buffer text = {0};
  size_t size;
  *table = (mer__table){.path = mer__strdup(path)};
  if (!table->path) return mer__fail_memory(err);
  MER__CHECK(mer__file_read(&data, &size, path, MAX_FILE_BYTES, err));
  mer__text_append(bytes, data, size);
  if (bytes->full)
    MER__CHECK(mer__fail(err, MER_STATUS_LIMIT, "%s: the tables together are over %zu bytes", path,
                         MER__TEXT_BUFFER_MAX));
  if (bytes->failed) MER__CHECK(mer__fail_memory_for(err, path));
  MER__CHECK(mer__text_decode_file(&text, path, data, size, err));
  MER__CHECK(parse(table, &text, keys, n_keys, err));
cleanup:
  mer__text_clear(&text);
  mer__free(data);
  return status;
}

void mer__table_clear(mer__table *table) {
  mer__text_clear(&table->text);
  mer__free(table->cells);
  mer__free(table->lines);
  mer__free(table->path);
  *table = (mer__table){0};
}

int mer__table_column(const mer__table *table, const char *name) {
  for (size_t i = 0; i < table->n_columns; i++)
    if (is_named(cell_at(table, i), name, strlen(name))) return (int)i;
  return -1;
}

const char *mer__record_cell(const mer__table *record, int column) {
  if (column < 0) return NULL;
  const char *cell = cell_at(record, (size_t)column);
  return *cell ? cell : NULL;
}

const char *mer__table_cell(const mer__table *table, int64_t row, int column) {
  if (column < 0) return NULL;
  const char *cell = cell_at(table, ((size_t)row + 1) * table->n_columns + (size_t)column);
  return *cell ? cell : NULL;
}

int64_t mer__table_line(const mer__table *table, int64_t row) { return table->lines[row + 1]; }
