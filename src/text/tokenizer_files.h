/* tokenizer_files.h: the files of a tokenizer, kept as they are so that a model that is saved
 * brings them along. */
#ifndef MER_TEXT_TOKENIZER_FILES_H
#define MER_TEXT_TOKENIZER_FILES_H

#include <jansson.h>

#include "mer/text.h"

typedef enum mer__tokenizer_file {
  MER__TOKENIZER_CONFIG,   /* tokenizer_config.json */
  MER__TOKENIZER_ADDED,    /* added_tokens.json */
  MER__TOKENIZER_SPECIALS, /* special_tokens_map.json */
  MER__TOKENIZER_JSON,     /* tokenizer.json */
  MER__TOKENIZER_VOCAB,    /* vocab.json */
  MER__TOKENIZER_MERGES,   /* merges.txt */
  MER__TOKENIZER_WORDS,    /* vocab.txt */
  MER__N_TOKENIZER_FILES
} mer__tokenizer_file;

/** Zero-initialize. */
typedef struct mer__tokenizer_files {
  char *data[MER__N_TOKENIZER_FILES]; /* NULL: there is no such file, or it was not read */
  size_t sizes[MER__N_TOKENIZER_FILES];
  char *paths[MER__N_TOKENIZER_FILES];    /* of those that were read, for messages */
  json_t *parsed[MER__N_TOKENIZER_FILES]; /* objects; NULL again once they have been read */
} mer__tokenizer_files;

/** Reads a file of `folder`, if it is there. MER_STATUS_IO, MER_STATUS_FORMAT (not a JSON object),
 * MER_STATUS_LIMIT, MER_STATUS_NO_MEMORY; clear the files in any case. */
mer_status mer__tokenizer_files_read(mer__tokenizer_files *files, mer__tokenizer_file file,
                                     const char *folder, mer_error *err);
/** Reads a vocab.txt of any name, which must be there. */
mer_status mer__tokenizer_files_read_words(mer__tokenizer_files *files, const char *path,
                                           mer_error *err);
/** Frees a file, as if it had not been read. */
void mer__tokenizer_files_drop(mer__tokenizer_files *files, mer__tokenizer_file file);
/** Frees what was parsed. */
void mer__tokenizer_files_forget(mer__tokenizer_files *files);
void mer__tokenizer_files_clear(mer__tokenizer_files *files);

/** Writes the files of a tokenizer, as they were read, into an existing folder. */
mer_status mer__tokenizer_write(const mer_tokenizer *tokenizer, const char *folder, mer_error *err);

#endif
