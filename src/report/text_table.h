/* text_table.h: cells of text, aligned in columns. */
#ifndef MER_REPORT_TEXT_TABLE_H
#define MER_REPORT_TEXT_TABLE_H

#include "base/alloc.h"
#include "base/text_buffer.h"

/** Cells of a table, row by row; the first row is the header. Zero-initialize but for n_columns. */
typedef struct mer__text_table {
  size_t n_columns, n_cells, capacity;
  const char **cells;
  mer__arena arena; /* the cells' texts */
  bool failed;      /* memory was out */
} mer__text_table;

/** Appends a cell. */
void mer__text_table_add(mer__text_table *table, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/** Appends a cell: `x` times 100 with one decimal, "-" if it is not finite. */
void mer__text_table_percent(mer__text_table *table, double x);
/** Prints the table: the first column to the left, the others to the right. Columns are as wide as
 * their widest cell; lines do not end in blanks. */
void mer__text_table_print(mer__text_buffer *out, const mer__text_table *table);
void mer__text_table_clear(mer__text_table *table);

#endif
