/* context_json.h: what is said around an utterance, from its JSON object to memory that lives with
 * its request. */
#ifndef MER_PREDICT_CONTEXT_JSON_H
#define MER_PREDICT_CONTEXT_JSON_H

#include "base/text_buffer.h"
#include "encoder/text_turns.h"
#include "mer/predict.h"
#include "text/json_scan.h"

/** A turn whose strings stand in a buffer, at these places, each with a 0 after its end. */
typedef struct mer__kept_turn {
  bool has_speaker, has_text;
  size_t speaker, text, text_size;
} mer__kept_turn;

/** What is said around an utterance. Zero-initialize. */
typedef struct mer__kept_context {
  mer__text_buffer strings;
  mer__kept_turn own; /* which has no text here */
  mer__kept_turn past[MER__MOST_TURNS], future[MER__MOST_TURNS];
  int64_t n_past, n_future;
  bool says_past;           /* the object lists the turns before it */
  mer__json_value dialogue; /* as it is written; text NULL: it says none */
} mer__kept_context;

void mer__kept_context_clear(mer__kept_context *context);

/** Adds a turn to those before the utterance, of which there is room for MER__MOST_TURNS. */
void mer__kept_context_add(mer__kept_context *context, const mer_turn *turn);

/** Reads "speaker" of an object that has no fault, and, where turns are read, "dialogue", "context"
 * and "future"; of the last two those turns. MER_STATUS_FORMAT. That memory is out shows in
 * `strings`. */
mer_status mer__kept_context_read(mer__kept_context *context, const char *json, size_t size,
                                  const mer__turns *turns, mer_error *err);

/** Lets the request have the context, in one piece of memory with its text. MER_STATUS_NO_MEMORY.
 */
mer_status mer__kept_context_give(mer_json_request *read, const mer__kept_context *context,
                                  mer_error *err);

#endif
