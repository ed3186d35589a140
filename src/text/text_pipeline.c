/* text_pipeline.c: a text to ids. */
#include "text/text_pipeline.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "text/wordpiece.h"

/* A word to the sink. */
typedef struct word_run {
  mer__id_sink *sink;
  const mer__token_model *model;
} word_run;

static bool visit_word(void *user, const uint8_t *word, size_t size) {
  const word_run *run = user;
  run->model->kind->encode(run->sink, run->model->state, word, size);
  return mer__id_wanted(run->sink);
}

static void encode_bert(mer__id_sink *sink, const mer__text_pipeline *pipeline, const uint8_t *text,
                        size_t size, mer__text_state state) {
  mer__normalization how = {0};
  mer__wordpiece_run run = {sink, pipeline->model.state};
  if (!state.normalized) how = pipeline->how;
  how.specials = state.specials;
  mer__text_words(&how, text, size, mer__wordpiece_visit, &run);
}

void mer__text_pipeline_encode(mer__id_sink *sink, const mer__text_pipeline *pipeline,
                               const uint8_t *text, size_t size, mer__text_state state) {
  if (pipeline->bert) {
    encode_bert(sink, pipeline, text, size, state);
    return;
  }
  word_run run = {sink, &pipeline->model};
  if (!mer__word_split_visit(&pipeline->split, text, size, state.first, visit_word, &run))
    sink->failed = true;
}

const char *mer__text_pipeline_normalize(mer__text_buffer *room, size_t *n_bytes,
                                         const mer__text_pipeline *pipeline, const char *text,
                                         size_t size) {
  *n_bytes = size;
  if (!pipeline->bert) return text;
  mer__normalize(room, &pipeline->how, text, size);
  *n_bytes = room->size;
  return room->failed ? NULL : room->data;
}

void mer__text_pipeline_clear(mer__text_pipeline *pipeline) {
  mer__word_split_clear(&pipeline->split);
  mer__token_model_clear(&pipeline->model);
}
