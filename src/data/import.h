/* import.h: the inside of mer_corpus_import: the table of corpora, and what their readers share. A
 * corpus is read either by the names of its files, by a function `parse` of some lines, or from its
 * tables, by a function `read`. */
#ifndef MER_DATA_IMPORT_H
#define MER_DATA_IMPORT_H

#include "base/alloc.h"
#include "data/table.h"
#include "mer/data.h"

/** A label of a corpus. */
typedef struct mer__corpus_label {
  const char *code;    /* as names of files or cells of tables have it */
  const char *name;    /* the publishers' name */
  const char *emotion; /* what it becomes; NULL: left out, unless native labels are asked for */
  bool never;          /* it is no emotion: always left out */
} mer__corpus_label;

/** What the name of a file says. */
typedef struct mer__file_name {
  int label; /* index into the labels of the corpus */
  mer_split split;
  char speaker[16]; /* "": nothing is known */
} mer__file_name;

/** What `parse` returns. */
typedef enum mer__name_kind { MER__NAME_BAD, MER__NAME_GOOD, MER__NAME_OTHER } mer__name_kind;

typedef struct mer__import mer__import;

typedef struct mer__corpus {
  const char *name, *expected; /* "tess"; what its files are called, for messages */
  const mer__corpus_label *labels;
  int n_labels;
  /** Reads the name of a file, a path below the folder of the corpus, into `out`, which is zeroed.
   * MER__NAME_OTHER: the publishers have such files, but they are not read. */
  mer__name_kind (*parse)(mer__file_name *out, const struct mer__corpus *corpus, const char *path);
  /** Adds the rows; NULL: mer__import_files. */
  mer_status (*read)(mer__import *import, mer_error *err);
  const char *dev, *test; /* speakers, a blank between; NULL: `parse` knows the split */
  bool of_images;         /* files are images; else sound and video */
  bool has_votes;         /* each row has votes for each label */
} mer__corpus;

enum { MER__MAX_VOTES = 11 };

/** A row of the manifest to be. Strings are borrowed, or of the import's arena. */
typedef struct mer__import_row {
  mer_split split;
  uint32_t labels;                   /* a bit for each label of the corpus */
  const char *audio, *video, *image; /* below the folder of the corpus */
  bool image_is_new;                 /* below the folder of images instead */
  const char *key;                   /* the same for files of one recording */
  const char *text, *speaker, *dialogue, *utterance, *start, *end, *sentiment;
  const char *votes[MER__MAX_VOTES];
} mer__import_row;

struct mer__import {
  const mer__corpus *corpus;
  const char *folder;
  mer_import_options options;
  mer_import_summary *summary;
  mer__import_row *rows;
  size_t n_rows, capacity;
  mer__arena strings;
};

/** The corpus of that name, or NULL. */
const mer__corpus *mer__corpus_find(const char *name);
/** Index of the label of that code, `size` bytes; -1 if there is none. */
int mer__corpus_label_find(const mer__corpus *corpus, const char *code, size_t size);

/** Formats a string that lives as long as the import; NULL if memory is out. */
const char *mer__import_format(mer__import *import, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/** The path of a file of the corpus, in its folder or in one in it, the caller's.
 * MER_STATUS_NOT_FOUND, MER_STATUS_IO, MER_STATUS_NO_MEMORY. */
mer_status mer__import_find(char **path, const mer__import *import, const char *name,
                            mer_error *err);
/** Adds a row. MER_STATUS_NO_MEMORY. */
mer_status mer__import_add(mer__import *import, const mer__import_row *row, mer_error *err);
/** Counts a file or row that cannot be used; the first ones are told. */
void mer__import_fault(mer__import *import, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/** MER_STATUS_INTERRUPTED, with `path`, if the monitor asks to stop. */
mer_status mer__import_go_on(const mer__import *import, const char *path, mer_error *err);
/** Adds a row for each recording or image of the corpus, by their names. MER_STATUS_IO (a folder
 * cannot be read), MER_STATUS_LIMIT, MER_STATUS_NO_MEMORY, MER_STATUS_INTERRUPTED. */
mer_status mer__import_files(mer__import *import, mer_error *err);
/** Reads a table. Statuses as mer__table_read. */
mer_status mer__import_table(mer__table *table, const char *path, mer_error *err);
/** Finds columns by their names [n]; each must be there: MER_STATUS_FORMAT. */
mer_status mer__import_columns(int *columns, const mer__table *table, const char *const *names,
                               int n, mer_error *err);
/** The cell as a string of the import; NULL for NULL. MER_STATUS_NO_MEMORY. */
mer_status mer__import_copy(const char **out, mer__import *import, const char *cell,
                            mer_error *err);
/** Calls `read` with the table of each split that is there: `<begin>train<end>`, .. */
mer_status mer__import_splits(mer__import *import, const char *begin, const char *end,
                              mer_status (*read)(mer__import *import, mer_split split,
                                                 const char *path, mer_error *err),
                              mer_error *err);
/** Writes the manifest. */
mer_status mer__import_write(const mer__import *import, const char *path, mer_error *err);

mer_status mer__import_nemo(mer__import *import, mer_error *err);
mer_status mer__import_goemotions(mer__import *import, mer_error *err);
mer_status mer__import_emorynlp(mer__import *import, mer_error *err);
mer_status mer__import_mosi(mer__import *import, mer_error *err);
mer_status mer__import_fer2013(mer__import *import, mer_error *err);
mer_status mer__import_ferplus(mer__import *import, mer_error *err);

mer__name_kind mer__name_ravdess(mer__file_name *out, const mer__corpus *corpus, const char *path);
mer__name_kind mer__name_tess(mer__file_name *out, const mer__corpus *corpus, const char *path);
mer__name_kind mer__name_emodb(mer__file_name *out, const mer__corpus *corpus, const char *path);
mer__name_kind mer__name_savee(mer__file_name *out, const mer__corpus *corpus, const char *path);
mer__name_kind mer__name_nemo(mer__file_name *out, const mer__corpus *corpus, const char *path);
mer__name_kind mer__name_urdu(mer__file_name *out, const mer__corpus *corpus, const char *path);
mer__name_kind mer__name_cremad(mer__file_name *out, const mer__corpus *corpus, const char *path);
mer__name_kind mer__name_fer2013(mer__file_name *out, const mer__corpus *corpus, const char *path);
mer__name_kind mer__name_ck48(mer__file_name *out, const mer__corpus *corpus, const char *path);
mer__name_kind mer__name_emovo(mer__file_name *out, const mer__corpus *corpus, const char *path);

#endif
