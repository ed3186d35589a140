/* token_model.h: how a word becomes ids: the table of models. Each has a file pair: WordPiece,
 * byte-level BPE, Unigram. */
#ifndef MER_TEXT_TOKEN_MODEL_H
#define MER_TEXT_TOKEN_MODEL_H

#include <jansson.h>

#include "text/id_sink.h"
#include "text/json_fields.h"
#include "text/vocabulary.h"

/** A model that was read. Zero-initialize. */
typedef struct mer__token_model {
  const struct mer__token_model_kind *kind;
  void *state; /* the kind's own */
} mer__token_model;

typedef struct mer__token_model_kind {
  const char *name; /* as tokenizer.json has it */
  bool byte_level;  /* reads the bytes of a word, which the pre-tokenizer ByteLevel gives */
  /** Reads the object `model` of a tokenizer.json: its tokens into `vocabulary`, which stays where
   * it is, the rest into `*state`. */
  mer_status (*read)(void **state, mer__vocabulary *vocabulary, const json_t *model,
                     const mer__json_place *place, mer_error *err);
  /** Adds the ids of a word. */
  void (*encode)(mer__id_sink *sink, const void *state, const uint8_t *word, size_t size);
  /** Accepts NULL and half-read states. */
  void (*free)(void *state);
} mer__token_model_kind;

extern const mer__token_model_kind mer__wordpiece_kind, mer__bpe_kind, mer__unigram_kind;

/** Reads the object "model". MER_STATUS_UNSUPPORTED, MER_STATUS_FORMAT, MER_STATUS_LIMIT,
 * MER_STATUS_NO_MEMORY; clear it in any case. */
mer_status mer__token_model_read(mer__token_model *model, mer__vocabulary *vocabulary,
                                 const json_t *object, const char *path, mer_error *err);
void mer__token_model_clear(mer__token_model *model);

#endif
