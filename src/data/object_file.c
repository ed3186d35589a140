/* object_file.c: JSON lines as they are, or the rows of a table as JSON objects, as they come. A
 * record of a table is parsed as any CSV is (csv_read.c), and written as an object of the columns
 * that an utterance has. Memory is that of one batch. */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "data/csv_record.h"
#include "mer/data.h"
#include "text/json_write.h"

enum { MAX_BATCH_BYTES = 16 << 20 };

static const char *const keys[] = {"id", "text", "audio", "video", "image", "dialogue", "speaker"};
enum { N_KEYS = sizeof keys / sizeof keys[0] };

/* The faults that are told of records. */
static const char bad_fields[] = "another number of fields than the header has",
                  bad_record[] = "a field or a line's end that cannot be read";

struct mer_object_file {
  mer_line_file *file;
  mer_object_kind kind;
  const mer_line *lines; /* [n_lines]: the last batch of lines, of which `next` is looked at next */
  int n_lines, next;
  bool ended;
  /* Of a table. */
  mer__csv_record record;
  bool has_header;
  size_t n_columns;
  int columns[N_KEYS]; /* -1: there is no such column */
  mer__text_buffer out;
  mer_line objects[MER_MAX_LINES];
  size_t begins[MER_MAX_LINES]; /* of the objects, in `out` */
  int n_objects;
};

mer_status mer_object_file_open(mer_object_file **out, const char *path, mer_object_kind kind,
                                size_t max_bytes, mer_error *err) {
  mer_object_file *file = *out = mer__calloc(1, sizeof *file);
  if (!file) return mer__fail_memory(err);
  file->kind = kind;
  mer_status status = mer_line_file_open(&file->file, path, max_bytes, err);
  if (status == MER_OK) {
    file->record.table.path = mer__strdup(mer_line_file_name(file->file));
    if (!file->record.table.path) status = mer__fail_memory(err);
  }
  if (status == MER_OK) return MER_OK;
  mer_object_file_close(file);
  *out = NULL;
  return status;
}

void mer_object_file_close(mer_object_file *file) {
  if (!file) return;
  mer_line_file_close(file->file);
  mer__table_clear(&file->record.table);
  mer__text_clear(&file->out);
  mer__free(file);
}

const char *mer_object_file_name(const mer_object_file *file) {
  return mer_line_file_name(file->file);
}

/* --- records --- */

static mer_status take_header(mer_object_file *file, mer_error *err) {
  bool any = false;
  mer__table *t = &file->record.table;
  mer_status status = mer__csv_parse_record(t, file->record.delimiter, file->record.line, err);
  if (status == MER_OK && t->n_columns == 0) return MER_OK; /* delimiters alone */
  if (status == MER_OK) status = mer__table_check_header(t, err);
  if (status != MER_OK) return status;
  file->has_header = true;
  file->n_columns = t->n_columns;
  for (int i = 0; i < N_KEYS; i++) {
    file->columns[i] = mer__table_column(t, keys[i]);
    any |= file->columns[i] >= 0;
  }
  if (any) return MER_OK;
  return mer__fail_at(err, MER_STATUS_FORMAT, file->record.line,
                      "%s:%lld: no known column in the header: expected some of id, text, audio, "
                      "video, image, dialogue, speaker",
                      t->path, (long long)file->record.line);
}

/* The record as an object; cells that are empty are left out. */
static void put_object(mer_object_file *file) {
  mer__text_buffer *out = &file->out;
  const char *before = "{\"";
  for (int i = 0; i < N_KEYS; i++) {
    const char *cell = mer__record_cell(&file->record.table, file->columns[i]);
    if (!cell) continue;
    mer__text_puts(out, before);
    mer__text_puts(out, keys[i]);
    mer__text_puts(out, "\":");
    mer__json_put_string(out, cell, strlen(cell));
    before = ",\"";
  }
  mer__text_puts(out, *before == '{' ? "{}" : "}");
}

/* Ends the object that began at `begin` of the batch. */
static mer_status give(mer_object_file *file, size_t begin, mer_error *err) {
  mer_line *object = &file->objects[file->n_objects];
  mer__text_append(&file->out, "", 1);
  if (file->out.failed) return mer__fail_memory_for(err, file->record.table.path);
  *object = (mer_line){
      .size = file->out.size - 1 - begin, .number = file->record.line, .fault = file->record.fault};
  file->begins[file->n_objects++] = begin;
  return MER_OK;
}

