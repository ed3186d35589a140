/* face_table.c: FER2013's table of faces, and a face as an image: BMP of 8 bits with a grey
 * palette.
 */
#include "data/face_table.h"

#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "base/format.h"
#include "base/little_endian.h"
#include "mer/text.h"

enum { MAX_LINE_BYTES = 1 << 16, MAX_COLUMNS = 16 };

struct mer__face_table {
  mer_line_file *file;
  const mer_line *lines; /* those that are read, and not yet given */
  int n_lines;
  int pixels, emotion, usage; /* columns; -1: none */
};

typedef struct cell {
  const char *text;
  size_t size;
} cell;

static const char blanks[] = " \t";

/* Cuts a line at its commas; cells may stand in quotes. */
static int cut(cell *cells, const char *line) {
  for (int n = 0; n < MAX_COLUMNS;) {
    line += strspn(line, blanks);
    const bool quoted = *line == '"';
    const char *end = quoted ? line + 1 + strcspn(line + 1, "\"") : line + strcspn(line, ",");
    cell *c = &cells[n++];
    *c = (cell){line + quoted, (size_t)(end - line) - quoted};
    while (c->size && strchr(blanks, c->text[c->size - 1])) c->size--;
    line = end + strcspn(end, ",");
    if (!*line++) return n;
  }
  return MAX_COLUMNS;
}

static int find(const cell *cells, int n, const char *name) {
  for (int i = 0; i < n; i++)
    if (cells[i].size == strlen(name) && strncasecmp(cells[i].text, name, cells[i].size) == 0)
      return i;
  return -1;
}

/* The next line that is not blank; NULL at the end. */
static mer_status next_line(const mer_line **line, mer__face_table *t, mer_error *err) {
  for (;;) {
    mer_status status = MER_OK;
    if (!t->n_lines) status = mer_line_file_next(&t->lines, &t->n_lines, t->file, err);
    *line = status == MER_OK && t->n_lines ? t->lines : NULL;
    if (!*line) return status;
    t->lines++;
    t->n_lines--;
    if ((*line)->fault || (*line)->text[strspn((*line)->text, blanks)]) return MER_OK;
  }
}

static mer_status read_header(mer__face_table *t, const char *path, mer_error *err) {
  const mer_line *line;
  cell cells[MAX_COLUMNS];
  mer_status status = next_line(&line, t, err);
  if (status != MER_OK) return status;
  const int n = line && !line->fault ? cut(cells, line->text) : 0;
  t->pixels = find(cells, n, "pixels");
  t->emotion = find(cells, n, "emotion");
  t->usage = find(cells, n, "usage");
  if (t->pixels >= 0) return MER_OK;
  return mer__fail(err, MER_STATUS_FORMAT, "%s: no column 'pixels' in the header", path);
}

mer_status mer__face_table_open(mer__face_table **out, const char *path, mer_error *err) {
  mer_status status;
  mer__face_table *t = mer__calloc(1, sizeof *t);
  *out = NULL;
  if (!t) return mer__fail_memory(err);
  MER__CHECK(mer_line_file_open(&t->file, path, MAX_LINE_BYTES, err));
  MER__CHECK(read_header(t, path, err));
  *out = t;
  return MER_OK;
cleanup:
  mer__face_table_close(t);
  return status;
}

void mer__face_table_close(mer__face_table *table) {
  if (!table) return;
  mer_line_file_close(table->file);
  mer__free(table);
}

static const char *read_pixels(uint8_t *pixels, const cell *c) {
  const char *at = c->text, *end = c->text + c->size;
  for (int i = 0; i < MER__FACE_PIXELS; i++) {
    int value = 0, n_digits = 0;
    while (at < end && *at == ' ') at++;
    for (; at < end && *at >= '0' && *at <= '9' && n_digits < 4; at++, n_digits++)
      value = value * 10 + (*at - '0');
    if (!n_digits || value > 255) return "expected 2304 values of 0 to 255 in pixels";
    pixels[i] = (uint8_t)value;
  }
  return at == end ? NULL : "more than 2304 values in pixels";
}

