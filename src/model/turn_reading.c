/* turn_reading.c: texts by their keys, so that equal ones are next to each other. */
#include "model/turn_reading.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "encoder/text_turns.h"

void mer__turn_reading_clear(mer__turn_reading *reading) {
  for (size_t i = 0; i < reading->capacity; i++) mer_tokens_clear(&reading->tokens[i]);
  mer__free(reading->tokens);
  mer__arena_clear(&reading->arena);
  *reading = (mer__turn_reading){0};
}

/* The first of the turns that are read, and how many there are. */
static const mer_turn *turns_of(int64_t *n, const mer__turn_request *request,
                                const mer__turns *turns) {
  const mer_context *context = request->context;
  *n = !context ? 0 : context->n_past < turns->past ? context->n_past : turns->past;
  return *n > 0 ? context->past + context->n_past - *n : NULL;
}

static mer_status begin(mer__turn_reading *r, const mer__modality *modality,
                        const mer__turn_request *requests, int64_t n, mer_error *err) {
  int64_t n_past, n_turns = n;
  for (int64_t i = 0; i < n; i++) {
    turns_of(&n_past, &requests[i], &modality->turns);
    n_turns += n_past;
  }
  mer__arena_reset(&r->arena);
  r->n_turns = r->n_wanted = r->n_distinct = 0;
  r->n_tokens = 0;
  r->turns = mer__arena_alloc(&r->arena, (size_t)n_turns, sizeof *r->turns);
  r->vectors = mer__arena_alloc(&r->arena, (size_t)(n_turns * modality->width), sizeof(float));
  r->wanted = mer__arena_alloc(&r->arena, (size_t)n_turns, sizeof *r->wanted);
  r->distinct = mer__arena_alloc(&r->arena, (size_t)n_turns, sizeof *r->distinct);
  const bool complete = r->turns && r->vectors && r->wanted && r->distinct;
  return complete ? MER_OK : mer__fail_memory(err);
}

/* Adds a turn, with its vector if the cache has it. */
static void add(mer__turn_reading *r, const char *text, size_t size, int64_t width,
                mer__turn_cache *cache) {
  const size_t place = r->n_turns++;
  float *vector = r->vectors + place * (size_t)width;
  mer__turn_text *wanted = &r->wanted[r->n_wanted];
  r->turns[place] = (mer__input){.present = true, .vector = vector};
  mer__sha256(wanted->key, text, size);
  if (cache && mer__turn_cache_get(vector, cache, wanted->key)) return;
  wanted->text = text;
  wanted->size = size;
  wanted->place = place;
  r->n_wanted++;
}

/* Adds an utterance and the turns before it. */
static void add_request(mer__turn_reading *r, const mer__turn_request *request,
                        const mer__modality *modality, mer__turn_cache *cache) {
  const size_t first = r->n_turns;
  int64_t n_past;
  const mer_turn *past = turns_of(&n_past, request, &modality->turns);
  for (int64_t k = 0; k < n_past; k++)
    if (mer__turn_has_vector(&past[k]))
      add(r, past[k].text, past[k].text_size, modality->width, cache);
  request->input->past = r->turns + first;
  request->input->n_past = (int64_t)(r->n_turns - first);
  add(r, request->text, request->size, modality->width, cache);
  request->input->vector = r->turns[r->n_turns - 1].vector;
}

static int compare(const void *a, const void *b) {
  const mer__turn_text *x = a, *y = b;
  const int order = memcmp(x->key, y->key, sizeof x->key);
  return order ? order : (x->place > y->place) - (x->place < y->place);
}

static bool is_repeated(const mer__turn_reading *r, size_t i) {
  return i > 0 && memcmp(r->wanted[i].key, r->wanted[i - 1].key, sizeof r->wanted[i].key) == 0;
}

static mer_tokens *take_tokens(mer__turn_reading *r) {
  const size_t before = r->capacity;
  if (mer__grow(&r->tokens, &r->capacity, r->n_distinct + 1, sizeof *r->tokens) != 0) return NULL;
  for (size_t i = before; i < r->capacity; i++) r->tokens[i] = (mer_tokens){0};
  return &r->tokens[r->n_distinct];
}

/* Makes the tokens of a text; `*which` of the distinct ones it is, or -1 if it has none. */
static mer_status add_distinct(int64_t *which, mer__turn_reading *r, const mer__modality *modality,
                               const mer__turn_text *text, mer_error *err) {
  mer_tokens *tokens = take_tokens(r);
  mer__input *input = &r->distinct[r->n_distinct];
  if (!tokens) return mer__fail_memory(err);
  mer_status status =
      modality->type->tokenize(input, tokens, modality, text->text, text->size, NULL, NULL, err);
  if (status != MER_OK) return status;
  *which = input->present ? (int64_t)r->n_distinct++ : -1;
  if (input->present) r->n_tokens += input->length;
  return MER_OK;
}

/* Makes the tokens of the texts that are wanted; a turn without any is no turn. */
static mer_status tokenize(mer__turn_reading *r, const mer__modality *modality, mer_error *err) {
  int64_t which = -1;
  for (size_t i = 0; i < r->n_wanted; i++) {
    mer__turn_text *text = &r->wanted[i];
    mer_status status = is_repeated(r, i) ? MER_OK : add_distinct(&which, r, modality, text, err);
    if (status != MER_OK) return status;
    text->which = which;
    r->turns[text->place].present = which >= 0;
  }
  return MER_OK;
}

mer_status mer__turn_reading_find(mer__turn_reading *reading, const mer_model *model, int m,
                                  const mer__turn_request *requests, int64_t n,
                                  mer__turn_cache *cache, mer_error *err) {
  const mer__modality *modality = &model->network.modalities[m];
  mer_status status = begin(reading, modality, requests, n, err);
  if (status != MER_OK) return status;
  for (int64_t i = 0; i < n; i++) add_request(reading, &requests[i], modality, cache);
  if (reading->n_wanted == 0) return MER_OK;
  qsort(reading->wanted, reading->n_wanted, sizeof *reading->wanted, compare);
  return tokenize(reading, modality, err);
}

mer_status mer__turn_reading_encode(mer__turn_reading *r, const mer_model *model, int m,
                                    mer__turn_cache *cache, mer__pool *arenas, mer_error *err) {
  const size_t width = (size_t)model->network.modalities[m].width;
  if (r->n_distinct == 0) return MER_OK;
  float *computed = mer__arena_alloc(&r->arena, r->n_distinct * width, sizeof *computed);
  if (!computed) return mer__fail_memory(err);
  mer_status status = mer__model_embed(computed, model, m, r->distinct, (int64_t)r->n_distinct,
                                       arenas, NULL, "predict", err);
  for (size_t i = 0; i < r->n_wanted && status == MER_OK; i++) {
    const mer__turn_text *text = &r->wanted[i];
    if (text->which < 0) continue;
    const float *vector = computed + (size_t)text->which * width;
    memcpy(r->vectors + text->place * width, vector, width * sizeof *vector);
    if (cache && !is_repeated(r, i)) mer__turn_cache_put(cache, text->key, vector);
  }
  return status;
}
