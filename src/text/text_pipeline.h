/* text_pipeline.h: a text, or what lies between two added tokens of it, to ids: normalization,
 * words, model. */
#ifndef MER_TEXT_TEXT_PIPELINE_H
#define MER_TEXT_TEXT_PIPELINE_H

#include "text/normalize.h"
#include "text/text_normalizer.h"
#include "text/token_model.h"
#include "text/word_split.h"

/** Zero-initialize. */
typedef struct mer__text_pipeline {
  bool bert;              /* BERT's normalization and words, both in one pass */
  mer__normalization how; /* of that; else the next two count */
  mer__text_normalizer normalizer;
  mer__word_split split;
  mer__token_model model;
} mer__text_pipeline;

/** Reads normalizer, pre_tokenizer and model of a tokenizer.json; the tokens go into `vocabulary`,
 * which stays where it is. MER_STATUS_UNSUPPORTED, MER_STATUS_FORMAT, MER_STATUS_LIMIT,
 * MER_STATUS_NO_MEMORY; clear it in any case. */
mer_status mer__text_pipeline_read(mer__text_pipeline *pipeline, mer__vocabulary *vocabulary,
                                   const json_t *root, const char *path, mer_error *err);
void mer__text_pipeline_clear(mer__text_pipeline *pipeline);

/** `text` as words are looked for in it: itself if nothing changes, else in `room`, which the
 * caller clears; its bytes in `*n_bytes`. NULL if memory is out. */
const char *mer__text_pipeline_normalize(mer__normal_room *room, size_t *n_bytes,
                                         const mer__text_pipeline *pipeline, const char *text,
                                         size_t size);

/** What is known of a text. */
typedef struct mer__text_state {
  bool normalized; /* it is normalized */
  bool first;      /* it is the beginning of the whole text */
  bool specials;   /* BERT's special tokens are looked for in it */
} mer__text_state;

/** Adds the ids of a text, which is UTF-8 unless the words are BERT's. */
void mer__text_pipeline_encode(mer__id_sink *sink, const mer__text_pipeline *pipeline,
                               const uint8_t *text, size_t size, mer__text_state state);

#endif
