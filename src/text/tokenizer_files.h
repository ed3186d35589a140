/* tokenizer_files.h: the JSON files beside a vocabulary, kept as they are so that a model that is
 * saved brings them along. */
#ifndef MER_TEXT_TOKENIZER_FILES_H
#define MER_TEXT_TOKENIZER_FILES_H

#include <jansson.h>

#include "mer/text.h"

typedef enum mer__tokenizer_file {
  MER__TOKENIZER_CONFIG,   /* tokenizer_config.json */
  MER__TOKENIZER_ADDED,    /* added_tokens.json */
  MER__TOKENIZER_SPECIALS, /* special_tokens_map.json */
  MER__N_TOKENIZER_FILES
} mer__tokenizer_file;

/** Zero-initialize. */
typedef struct mer__tokenizer_files {
  char *data[MER__N_TOKENIZER_FILES]; /* NULL: there is no such file */
  size_t sizes[MER__N_TOKENIZER_FILES];
  json_t *parsed[MER__N_TOKENIZER_FILES]; /* objects; NULL again once they have been read */
} mer__tokenizer_files;

/** Reads those that `folder` has. MER_STATUS_IO, MER_STATUS_FORMAT (not a JSON object),
 * MER_STATUS_LIMIT, MER_STATUS_NO_MEMORY; clear it in any case. */
mer_status mer__tokenizer_files_read(mer__tokenizer_files *files, const char *folder,
                                     mer_error *err);
/** Frees what was parsed. */
void mer__tokenizer_files_forget(mer__tokenizer_files *files);
void mer__tokenizer_files_clear(mer__tokenizer_files *files);
/** Writes them, as they were read, into an existing folder. */
mer_status mer__tokenizer_files_write(const mer__tokenizer_files *files, const char *folder,
                                      mer_error *err);

/** Writes vocab.txt and the files above into an existing folder. */
mer_status mer__tokenizer_write(const mer_tokenizer *tokenizer, const char *folder, mer_error *err);

#endif
