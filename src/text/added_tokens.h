/* added_tokens.h: tokens that were added to a vocabulary, special ones and those of fine-tuning, as
 * Hugging Face's tokenizers find them in a text (tokenizers 0.23, added_vocabulary.rs): the longest
 * one that begins first, those of the raw text before normalization, the others after it. */
#ifndef MER_TEXT_ADDED_TOKENS_H
#define MER_TEXT_ADDED_TOKENS_H

#include <jansson.h>

#include "text/byte_trie.h"
#include "text/text_pipeline.h"

typedef struct mer__added_token {
  char *content;
  char *pattern; /* what is looked for: the content, normalized if `normalized` */
  int32_t id;
  bool normalized;     /* looked for in the normalized text */
  bool single_word;    /* not within a word */
  bool lstrip, rstrip; /* with the white space before it, after it */
} mer__added_token;

/** Zero-initialize. */
typedef struct mer__added_tokens {
  bool plain; /* just the special tokens of every BERT, which are found with its words: no items */
  mer__added_token *items;
  size_t n;
  int32_t n_new; /* those beyond the vocabulary */
  bool any_normalized;
  mer__byte_trie tries[2]; /* of the patterns: in the raw text, in the normalized one; the id of
                              item i is n - 1 - i, so that of equal ones the first counts */
} mer__added_tokens;

/** A special token of a family, for files that do not list theirs. */
typedef struct mer__added_default {
  const char *content;
  bool lstrip;
} mer__added_default;

/** Where added tokens are listed; what is not there is NULL. */
typedef struct mer__added_sources {
  const json_t *tokenizer; /* tokenizer.json */
  const json_t *config;    /* tokenizer_config.json */
  const json_t *added;     /* added_tokens.json */
  const json_t *specials;  /* special_tokens_map.json */
  const mer__added_default *defaults;
  size_t n_defaults;
  const char *folder; /* for messages */
} mer__added_sources;

/** Reads the tokens. One that the vocabulary has keeps its id, the others follow the vocabulary in
 * the order of the ids that the files state. MER_STATUS_FORMAT: an entry is not a token, or the
 * stated id is another one; MER_STATUS_LIMIT; MER_STATUS_NO_MEMORY; clear it in any case. */
mer_status mer__added_tokens_read(mer__added_tokens *added, const mer__added_sources *sources,
                                  const mer__vocabulary *vocabulary,
                                  const mer__text_pipeline *pipeline, mer_error *err);
/** Accepts zeroed ones. */
void mer__added_tokens_clear(mer__added_tokens *added);

/** Adds the ids of `text`, which is UTF-8: those of added tokens, and of the words between them. */
void mer__added_tokens_encode(mer__id_sink *sink, const mer__added_tokens *added,
                              const mer__text_pipeline *pipeline, const char *text, size_t size);

#endif
