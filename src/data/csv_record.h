/* csv_record.h: the records of a CSV from its lines, as they come. One may have several lines,
 * those that end within quotes; memory is that of a record. */
#ifndef MER_DATA_CSV_RECORD_H
#define MER_DATA_CSV_RECORD_H

#include "data/table.h"
#include "mer/text.h"

/** Most bytes of a record. */
enum { MER__CSV_MAX_RECORD_BYTES = 4 << 20 };

/** Zero-initialize. */
typedef struct mer__csv_record {
  mer__table table;      /* `text` is the record; mer__csv_parse_record makes its cells of it */
  char delimiter;        /* 0: not known before the header */
  bool open;             /* it ends within quotes, as yet */
  int64_t line, n_lines; /* where it began, and its lines so far */
  const char *fault;     /* NULL, or what is wrong with it, in words */
} mer__csv_record;

/** Adds the next line of the file. `*whole`: the record is; it may be blank. A first line "sep=;"
 * is none. MER_STATUS_NO_MEMORY. */
mer_status mer__csv_record_add(mer__csv_record *record, bool *whole, const mer_line *line,
                               mer_error *err);
/** At the end of the file: whether a record is open, which then has a fault. */
bool mer__csv_record_is_cut(mer__csv_record *record);

#endif
