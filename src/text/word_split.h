/* word_split.h: text to words as the pre-tokenizers of a tokenizer.json do it, one after the other:
 * each gives its pieces to the next, the last one gives words. */
#ifndef MER_TEXT_WORD_SPLIT_H
#define MER_TEXT_WORD_SPLIT_H

#include "text/json_fields.h"

/** Most pre-tokenizers after one another. */
enum { MER__SPLIT_MAX_STEPS = 8 };

typedef enum mer__split_kind {
  MER__SPLIT_BERT,       /* white space ends a word, punctuation is one each */
  MER__SPLIT_WHITESPACE, /* at white space */
  MER__SPLIT_WORDS,      /* \w+ and what is neither that nor white space */
  MER__SPLIT_BYTE_LEVEL, /* as GPT-2 */
  MER__SPLIT_METASPACE,  /* a space becomes a visible character, and begins a word */
  MER__SPLIT_DIGITS,
  MER__SPLIT_PUNCTUATION,
  MER__SPLIT_TEXT /* at a given text */
} mer__split_kind;

/** What becomes of what a text is split at. */
typedef enum mer__split_behavior {
  MER__SPLIT_ISOLATED,
  MER__SPLIT_REMOVED,
  MER__SPLIT_CONTIGUOUS,
  MER__SPLIT_MERGED_WITH_PREVIOUS,
  MER__SPLIT_MERGED_WITH_NEXT
} mer__split_behavior;

/** When a space is put before a text. */
typedef enum mer__split_prepend {
  MER__PREPEND_NEVER,
  MER__PREPEND_FIRST,
  MER__PREPEND_ALWAYS
} mer__split_prepend;

typedef struct mer__split_step {
  mer__split_kind kind;
  mer__split_behavior behavior;
  mer__split_prepend prepend; /* BYTE_LEVEL, METASPACE */
  bool split;                 /* BYTE_LEVEL, METASPACE: false: the text is one word */
  bool inverted;              /* TEXT: what is between is what is looked for */
  char *text;                 /* TEXT: what is looked for; METASPACE: the visible character */
  size_t text_size;           /* in bytes */
} mer__split_step;

/** Zero-initialize: no step, the text is one word. */
typedef struct mer__word_split {
  mer__split_step steps[MER__SPLIT_MAX_STEPS];
  int n_steps;
} mer__word_split;

/** Reads a pre_tokenizer: NULL or JSON's null is none. MER_STATUS_UNSUPPORTED, MER_STATUS_FORMAT,
 * MER_STATUS_LIMIT, MER_STATUS_NO_MEMORY; clear it in any case. */
mer_status mer__word_split_read(mer__word_split *split, const json_t *pre_tokenizer,
                                const char *path, mer_error *err);
void mer__word_split_clear(mer__word_split *split);
/** GPT-2's; `prefix`: a space is put before the text unless it begins with one. */
mer__word_split mer__word_split_gpt2(bool prefix);

/** Whether the last step is ByteLevel. */
bool mer__word_split_is_byte_level(const mer__word_split *split);

/** Takes a word, gone after the call; false asks for no more. */
typedef bool (*mer__split_visitor)(void *user, const uint8_t *word, size_t size);

/** Visits the words of `text`, which is UTF-8. `first`: it is the beginning of the whole text.
 * False if memory is out. */
bool mer__word_split_visit(const mer__word_split *split, const uint8_t *text, size_t size,
                           bool first, mer__split_visitor visit, void *user);

#endif
