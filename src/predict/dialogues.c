/* dialogues.c: the last turns of dialogues whose utterances come one by one, in bounded memory. */
#include <string.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "base/error.h"
#include "predict/context_json.h"
#include "predict/predictor.h"

enum { MOST_DIALOGUES = 1000, MOST_BYTES = 64 << 20, TURN_OVERHEAD = 128 };

/* The last turns of a dialogue. */
typedef struct dialogue {
  char name[MER__HASH_BYTES]; /* hash of its value */
  int64_t used;               /* when: the number of the request */
  mer_turn *turns;            /* [turns.past]: a ring of what was said, each in memory of its own */
  int64_t n;                  /* that were said, of which the last are here */
} dialogue;

struct mer_dialogues {
  mer__turns turns; /* that the model reads */
  bool adapts;      /* the model asks who speaks */
  dialogue items[MOST_DIALOGUES];
  int n;
  int64_t n_requests;
  size_t n_bytes; /* of all */
};

mer_status mer_dialogues_create(mer_dialogues **out, const mer_predictor *predictor,
                                mer_error *err) {
  const mer__network *network = &predictor->model->network;
  mer_dialogues *d = *out = mer__calloc(1, sizeof *d);
  if (!d) return mer__fail_memory(err);
  d->adapts = mer_predictor_adapts(predictor);
  for (int m = 0; m < network->n_modalities; m++)
    if (mer__turns_any(&network->modalities[m].turns)) d->turns = network->modalities[m].turns;
  return MER_OK;
}

static size_t size_of(const mer_turn *turn) {
  return TURN_OVERHEAD + (turn->speaker ? strlen(turn->speaker) : 0) + turn->text_size;
}

static void forget_turn(mer_dialogues *d, mer_turn *turn) {
  d->n_bytes -= size_of(turn);
  mer__free((char *)turn->speaker);
  mer__free((char *)turn->text);
  *turn = (mer_turn){0};
}

static int64_t n_kept(const mer_dialogues *d, const dialogue *of) {
  return of->n < d->turns.past ? of->n : d->turns.past;
}

/* Forgets a dialogue; the last one takes its place. */
static void forget(mer_dialogues *d, dialogue *of) {
  for (int64_t i = 0; i < n_kept(d, of); i++) forget_turn(d, &of->turns[i]);
  mer__free(of->turns);
  *of = d->items[--d->n];
}

void mer_dialogues_free(mer_dialogues *dialogues) {
  while (dialogues && dialogues->n > 0) forget(dialogues, &dialogues->items[0]);
  mer__free(dialogues);
}

static void forget_oldest(mer_dialogues *d) {
  dialogue *oldest = &d->items[0];
  for (int i = 1; i < d->n; i++)
    if (d->items[i].used < oldest->used) oldest = &d->items[i];
  forget(d, oldest);
}

/* The dialogue of that name, which may be new; NULL if memory is out. */
static dialogue *find(mer_dialogues *d, const mer__json_value *value) {
  dialogue new = {.used = ++d->n_requests};
  mer__text_buffer text = {0};
  mer__hash hash;
  const bool is_text = value->kind == MER__JSON_STRING;
  if (is_text) mer__json_decode(&text, value);
  mer__hash_begin(&hash);
  mer__hash_add(&hash, is_text ? "\"" : " ", 1);
  mer__hash_add(&hash, is_text ? text.data : value->text, is_text ? text.size : value->size);
  mer__hash_end(new.name, &hash);
  const bool failed = text.failed;
  mer__text_clear(&text);
  if (failed) return NULL;
  for (int i = 0; i < d->n; i++) {
    if (memcmp(d->items[i].name, new.name, sizeof new.name) != 0) continue;
    d->items[i].used = new.used;
    return &d->items[i];
  }
  if (d->n == MOST_DIALOGUES) forget_oldest(d);
  new.turns = mer__calloc((size_t)d->turns.past, sizeof *new.turns);
  if (!new.turns) return NULL;
  d->items[d->n] = new;
  return &d->items[d->n++];
}

/* Adds the turn that a request is to its dialogue; 0, or -1 if memory is out. */
static int remember(mer_dialogues *d, dialogue *of, const mer_request *request) {
  const char *speaker = request->context->speaker;
  mer_turn turn = {.text_size = request->text ? request->text_size : 0};
  if (d->turns.past == 0) return 0;
  if (turn.text_size > MER__TURN_BYTES) turn.text_size = MER__TURN_BYTES + 1; /* does not fit */
  if (speaker && strnlen(speaker, MER__SPEAKER_BYTES + 1) <= MER__SPEAKER_BYTES &&
      !(turn.speaker = mer__strdup(speaker)))
    return -1;
  if (request->text && !(turn.text = mer__strndup(request->text, turn.text_size))) {
    mer__free((char *)turn.speaker);
    return -1;
  }
  mer_turn *place = &of->turns[of->n % d->turns.past];
  if (of->n++ >= d->turns.past) forget_turn(d, place);
  *place = turn;

  d->n_bytes += size_of(&turn);
  while (d->n_bytes > MOST_BYTES) forget_oldest(d);
  return 0;
}

/* Adds the turns of a dialogue that were said last. */
static void recall(mer__kept_context *context, const mer_dialogues *d, const dialogue *of) {
  for (int64_t i = of->n - n_kept(d, of); i < of->n; i++)
    mer__kept_context_add(context, &of->turns[i % d->turns.past]);
}

static mer_status read_context(mer_json_request *read, mer_dialogues *d, const char *json,
                               size_t size, mer_error *err) {
  mer__kept_context context = {0};
  dialogue *of = NULL;
  mer_status status = mer__kept_context_read(&context, json, size, &d->turns, err);
  if (status == MER_OK && context.dialogue.text && !(of = find(d, &context.dialogue)))
    status = mer__fail_memory(err);
  if (of && !context.says_past) recall(&context, d, of);
  if (status == MER_OK) status = mer__kept_context_give(read, &context, err);
  if (status == MER_OK && of && remember(d, of, &read->request) != 0)
    status = mer__fail_memory(err);
  mer__kept_context_clear(&context);
  return status;
}

mer_status mer_dialogues_request_read(mer_json_request *read, mer_dialogues *dialogues,
                                      const char *json, size_t size, const char *folder,
                                      mer_error *err) {
  mer_status status = mer_json_request_read(read, json, size, folder, err);
  if (status != MER_OK || !(mer__turns_any(&dialogues->turns) || dialogues->adapts)) return status;
  return read_context(read, dialogues, json, size, err);
}
