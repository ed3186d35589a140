/* turn_reading.h: utterances and the turns before each as inputs with their vectors, from texts:
 * for models with a layer over turns (encoder/turn_layer.h). Each text is encoded once in a call,
 * and not at all if a cache has its vector. */
#ifndef MER_MODEL_TURN_READING_H
#define MER_MODEL_TURN_READING_H

#include "base/alloc.h"
#include "model/model_state.h"
#include "model/turn_cache.h"

/** An utterance whose turns are read. Borrowed. */
typedef struct mer__turn_request {
  mer__input *input; /* what its text has become; gets its vector, and its turns */
  const char *text;
  size_t size;
  const mer_context *context; /* or NULL */
} mer__turn_request;

/** A text of a call: a turn's, or an utterance's own. */
typedef struct mer__turn_text {
  char key[MER__SHA256_BYTES];
  const char *text;
  size_t size, place; /* among the turns */
  int64_t which;      /* of the distinct ones; -1: it has no tokens */
} mer__turn_text;

/** Zero-initialize; what it holds is used again by later calls. */
typedef struct mer__turn_reading {
  mer__arena arena;
  mer__input *turns;      /* [n_turns]: those of each utterance, the last one its own */
  float *vectors;         /* [n_turns, width] */
  mer__turn_text *wanted; /* [n_wanted]: texts whose vectors are not there, equal ones together */
  mer__input *distinct;   /* [n_distinct]: one of each of these */
  mer_tokens *tokens;     /* of these; `capacity` of them are initialized */
  size_t n_turns, n_wanted, n_distinct, capacity;
  int64_t n_tokens; /* of all distinct ones */
} mer__turn_reading;

void mer__turn_reading_clear(mer__turn_reading *reading);

/** Lists the turns of the utterances `requests` [n] that modality `m` of the model reads, with
 * those vectors that `cache` (may be NULL) has, and the tokens of the others. MER_STATUS_NO_MEMORY.
 */
mer_status mer__turn_reading_find(mer__turn_reading *reading, const mer_model *model, int m,
                                  const mer__turn_request *requests, int64_t n,
                                  mer__turn_cache *cache, mer_error *err);
/** Computes the vectors that are not there, and keeps them in the cache. `arenas` (may be NULL) is
 * a pool of memory to compute in. Statuses as mer__model_embed. */
mer_status mer__turn_reading_encode(mer__turn_reading *reading, const mer_model *model, int m,
                                    mer__turn_cache *cache, mer__pool *arenas, mer_error *err);

#endif
