/* fuzz_objects.c: utterances of a file as they come. Of a table that has no fault, and whose header
 * is its first line, they are what the reader of whole tables finds. */
#include "base/text_buffer.h"
#include "data/table.h"
#include "fuzz.h"
#include "mer/data.h"
#include "text/json_scan.h"
#include "text/json_write.h"

static const char *const keys[] = {"id", "text", "audio", "video", "image", "dialogue", "speaker"};

/* The object of a row of a whole table. */
static void put_row(mer__text_buffer *out, const mer__table *table, int64_t row) {
  const char *before = "{";
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
    const char *cell = mer__table_cell(table, row, mer__table_column(table, keys[i]));
    if (!cell) continue;
    mer__text_printf(out, "%s\"%s\":", before, keys[i]);
    mer__json_put_string(out, cell, strlen(cell));
    before = ",";
  }
  mer__text_puts(out, *before == '{' ? "{}\n" : "}\n");
}

/* All objects, a line for each; `*faults` counts those that have one. */
static mer_status read_all(mer__text_buffer *out, int *faults, const char *path,
                           mer_object_kind kind, mer_error *err) {
  mer_object_file *file;
  const mer_line *objects;
  int n = 0;
  int64_t last = 0;
  mer_status status = mer_object_file_open(&file, path, kind, 1 << 16, err);
  while (status == MER_OK) {
    status = mer_object_file_next(&objects, &n, file, err);
    if (status != MER_OK || n == 0) break;
    for (int i = 0; i < n; i++) {
      FUZZ_REQUIRE(objects[i].number > last && strlen(objects[i].text) == objects[i].size);
      FUZZ_REQUIRE(!objects[i].fault || objects[i].size == 0);
      FUZZ_REQUIRE(kind != MER_OBJECTS_TABLE || objects[i].fault ||
                   mer__json_is_value(objects[i].text, objects[i].size));
      last = objects[i].number;
      *faults += objects[i].fault != NULL;
      mer__text_append(out, objects[i].text, objects[i].size);
      mer__text_puts(out, "\n");
    }
  }
  mer_object_file_close(file);
  return status;
}

static void compare(const mer__text_buffer *found, const mer__table *table) {
  mer__text_buffer expected = {0};
  for (int64_t row = 0; row < table->n_rows; row++) put_row(&expected, table, row);
  FUZZ_REQUIRE(found->size == expected.size);
  FUZZ_REQUIRE(!found->size || memcmp(found->data, expected.data, found->size) == 0);
  mer__text_clear(&expected);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mer__text_buffer found = {0}, bytes = {0};
  mer__table table = {0};
  mer_error err = {0};
  int faults = 0;
  const char *path = fuzz_write("a", data, size);
  fuzz_check_status(read_all(&found, &faults, path, MER_OBJECTS_ANY, &err), &err);
  mer__text_clear(&found);
  faults = 0;
  err = (mer_error){0};
  const mer_status status = read_all(&found, &faults, path, MER_OBJECTS_TABLE, &err);
  fuzz_check_status(status, &err);
  const uint8_t *end = memchr(data, '\n', size);
  const bool simple = end && !memchr(data, '"', (size_t)(end - data)) && !memchr(data, '\r', size);
  err = (mer_error){0};
  if (simple && status == MER_OK && faults == 0 &&
      mer__table_read(&table, &bytes, path, NULL, 0, &err) == MER_OK && table.lines[0] == 1)
    compare(&found, &table);
  mer__table_clear(&table);
  mer__text_clear(&bytes);
  mer__text_clear(&found);
  return 0;
}
