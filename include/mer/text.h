/* mer/text.h: text files of any encoding; BERT's tokenization: normalization, WordPiece, [CLS] ...
 * [SEP].
 * Stable (mer/mer.h). */
#ifndef MER_TEXT_H
#define MER_TEXT_H

#include "mer/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Reads a text of at most `max_bytes`, a regular file, as UTF-8 with a terminating 0; `*text` is
 * the caller's and is freed by mer_text_free. It may be UTF-8, with bytes that are not UTF-8 read
 * as Windows-1252, or UTF-16 of either byte order; a byte-order mark is not part of the result, and
 * UTF-16 without one is known by its zero bytes. MER_STATUS_NOT_FOUND, MER_STATUS_IO,
 * MER_STATUS_LIMIT, MER_STATUS_FORMAT (a zero byte: not a text), MER_STATUS_NO_MEMORY. */
MER_API mer_status mer_text_read(char **text, size_t *size, const char *path, size_t max_bytes,
                                 mer_error *err);
MER_API void mer_text_free(char *text);

/** Most lines that are given at a time. */
#define MER_MAX_LINES 512

/** A line without its end (LF or CRLF), as UTF-8 with a terminating 0. */
typedef struct mer_line {
  const char *text;
  size_t size;       /* in bytes */
  int64_t number;    /* from 1 */
  const char *fault; /* NULL, or why it cannot be used, in words ("the line is too long"); the text
                        is empty then */
} mer_line;

/** A text that is read line by line, in constant memory. */
typedef struct mer_line_file mer_line_file;

/** Opens a file (or pipe) whose lines have at most `max_bytes` each as UTF-8, up to 2^29; `path`
 * NULL is standard input. Encodings as mer_text_read's. MER_STATUS_NOT_FOUND, MER_STATUS_IO,
 * MER_STATUS_NO_MEMORY. */
MER_API mer_status mer_line_file_open(mer_line_file **out, const char *path, size_t max_bytes,
                                      mer_error *err);
/** The next lines, borrowed until the next call: as many as are there, and never waiting for more
 * while there is one; `*n_lines` 0 at the end. A line that is too long or holds a zero byte has a
 * `fault`, and the others are read. MER_STATUS_IO, MER_STATUS_NO_MEMORY. */
MER_API mer_status mer_line_file_next(const mer_line **lines, int *n_lines, mer_line_file *file,
                                      mer_error *err);
/** The path, or "standard input", borrowed: for messages. */
MER_API const char *mer_line_file_name(const mer_line_file *file);
/** Accepts NULL. */
MER_API void mer_line_file_close(mer_line_file *file);

/** A vocabulary and the settings of its use. Immutable once open; many threads may use one. */
typedef struct mer_tokenizer mer_tokenizer;

/** Opens `path`: a vocab.txt, or a directory that holds one (and may hold tokenizer_config.json,
 * whose do_lower_case, strip_accents and tokenize_chinese_chars are heeded; defaults: BERT
 * uncased's). Tokens that were added to the vocabulary are read from the directory's
 * tokenizer_config.json, or from added_tokens.json and special_tokens_map.json. Of a token that is
 * listed twice the last line counts, as for Hugging Face. MER_STATUS_NOT_FOUND, MER_STATUS_IO,
 * MER_STATUS_FORMAT (no token, not UTF-8, [PAD] [UNK] [CLS] [SEP] or [MASK] is missing; a setting
 * is not true or false; the id of an added token is not the one that follows),
 * MER_STATUS_UNSUPPORTED (no vocab.txt but tokenizer.json), MER_STATUS_LIMIT, MER_STATUS_NO_MEMORY.
 */
MER_API mer_status mer_tokenizer_open(mer_tokenizer **out, const char *path, mer_error *err);
/** Accepts NULL. */
MER_API void mer_tokenizer_close(mer_tokenizer *tokenizer);

/** Number of ids: lines of vocab.txt, and tokens that were added beyond them. */
MER_API int32_t mer_tokenizer_size(const mer_tokenizer *tokenizer);
/** The token of an id in UTF-8, borrowed; NULL if out of range. */
MER_API const char *mer_tokenizer_token(const mer_tokenizer *tokenizer, int32_t id);
/** The vocabulary without what was added to it, as the bytes of a vocab.txt, borrowed. */
MER_API const char *mer_tokenizer_vocabulary(const mer_tokenizer *tokenizer, size_t *size);

/** Token ids of one input. Zero-initialize; reused by encode, freed by clear. */
typedef struct mer_tokens {
  int32_t *ids;      /* [n] */
  int32_t *type_ids; /* [n]: 0 first text, 1 second */
  int32_t n;
  bool truncated;
  size_t capacity;
} mer_tokens;

/** `[CLS] text [SEP]`, or `[CLS] text [SEP] pair [SEP]` if `pair` is not NULL, of at most
 * `max_length` tokens (at least 2, with a pair 3); longer input loses tokens from the end of the
 * longer text first, as Hugging Face's longest_first. Texts are UTF-8 of the given sizes in bytes
 * and may hold 0; invalid bytes are read as U+FFFD. A special or added token that is written out
 * in a text becomes its id. Equal to Hugging Face's BertTokenizerFast. MER_STATUS_INVALID
 * (max_length), MER_STATUS_NO_MEMORY. */
MER_API mer_status mer_tokenizer_encode(mer_tokens *tokens, const mer_tokenizer *tokenizer,
                                        const char *text, size_t text_size, const char *pair,
                                        size_t pair_size, int32_t max_length, mer_error *err);
MER_API void mer_tokens_clear(mer_tokens *tokens);

#ifdef __cplusplus
}
#endif
#endif
