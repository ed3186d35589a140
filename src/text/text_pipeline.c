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

static void encode_words(mer__id_sink *sink, const mer__text_pipeline *pipeline,
                         const uint8_t *text, size_t size, bool first) {
  word_run run = {sink, &pipeline->model};
  if (!mer__word_split_visit(&pipeline->split, text, size, first, visit_word, &run))
    sink->failed = true;
}

void mer__text_pipeline_encode(mer__id_sink *sink, const mer__text_pipeline *pipeline,
                               const uint8_t *text, size_t size, mer__text_state state) {
  if (pipeline->bert) {
    encode_bert(sink, pipeline, text, size, state);
    return;
  }
  if (state.normalized || !pipeline->normalizer.n_steps) {
    encode_words(sink, pipeline, text, size, state.first);
    return;
  }
  mer__normal_room room = {0};
  const char *normalized =
      mer__text_normalizer_apply(&room, &size, &pipeline->normalizer, (const char *)text, size);
  if (normalized) encode_words(sink, pipeline, (const uint8_t *)normalized, size, state.first);
  else sink->failed = true;
  mer__normal_room_clear(&room);
}

const char *mer__text_pipeline_normalize(mer__normal_room *room, size_t *n_bytes,
                                         const mer__text_pipeline *pipeline, const char *text,
                                         size_t size) {
  if (!pipeline->bert)
    return mer__text_normalizer_apply(room, n_bytes, &pipeline->normalizer, text, size);
  mer__text_buffer *out = &room->buffers[0];
  mer__normalize(out, &pipeline->how, text, size);
  *n_bytes = out->size;
  return out->failed ? NULL : out->data;
}

void mer__text_pipeline_clear(mer__text_pipeline *pipeline) {
  mer__text_normalizer_clear(&pipeline->normalizer);
  mer__word_split_clear(&pipeline->split);
  mer__token_model_clear(&pipeline->model);
}
