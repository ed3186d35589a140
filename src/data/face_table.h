/* face_table.h: FER2013's table of faces: a CSV whose column `pixels` has the 48 x 48 grey values
 * of a face, read line by line, as it has 300 MB. */
#ifndef MER_DATA_FACE_TABLE_H
#define MER_DATA_FACE_TABLE_H

#include "mer/base.h"

enum { MER__FACE_SIZE = 48, MER__FACE_PIXELS = MER__FACE_SIZE * MER__FACE_SIZE };

/** A row. */
typedef struct mer__face {
  uint8_t pixels[MER__FACE_PIXELS]; /* rows from above */
  char emotion[16], usage[16];      /* the cells; "": the table has no such column */
  const char *fault;                /* NULL, or why it cannot be used */
  int64_t line;
} mer__face;

typedef struct mer__face_table mer__face_table;

/** Opens a table with a column `pixels` and perhaps `emotion` and `Usage`. MER_STATUS_FORMAT (no
 * such column), MER_STATUS_NOT_FOUND, MER_STATUS_IO, MER_STATUS_NO_MEMORY. */
mer_status mer__face_table_open(mer__face_table **out, const char *path, mer_error *err);
/** The next row; `*more` is false after the last. MER_STATUS_IO, MER_STATUS_NO_MEMORY. */
mer_status mer__face_table_next(mer__face *face, bool *more, mer__face_table *table,
                                mer_error *err);
/** Accepts NULL. */
void mer__face_table_close(mer__face_table *table);

/** Writes the pixels to `path` as BMP, unless they are there already. MER_STATUS_INVALID: another
 * file has the name; MER_STATUS_IO, MER_STATUS_NO_MEMORY. */
mer_status mer__face_write(const char *path, const uint8_t *pixels, mer_error *err);

#endif
