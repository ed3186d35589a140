/* mer/text.h: text files of any encoding; tokenization as in BERT, RoBERTa, XLM-RoBERTa: texts to
 * ids. Stable (mer/mer.h). */
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
/** Replaces each byte that is not part of UTF-8, as the name of a file may have them, by '?'. */
MER_API void mer_text_make_utf8(char *text);

/** Most lines that are given at a time. */
#define MER_MAX_LINES 512

/** A line without its end (LF or CRLF), as UTF-8 with a terminating 0. */
typedef struct mer_line {
  const char *text;
  size_t size;       /* in bytes */
  int64_t number;    /* from 1 */
  const char *fault; /* NULL, or why it cannot be used, in words ("a zero byte in the line"), until
                        the file is closed; the text is empty then */
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

/** Opens `path`: a directory as Hugging Face lays it out, or a vocab.txt of BERT or MPNet. Of a
 * directory these are read, the first that is there: a tokenizer.json, a vocab.txt, vocab.json
 * with merges.txt (byte-level BPE; with RoBERTa's special tokens if it has them). Beside
 * the latter two tokenizer_config.json is heeded (do_lower_case, strip_accents and
 * tokenize_chinese_chars, defaults BERT uncased's; add_prefix_space, default false), and tokens
 * that were added to the vocabulary are read from there, or from added_tokens.json and
 * special_tokens_map.json. A tokenizer.json has all of that itself; but if its words are BERT's,
 * the three settings are those of a tokenizer_config.json, unless its tokenizer_class is
 * PreTrainedTokenizerFast or TokenizersBackend. Of a token that is listed twice in vocab.txt the
 * last line counts, as for Hugging Face. Padding and truncation that a file states are not heeded.
 * MER_STATUS_NOT_FOUND, MER_STATUS_IO, MER_STATUS_FORMAT (no token, not UTF-8, a special token is
 * missing, two tokens of one id, a merge of tokens that there are not; a setting is not what it
 * should be; the id of an added token is not the one that follows), MER_STATUS_UNSUPPORTED (a
 * vocabulary of another form; the tokenizer_class of a vocab.txt is not BERT's; a tokenizer.json
 * that asks for what is not read: named), MER_STATUS_LIMIT, MER_STATUS_NO_MEMORY. */
MER_API mer_status mer_tokenizer_open(mer_tokenizer **out, const char *path, mer_error *err);
/** Accepts NULL. */
MER_API void mer_tokenizer_close(mer_tokenizer *tokenizer);

/** Number of ids: those of the vocabulary, and tokens that were added beyond them. */
MER_API int32_t mer_tokenizer_size(const mer_tokenizer *tokenizer);
/** The token of an id as the files write it, in UTF-8, borrowed; empty if no token has the id, NULL
 * if out of range. */
MER_API const char *mer_tokenizer_token(const mer_tokenizer *tokenizer, int32_t id);
/** The bytes of the file with the vocabulary (vocab.txt, tokenizer.json or vocab.json), borrowed.
 */
MER_API const char *mer_tokenizer_vocabulary(const mer_tokenizer *tokenizer, size_t *size);

/** Token ids of one input. Zero-initialize; reused by encode, freed by clear. */
typedef struct mer_tokens {
  int32_t *ids;      /* [n] */
  int32_t *type_ids; /* [n]: 0 first text, 1 second */
  int32_t n;
  bool truncated;
  size_t capacity;
} mer_tokens;

/** The text, and `pair` if that is not NULL, with special tokens around them as the family has them
 * (BERT: `[CLS] text [SEP]` and `[CLS] text [SEP] pair [SEP]`; RoBERTa: `<s> text </s>` and
 * `<s> text </s></s> pair </s>`), of at most `max_length` tokens (at least the special ones: 2,
 * with a pair 3 or 4); longer input loses tokens from the end of the longer text first, as Hugging
 * Face's longest_first. Texts are UTF-8 of the given sizes in bytes and may hold 0; each invalid
 * byte is read as U+FFFD. A special or added token that is written out in a text becomes its id.
 * Equal to Hugging Face's tokenizers. MER_STATUS_INVALID (max_length), MER_STATUS_NO_MEMORY. */
MER_API mer_status mer_tokenizer_encode(mer_tokens *tokens, const mer_tokenizer *tokenizer,
                                        const char *text, size_t text_size, const char *pair,
                                        size_t pair_size, int32_t max_length, mer_error *err);
MER_API void mer_tokens_clear(mer_tokens *tokens);

/** What somebody says in a dialogue. Borrowed. */
typedef struct mer_turn {
  const char *speaker; /* 0-terminated UTF-8; NULL, empty, or over 256 bytes: not known */
  const char *text;    /* UTF-8; NULL: nothing that is known */
  size_t text_size;
  uint64_t reserved[2]; /* zeros; members of later versions take their place here */
} mer_turn;

/** What is said around an utterance, for models that read it; others do not look at it. Borrowed.
 */
typedef struct mer_context {
  const char *speaker;    /* of the utterance itself, as in mer_turn */
  const mer_turn *past;   /* [n_past]: the turns before it, the oldest first; of more than the model
                             reads the last ones count */
  const mer_turn *future; /* [n_future]: those after it, in their order */
  int64_t n_past, n_future;
  uint64_t reserved[3]; /* zeros; members of later versions take their place here */
} mer_context;

#ifdef __cplusplus
}
#endif
#endif
