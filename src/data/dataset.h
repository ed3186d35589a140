/* dataset.h: the inside of a data set, and what its importers share. An importer reads tables,
 * fills one mer_utterance for each row and adds it. */
#ifndef MER_DATA_DATASET_H
#define MER_DATA_DATASET_H

#include "base/alloc.h"
#include "base/digest.h"
#include "data/table.h"
#include "mer/data.h"

typedef struct mer__split_rows {
  mer_utterance *rows;
  size_t n_rows, capacity;
  int64_t n_listed;        /* rows of the table that are of the split, also those left out */
  const mer__table *table; /* the one the rows come from; NULL if the split has none */
} mer__split_rows;

struct mer_dataset {
  char *folder; /* of the tables; "" for the working folder */
  char **labels;
  int32_t n_labels;
  mer_target target;
  bool need_labels, soft_labels;
  bool is_meld;             /* of MELD's layout */
  int64_t n_several;        /* rows that were left out, as they have several labels */
  bool has_audio;           /* clips are named, so that precomputed features are not looked for */
  const char *clips_wanted; /* where clips were looked for in vain, or NULL */
  mer__table tables[MER_N_SPLITS]; /* a manifest is tables[0]. Cells are the rows' strings */
  mer__split_rows splits[MER_N_SPLITS];
  mer__arena strings;     /* strings that are not cells */
  mer__text_buffer bytes; /* of all tables, for the digest; empty once open */
  mer_dataset **parts;    /* [n_parts]: those whose rows it has; their tables are none of its own */
  int32_t n_parts;        /* 0: it is a data set by itself */
  char digest[MER__SHA256_BYTES];
};

/** A data set with its labels and without rows; `used` are its options. For mer_dataset_close also
 * after a failure, unless it is NULL. */
mer_status mer__dataset_begin(mer_dataset **out, mer_dataset_options *used,
                              const mer_dataset_options *options, mer_error *err);
/** mer_dataset_open without a word to the monitor. */
mer_status mer__dataset_open_quietly(mer_dataset **out, const char *path,
                                     const mer_dataset_options *options, mer_error *err);
/** The table that a row comes from. */
const mer__table *mer__dataset_table_of(const mer_dataset *dataset, const mer_utterance *row);
/** How many of `n` rows a limit leaves, the first ones; 0: all. */
static inline int64_t mer__limit_rows(int64_t n, int64_t limit) {
  return limit > 0 && limit < n ? limit : n;
}
/** Formats a string that lives as long as the data set; NULL if memory is out. */
const char *mer__dataset_format(mer_dataset *dataset, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/** `folder/name` as a string of the data set, or `name` if it is absolute; NULL for NULL. */
mer_status mer__dataset_path(const char **path, mer_dataset *dataset, const char *folder,
                             const char *name, mer_error *err);
/** Looks for a file or folder `name` in `folder`, then in the folders in it, in the order of their
 * names. `*path` is the caller's (mer__free), NULL if it is in none. */
mer_status mer__dataset_find(char **path, const char *folder, const char *name, bool is_folder,
                             mer_error *err);
/** The columns of what rows are labelled with; -1: the table has none, where none is needed. */
typedef struct mer__target_columns {
  int label, values[MER_MAX_LABELS]; /* or votes */
} mer__target_columns;

/** The column of a label's value or votes, for up to MER__COLUMN_NAME bytes; NULL: rows have
 * neither.
 */
enum { MER__COLUMN_NAME = 512 };
const char *mer__target_column_name(char *out, const mer_dataset *dataset, int32_t label);
/** Finds the column `label`, or those of the values, and those of votes. MER_STATUS_FORMAT. */
mer_status mer__target_columns_find(mer__target_columns *columns, const mer_dataset *dataset,
                                    const mer__table *table, const char *label, mer_error *err);
/** Reads what the row `u->row` is labelled with into `u`: its label, -1 if that is unknown and none
 * is needed, or its targets. `*kept` is false if it is to be left out, as it has several labels.
 * MER_STATUS_FORMAT, MER_STATUS_NO_MEMORY. */
mer_status mer__target_read(mer_utterance *u, bool *kept, mer_dataset *dataset,
                            const mer__table *table, const mer__target_columns *columns,
                            mer_error *err);
/** The column of that name, or MER_STATUS_FORMAT. */
mer_status mer__dataset_column(int *column, const mer__table *table, const char *name,
                               mer_error *err);
/** Tells the monitor of what can be read but may be meant otherwise: clips and images that several
 * splits share, rows that have the same number, an unusual delimiter. MER_STATUS_NO_MEMORY. */
mer_status mer__dataset_check(const mer_dataset *dataset, const mer_monitor *monitor,
                              mer_error *err);
/** Adds a row to its split; one that is not `kept` counts there all the same, as files of values
 * have rows for both. MER_STATUS_NO_MEMORY. */
mer_status mer__dataset_add(mer_dataset *dataset, const mer_utterance *utterance, bool kept,
                            mer_error *err);

/** MER_STATUS_INVALID: the clips of `media_folder` would not be looked for. */
mer_status mer__dataset_fail_media(const char *media_folder, mer_error *err);
/** MER_STATUS_FORMAT with file and line: "<file>:<line>: <what> '<text>': expected <expected>". */
mer_status mer__dataset_fail(const mer__table *table, int64_t row, const char *what,
                             const char *text, const char *expected, mer_error *err);

/** File name of a split's table in MELD's layout. */
const char *mer__meld_table(mer_split split);
mer_status mer__meld_load(mer_dataset *dataset, const mer_dataset_options *options, mer_error *err);
mer_status mer__manifest_load(mer_dataset *dataset, const char *path, mer_error *err);

#endif
