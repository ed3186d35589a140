/* jsonl_read.c: JSON lines as a table: a row for each object, a column for each known key. */
#include <string.h>

#include "base/error.h"
#include "data/table.h"
#include "text/json_scan.h"

static mer_status fail_line(const mer__table *table, int64_t line, const char *expected,
                            const char *found, mer_error *err) {
  return mer__fail_at(err, MER_STATUS_FORMAT, line, "%s:%lld: expected %s: %.200s", table->path,
                      (long long)line, expected, found);
}

/* Ends the cell that begins at `begin` of the text. */
static mer_status end_cell(mer__table *table, size_t begin, mer_error *err) {
  mer__text_append(&table->text, "", 1);
  if (table->text.full)
    return mer__fail(err, MER_STATUS_LIMIT, "%s: over %zu bytes of text", table->path,
                     MER__TEXT_BUFFER_MAX);
  if (table->text.failed) return mer__fail_memory(err);
  return mer__table_add_cell(table, begin, err);
}

/* A text, or a number as it is written, as a cell; what is absent, or null, is an empty one. */
static mer_status add_value(mer__table *table, const mer__json_value *value, const char *key,
                            int64_t line, mer_error *err) {
  const size_t begin = table->text.size;
  if (!value->text || value->kind == MER__JSON_NULL) return end_cell(table, begin, err);
  if (value->kind == MER__JSON_STRING) mer__json_decode(&table->text, value);
  else if (value->kind == MER__JSON_NUMBER && value->finite)
    mer__text_append(&table->text, value->text, value->size);
  else return fail_line(table, line, "a text or a number", key, err);
  if (!table->text.failed && memchr(table->text.data + begin, 0, table->text.size - begin))
    return fail_line(table, line, "a text without a zero byte", key, err);
  return end_cell(table, begin, err);
}

/* Finds the values of the keys, zeros where there are none. */
static mer_status read_object(mer__json_value *values, const mer__table *table, const char *text,
                              size_t size, int64_t line, const char *const *keys, size_t n_keys,
                              mer_error *err) {
  mer__json_scan scan;
  mer__json_value key, value;
  memset(values, 0, n_keys * sizeof *values);
  mer__json_begin(&scan, text, size);
  while (mer__json_next(&key, &value, &scan))
    for (size_t i = 0; i < n_keys; i++) {
      if (!mer__json_is(&key, keys[i])) continue;
      if (values[i].text) return fail_line(table, line, "a member once", keys[i], err);
      values[i] = value;
    }
  if (!scan.fault) return MER_OK;
  return mer__fail_at(err, MER_STATUS_FORMAT, line,
                      "%s:%lld: expected a JSON object: %s expected at byte %zu", table->path,
                      (long long)line, scan.fault, scan.at + 1);
}

/* Adds a cell for each key of the object in `text`; `has` [n_keys] becomes true where it has it. */
static mer_status add_object(mer__table *table, bool *has, const char *text, size_t size,
                             int64_t line, const char *const *keys, size_t n_keys, mer_error *err) {
  mer__json_value values[MER__TABLE_MAX_KEYS];
  mer_status status = read_object(values, table, text, size, line, keys, n_keys, err);
  for (size_t i = 0; i < n_keys && status == MER_OK; i++) {
    has[i] |= values[i].text != NULL;
    status = add_value(table, &values[i], keys[i], line, err);
  }
  return status;
}

/* The header: names that are remembered in `names`, and empty cells until one is used. */
static mer_status add_header(mer__table *table, size_t *names, const char *const *keys,
                             size_t n_keys, mer_error *err) {
  mer_status status = MER_OK;
  for (size_t i = 0; i < n_keys && status == MER_OK; i++) {
    names[i] = table->text.size;
    mer__text_append(&table->text, keys[i], strlen(keys[i]));
    status = end_cell(table, names[i], err);
    if (status == MER_OK) table->cells[i] = names[i] + strlen(keys[i]);
  }
  return status == MER_OK ? mer__table_end_row(table, 1, err) : status;
}

mer_status mer__jsonl_parse(mer__table *table, const char *text, const char *const *keys,
                            size_t n_keys, mer_error *err) {
  size_t names[MER__TABLE_MAX_KEYS];
  bool has[MER__TABLE_MAX_KEYS] = {0};
  mer_status status = add_header(table, names, keys, n_keys, err);
  for (int64_t line = 1; *text && status == MER_OK; line++) {
    size_t size = strcspn(text, "\n");
    if (strspn(text, " \t\r") < size) {
      status = add_object(table, has, text, size, line, keys, n_keys, err);
      if (status == MER_OK) status = mer__table_end_row(table, line, err);
    }
    text += size + (text[size] == '\n');
  }
  /* A key that any object has is a column: its name appears where an empty cell has waited. */
  for (size_t i = 0; i < n_keys && status == MER_OK; i++)
    if (has[i]) table->cells[i] = names[i];
  return status;
}

mer_status mer__jsonl_parse_record(mer__table *table, bool *has, const char *text, size_t size,
                                   int64_t line, const char *const *keys, size_t n_keys,
                                   mer_error *err) {
  table->text.size = table->n_cells = 0;
  table->n_columns = n_keys;
  return add_object(table, has, text, size, line, keys, n_keys, err);
}
