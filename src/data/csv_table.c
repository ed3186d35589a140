/* csv_table.c: reads CSV by libcsv, and keeps the physical line of each record for messages.
 * The file is given to the parser line by line; a record begins on the line that is fed while the
 * parser is between two records. */
#include "data/csv_table.h"

#include <csv.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "text/text_decode.h"

#define MAX_FILE_BYTES ((size_t)1 << 30)
enum { MAX_COLUMNS = 4096, MAX_FIELD_BYTES = 1 << 20, GROW_BYTES = 1 << 16 };

/* State between libcsv's calls. */
typedef struct reader {
  mer__csv_table *table;
  size_t n_fields;      /* of the record that is being read */
  int64_t line, record; /* the line that is being read, and the one where the record began */
  mer_status status;
  mer_error *err;
} reader;

static mer_status fail_limit(const reader *r) {
  return mer__fail_at(
      r->err, MER_STATUS_LIMIT, r->record,
      "%s:%lld: more than %d bytes in a field or %d fields in a row; is a quote not "
      "closed?",
      r->table->path, (long long)r->record, MAX_FIELD_BYTES, MAX_COLUMNS);
}

static void end_field(void *text, size_t size, void *user) {
  reader *r = user;
  mer__csv_table *t = r->table;
  r->n_fields++;
  if (r->status != MER_OK || (t->n_columns && r->n_fields > t->n_columns)) return;
  if (size > MAX_FIELD_BYTES || r->n_fields > MAX_COLUMNS) {
    r->status = fail_limit(r);
    return;
  }
  size_t begin = t->text.size;
  mer__text_append(&t->text, text, size);
  mer__text_append(&t->text, "", 1);
  if (t->text.failed ||
      mer__grow(&t->cells, &t->cells_capacity, t->n_cells + 1, sizeof *t->cells) != 0)
    r->status = mer__fail_memory(r->err);
  else t->cells[t->n_cells++] = begin;
}

static void end_record(int terminator, void *user) {
  (void)terminator;
  reader *r = user;
  mer__csv_table *t = r->table;
  size_t n_fields = r->n_fields, index = t->n_columns ? (size_t)t->n_rows + 1 : 0;
  r->n_fields = 0;
  if (r->status != MER_OK) return;
  if (t->n_columns && n_fields != t->n_columns)
    r->status =
        mer__fail_at(r->err, MER_STATUS_FORMAT, r->record, "%s:%lld: %zu fields, expected %zu",
                     t->path, (long long)r->record, n_fields, t->n_columns);
  else if (mer__grow(&t->lines, &t->lines_capacity, index + 1, sizeof *t->lines) != 0)
    r->status = mer__fail_memory(r->err);
  else {
    t->lines[index] = r->record;
    if (t->n_columns) t->n_rows++;
    else t->n_columns = n_fields;
  }
}

/* Bytes of the line at `text`, with its LF, CRLF or CR. */
static size_t line_bytes(const char *text, size_t size) {
  for (size_t i = 0; i < size; i++) {
    if (text[i] == '\n') return i + 1;
    if (text[i] == '\r') return i + 1 < size && text[i + 1] == '\n' ? i + 2 : i + 1;
  }
  return size;
}

static mer_status parse_lines(reader *r, struct csv_parser *parser, const char *text, size_t size) {
  const int between = parser->pstate; /* libcsv's state between two records */
  for (size_t at = 0, n; at <= size; at += n) {
    r->line++;
    if (parser->pstate == between) r->record = r->line;
    n = at < size ? line_bytes(text + at, size - at) : 1;
    const char *line = at < size ? text + at : "\n"; /* ends a last line that lacks it */
    if (csv_parse(parser, line, n, end_field, end_record, r) != n) return mer__fail_memory(r->err);
    if (r->status != MER_OK) return r->status;
    if (csv_get_buffer_size(parser) > MAX_FIELD_BYTES + GROW_BYTES) return fail_limit(r);
  }
  if (parser->pstate == between) return MER_OK;
  return mer__fail_at(r->err, MER_STATUS_FORMAT, r->record, "%s:%lld: a quoted field is not closed",
                      r->table->path, (long long)r->record);
}

static mer_status parse(mer__csv_table *table, const char *text, size_t size, mer_error *err) {
  struct csv_parser parser;
  reader r = {.table = table, .err = err};
  if (csv_init(&parser, 0) != 0)
    return mer__fail(err, MER_STATUS_INTERNAL, "libcsv does not start");
  csv_set_blk_size(&parser, GROW_BYTES);
  mer_status status = parse_lines(&r, &parser, text, size);
  csv_free(&parser);
  return status;
}

static const char *cell_at(const mer__csv_table *table, size_t index) {
  return table->text.data + table->cells[index];
}

/* Whether a cell of the header is `name`, but for case and spaces around it. */
static bool is_named(const char *cell, const char *name, size_t length) {
  static const char spaces[] = " \t\r\n";
  cell += strspn(cell, spaces);
  return strncasecmp(cell, name, length) == 0 && cell[length + strspn(cell + length, spaces)] == 0;
}

static mer_status check_header(const mer__csv_table *table, mer_error *err) {
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

mer_status mer__csv_read(mer__csv_table *table, mer__text_buffer *bytes, const char *path,
                         mer_error *err) {
  mer_status status;
  char *data = NULL;
  mer__text_buffer text = {0};
  size_t size;
  *table = (mer__csv_table){.path = mer__strdup(path)};
  if (!table->path) return mer__fail_memory(err);
  MER__CHECK(mer__file_read(&data, &size, path, MAX_FILE_BYTES, err));
  mer__text_append(bytes, data, size);
  if (bytes->full)
    MER__CHECK(mer__fail(err, MER_STATUS_LIMIT, "%s: the tables together are over %zu bytes", path,
                         MER__TEXT_BUFFER_MAX));
  if (bytes->failed) MER__CHECK(mer__fail_memory(err));
  MER__CHECK(mer__text_decode_file(&text, path, data, size, err));
  MER__CHECK(parse(table, text.data, text.size, err));
  MER__CHECK(check_header(table, err));
cleanup:
  mer__text_clear(&text);
  mer__free(data);
  return status;
}

void mer__csv_clear(mer__csv_table *table) {
  mer__text_clear(&table->text);
  mer__free(table->cells);
  mer__free(table->lines);
  mer__free(table->path);
  *table = (mer__csv_table){0};
}

int mer__csv_column(const mer__csv_table *table, const char *name) {
  for (size_t i = 0; i < table->n_columns; i++)
    if (is_named(cell_at(table, i), name, strlen(name))) return (int)i;
  return -1;
}

const char *mer__csv_cell(const mer__csv_table *table, int64_t row, int column) {
  if (column < 0) return NULL;
  const char *cell = cell_at(table, ((size_t)row + 1) * table->n_columns + (size_t)column);
  return *cell ? cell : NULL;
}

int64_t mer__csv_line(const mer__csv_table *table, int64_t row) { return table->lines[row + 1]; }