/* What a record is: nothing if it is blank, the header, or an object. */
static mer_status end_record(mer_object_file *file, mer_error *err) {
  const size_t begin = file->out.size;
  mer__table *t = &file->record.table;
  mer_error fault = {0};
  if (!file->record.fault && !file->has_header && t->text.data[strspn(t->text.data, " \t")])
    return take_header(file, err);
  if (!file->record.fault) {
    const mer_status status =
        mer__csv_parse_record(t, file->record.delimiter, file->record.line, &fault);
    if (status == MER_STATUS_NO_MEMORY) {
      if (err) *err = fault;
      return status;
    }
    if (status != MER_OK) file->record.fault = bad_record;
    else if (t->n_columns == 0) return MER_OK;
    else if (t->n_columns != file->n_columns) file->record.fault = bad_fields;
  } else if (!file->has_header) {
    return mer__fail_at(err, MER_STATUS_FORMAT, file->record.line, "%s:%lld: %s", t->path,
                        (long long)file->record.line, file->record.fault);
  }
  if (!file->record.fault) put_object(file);
  return give(file, begin, err);
}

static mer_status take_line(mer_object_file *file, const mer_line *line, mer_error *err) {
  const bool known = file->record.delimiter;
  bool whole;
  mer_status status = mer__csv_record_add(&file->record, &whole, line, err);
  if (status != MER_OK || !whole) return status;
  status = end_record(file, err);
  if (!file->has_header && !known) file->record.delimiter = 0; /* a blank line before the header */
  return status;
}

/* --- batches --- */

static mer_status read_lines(mer_object_file *file, mer_error *err) {
  if (file->next < file->n_lines) return MER_OK;
  file->next = 0;
  mer_status status = mer_line_file_next(&file->lines, &file->n_lines, file->file, err);
  file->ended = status == MER_OK && file->n_lines == 0;
  return status;
}

/* What the file is, by the first thing in it. */
static void find_kind(mer_object_file *file) {
  for (int i = file->next; i < file->n_lines && file->kind == MER_OBJECTS_ANY; i++) {
    const char *text = file->lines[i].text + strspn(file->lines[i].text, " \t");
    if (file->lines[i].fault || *text == '{' || *text == '[') file->kind = MER_OBJECTS_JSON;
    else if (*text) file->kind = MER_OBJECTS_TABLE;
  }
}

/* At the end of the file a record may be open, and a header must have been there. */
static mer_status end_table(mer_object_file *file, mer_error *err) {
  if (mer__csv_record_is_cut(&file->record)) return end_record(file, err);
  if (file->has_header) return MER_OK;
  return mer__fail(err, MER_STATUS_FORMAT, "%s: empty: expected a header with the columns' names",
                   file->record.table.path);
}

static mer_status fill_batch(mer_object_file *file, mer_error *err) {
  mer_status status = MER_OK;
  while (status == MER_OK && file->n_objects < MER_MAX_LINES && file->out.size < MAX_BATCH_BYTES) {
    const bool has_any = file->n_objects > 0;
    if (file->next == file->n_lines && has_any) break; /* not to wait while there is one */
    status = read_lines(file, err);
    if (status == MER_OK && file->ended) return end_table(file, err);
    if (status == MER_OK) status = take_line(file, &file->lines[file->next++], err);
  }
  return status;
}

mer_status mer_object_file_next(const mer_line **objects, int *n_objects, mer_object_file *file,
                                mer_error *err) {
  *n_objects = 0;
  if (file->ended) return MER_OK;
  mer_status status = MER_OK;
  while (status == MER_OK && file->kind == MER_OBJECTS_ANY && !file->ended) {
    status = read_lines(file, err);
    if (status == MER_OK) find_kind(file);
    if (file->kind == MER_OBJECTS_ANY) file->next = file->n_lines; /* blank lines */
  }
  if (status == MER_OK && file->kind != MER_OBJECTS_TABLE) {
    if (!file->ended) status = read_lines(file, err);
    *objects = file->lines;
    *n_objects = status == MER_OK ? file->n_lines : 0;
    file->next = file->n_lines;
    return status;
  }
  file->n_objects = 0;
  file->out.size = 0;
  if (status == MER_OK) status = fill_batch(file, err);
  for (int i = 0; i < file->n_objects; i++)
    file->objects[i].text = file->out.data + file->begins[i];
  *objects = file->objects;
  *n_objects = status == MER_OK ? file->n_objects : 0;
  return status;
}
