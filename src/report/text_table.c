/* text_table.c: cells of text, aligned in columns by their width on a terminal. */
#include "report/text_table.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/format.h"
#include "report/display_width.h"

void mer__text_table_add(mer__text_table *table, const char *format, ...) {
  char text[512];
  va_list args;
  va_start(args, format);
  mer__format_list(text, sizeof text, format, args);
  va_end(args);
  size_t size = strlen(text) + 1;
  char *copy = mer__arena_alloc(&table->arena, size, 1);
  if (!copy ||
      mer__grow(&table->cells, &table->capacity, table->n_cells + 1, sizeof(char *)) != 0) {
    table->failed = true;
    return;
  }
  memcpy(copy, text, size);
  for (char *c = copy; *c; c++)
    if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = ' '; /* a name must not steer the terminal */
  table->cells[table->n_cells++] = copy;
}

void mer__text_table_percent(mer__text_table *table, double x) {
  if (isfinite(x)) mer__text_table_add(table, "%.1f", 100 * x);
  else mer__text_table_add(table, "-");
}

static size_t column_width(const mer__text_table *table, size_t column) {
  size_t widest = 0;
  for (size_t i = column; i < table->n_cells; i += table->n_columns) {
    size_t width = mer__display_width(table->cells[i]);
    if (width > widest) widest = width;
  }
  return widest;
}

/* Appends `n` blanks. */
static void put_blanks(mer__text_buffer *out, size_t n) {
  mer__text_printf(out, "%*s", (int)n, "");
}

/* A cell's text without its trailing blanks, which at the end of a line would be invisible. */
static void put_trimmed(mer__text_buffer *out, const char *cell) {
  size_t size = strlen(cell);
  while (size > 0 && cell[size - 1] == ' ') size--;
  mer__text_append(out, cell, size);
}

static void print_cell(mer__text_buffer *out, const char *cell, size_t width, bool left,
                       bool last) {
  size_t blanks = width - mer__display_width(cell);
  if (!left) put_blanks(out, blanks);
  if (last) put_trimmed(out, cell);
  else mer__text_puts(out, cell);
  if (left && !last) put_blanks(out, blanks);
  mer__text_puts(out, last ? "\n" : "  ");
}

void mer__text_table_print(mer__text_buffer *out, const mer__text_table *table) {
  if (table->failed || table->n_columns == 0) {
    out->failed = true;
    return;
  }
  size_t widths[128] = {0}, n = table->n_columns;
  for (size_t c = 0; c < n && c < 128; c++) widths[c] = column_width(table, c);
  for (size_t i = 0; i < table->n_cells; i++)
    print_cell(out, table->cells[i], widths[i % n], i % n == 0, i % n == n - 1);
}

void mer__text_table_clear(mer__text_table *table) {
  mer__free(table->cells);
  mer__arena_clear(&table->arena);
  *table = (mer__text_table){0};
}