static void copy_cell(char *out, size_t size, const cell *cells, int column) {
  *out = 0;
  if (column >= 0) mer__format(out, size, "%.*s", (int)cells[column].size, cells[column].text);
}

mer_status mer__face_table_next(mer__face *face, bool *more, mer__face_table *table,
                                mer_error *err) {
  const mer_line *line;
  cell cells[MAX_COLUMNS];
  mer_status status = next_line(&line, table, err);
  *more = line != NULL;
  if (!line) return status;
  *face = (mer__face){.line = line->number, .fault = line->fault};
  if (face->fault) return MER_OK;
  const int n = cut(cells, line->text);
  if (n <= table->pixels || n <= table->emotion || n <= table->usage) {
    face->fault = "fewer cells than in the header";
    return MER_OK;
  }
  copy_cell(face->emotion, sizeof face->emotion, cells, table->emotion);
  copy_cell(face->usage, sizeof face->usage, cells, table->usage);
  face->fault = read_pixels(face->pixels, &cells[table->pixels]);
  return MER_OK;
}

enum { HEADER_BYTES = 54, PALETTE_BYTES = 1024 };
enum { BMP_BYTES = HEADER_BYTES + PALETTE_BYTES + MER__FACE_PIXELS };

/* Rows of a BMP come from below; one of 48 pixels needs no padding. */
static void make_bmp(uint8_t *bmp, const uint8_t *pixels) {
  memset(bmp, 0, BMP_BYTES);
  memcpy(bmp, "BM", 2);
  mer__put_u32(bmp + 2, BMP_BYTES);
  mer__put_u32(bmp + 10, HEADER_BYTES + PALETTE_BYTES);
  mer__put_u32(bmp + 14, 40); /* of the second header */
  mer__put_u32(bmp + 18, MER__FACE_SIZE);
  mer__put_u32(bmp + 22, MER__FACE_SIZE);
  bmp[26] = 1; /* plane */
  bmp[28] = 8; /* bits */
  mer__put_u32(bmp + 34, MER__FACE_PIXELS);
  mer__put_u32(bmp + 46, 256); /* colours */
  for (int i = 0; i < 256; i++) memset(bmp + HEADER_BYTES + 4 * i, i, 3);
  uint8_t *rows = bmp + HEADER_BYTES + PALETTE_BYTES;
  for (int y = 0; y < MER__FACE_SIZE; y++)
    memcpy(rows + y * MER__FACE_SIZE, pixels + (MER__FACE_SIZE - 1 - y) * MER__FACE_SIZE,
           MER__FACE_SIZE);
}

/* Whether the file has these bytes. */
static bool is_there(const char *path, const uint8_t *bmp) {
  char *data = NULL;
  size_t size;
  const bool same = mer__file_read(&data, &size, path, BMP_BYTES, NULL) == MER_OK &&
                    size == BMP_BYTES && memcmp(data, bmp, size) == 0;
  mer__free(data);
  return same;
}

mer_status mer__face_write(const char *path, const uint8_t *pixels, mer_error *err) {
  uint8_t bmp[BMP_BYTES];
  mer__atomic_file file;
  make_bmp(bmp, pixels);
  if (mer__path_is_there(path)) {
    if (is_there(path, bmp)) return MER_OK;
    return mer__fail(err, MER_STATUS_INVALID,
                     "%s: is not the image that belongs there, so it is not replaced", path);
  }
  mer_status status = mer__atomic_open(&file, path, NULL, err);
  if (status != MER_OK) return status;
  file.unsynced = true; /* tens of thousands; an import that is repeated sees what is damaged */
  mer__atomic_write(&file, bmp, BMP_BYTES);
  return mer__atomic_commit(&file, err);
}
