/* jsonl_read.c: JSON lines as a table: a row for each object, a column for each known key. */
#include <jansson.h>
#include <string.h>

#include "base/error.h"
#include "data/table.h"

static mer_status fail_line(const mer__table *table, int64_t line, const char *expected,
                            const char *found, mer_error *err) {
  return mer__fail_at(err, MER_STATUS_FORMAT, line, "%s:%lld: expected %s%s%.200s", table->path,
                      (long long)line, expected, *found ? ": " : "", found);
}

static mer_status add_text(mer__table *table, const char *text, mer_error *err) {
  size_t begin = table->text.size;
  mer__text_append(&table->text, text, strlen(text) + 1);
  if (table->text.full)
    return mer__fail(err, MER_STATUS_LIMIT, "%s: over %zu bytes of text", table->path,
                     MER__TEXT_BUFFER_MAX);
  if (table->text.failed) return mer__fail_memory(err);
  return mer__table_add_cell(table, begin, err);
}

/* A text or a number as a cell; what is absent, or null, is an empty one. */
static mer_status add_value(mer__table *table, const json_t *value, const char *key, int64_t line,
                            mer_error *err) {
  char number[32];
  if (!value || json_is_null(value)) return add_text(table, "", err);
  if (json_is_string(value)) return add_text(table, json_string_value(value), err);
  if (!json_is_number(value)) return fail_line(table, line, "a text or a number", key, err);
  size_t n =
      json_dumpb(value, number, sizeof number - 1, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
  number[n < sizeof number ? n : 0] = 0;
  return add_text(table, number, err);
}

/* Adds the object in `text` as a row. A key that an object has is a column: its name appears in the
 * header, where it has waited as an empty cell. */
static mer_status add_row(mer__table *table, const char *text, size_t size, int64_t line,
                          const size_t *names, const char *const *keys, size_t n_keys,
                          mer_error *err) {
  json_error_t fault = {0};
  json_t *object = json_loadb(text, size, JSON_REJECT_DUPLICATES, &fault);
  mer_status status = MER_OK;
  if (!json_is_object(object))
    status = fail_line(table, line, "a JSON object", object ? "" : fault.text, err);
  for (size_t i = 0; i < n_keys && status == MER_OK; i++) {
    const json_t *value = json_object_get(object, keys[i]);
    if (value) table->cells[i] = names[i];
    status = add_value(table, value, keys[i], line, err);
  }
  json_decref(object);
  return status == MER_OK ? mer__table_end_row(table, line, err) : status;
}

/* The header: names that are remembered in `names`, and empty cells until one is used. */
static mer_status add_header(mer__table *table, size_t *names, const char *const *keys,
                             size_t n_keys, mer_error *err) {
  mer_status status = MER_OK;
  for (size_t i = 0; i < n_keys && status == MER_OK; i++) {
    names[i] = table->text.size;
    status = add_text(table, keys[i], err);
    if (status == MER_OK) table->cells[i] = names[i] + strlen(keys[i]);
  }
  return status == MER_OK ? mer__table_end_row(table, 1, err) : status;
}

mer_status mer__jsonl_parse(mer__table *table, const char *text, const char *const *keys,
                            size_t n_keys, mer_error *err) {
  size_t names[MER__TABLE_MAX_KEYS];
  mer_status status = add_header(table, names, keys, n_keys, err);
  for (int64_t line = 1; *text && status == MER_OK; line++) {
    size_t size = strcspn(text, "\n");
    if (strspn(text, " \t\r") < size)
      status = add_row(table, text, size, line, names, keys, n_keys, err);
    text += size + (text[size] == '\n');
  }
  return status;
}
