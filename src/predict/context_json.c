/* context_json.c: what is said around an utterance, from its JSON object. */
#include "predict/context_json.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

void mer__kept_context_clear(mer__kept_context *context) { mer__text_clear(&context->strings); }

/* Appends a string and a 0; its place. */
static size_t keep(mer__text_buffer *strings, const char *text, size_t size) {
  const size_t place = strings->size;
  mer__text_append(strings, text, size);
  mer__text_append(strings, "", 1);
  return place;
}

/* Of a text that is too long for a turn enough to see that. */
static size_t kept_size(size_t size) {
  return size <= MER__TURN_BYTES ? size : (size_t)MER__TURN_BYTES + 1;
}

void mer__kept_context_add(mer__kept_context *context, const mer_turn *turn) {
  mer__text_buffer *strings = &context->strings;
  mer__kept_turn *kept = &context->past[context->n_past++];
  *kept =
      (mer__kept_turn){turn->speaker != NULL, turn->text != NULL, 0, 0, kept_size(turn->text_size)};
  if (turn->speaker) kept->speaker = keep(strings, turn->speaker, strlen(turn->speaker));
  if (turn->text) kept->text = keep(strings, turn->text, kept->text_size);
}

/* A text, or null; who speaks may also be a number. */
static mer_status check_text(const mer__json_value *value, const char *key, bool or_number,
                             mer_error *err) {
  if (value->kind == MER__JSON_STRING || value->kind == MER__JSON_NULL ||
      (or_number && value->kind == MER__JSON_NUMBER))
    return MER_OK;
  return mer__fail(err, MER_STATUS_FORMAT, "\"%s\" is not a text%s", key,
                   or_number ? " or a number" : "");
}

/* Appends the characters of a string, or a number as it is written; their place and number. */
static size_t keep_value(size_t *size, mer__text_buffer *strings, const mer__json_value *value) {
  const size_t place = strings->size;
  if (value->kind == MER__JSON_STRING) mer__json_decode(strings, value);
  else mer__text_append(strings, value->text, value->size);
  *size = strings->size - place;
  mer__text_append(strings, "", 1);
  return place;
}

static mer_status take_speaker(mer__kept_turn *turn, mer__text_buffer *strings,
                               const mer__json_value *value, mer_error *err) {
  size_t size;
  mer_status status = check_text(value, "speaker", true, err);
  turn->has_speaker = status == MER_OK && value->kind != MER__JSON_NULL;
  if (turn->has_speaker) turn->speaker = keep_value(&size, strings, value);
  return status;
}

static mer_status take_text(mer__kept_turn *turn, mer__text_buffer *strings,
                            const mer__json_value *value, mer_error *err) {
  mer_status status = check_text(value, "text", false, err);
  turn->has_text = status == MER_OK && value->kind != MER__JSON_NULL;
  if (turn->has_text) turn->text = keep_value(&turn->text_size, strings, value);
  turn->text_size = kept_size(turn->text_size);
  return status;
}

/* {"speaker", "text"}, or the text alone. */
static mer_status take_turn(mer__kept_turn *turn, mer__text_buffer *strings,
                            const mer__json_value *value, mer_error *err) {
  mer__json_scan scan;
  mer__json_value key, member;
  mer_status status = MER_OK;
  *turn = (mer__kept_turn){0};
  if (value->kind == MER__JSON_STRING) return take_text(turn, strings, value, err);
  mer__json_begin(&scan, value->text, value->size);
  while (status == MER_OK && mer__json_next(&key, &member, &scan)) {
    if (mer__json_is(&key, "speaker")) status = take_speaker(turn, strings, &member, err);
    else if (mer__json_is(&key, "text")) status = take_text(turn, strings, &member, err);
  }
  return status;
}

/* The number of turns in a list. */
static mer_status count_turns(int64_t *n, const mer__json_value *list, const char *key,
                              mer_error *err) {
  mer__json_scan scan;
  mer__json_value value;
  *n = 0;
  if (list->kind == MER__JSON_NULL) return MER_OK;
  if (list->kind != MER__JSON_ARRAY)
    return mer__fail(err, MER_STATUS_FORMAT, "\"%s\" is not a list", key);
  mer__json_begin(&scan, list->text, list->size);
  for (; mer__json_next_element(&value, &scan); ++*n)
    if (value.kind != MER__JSON_STRING && value.kind != MER__JSON_OBJECT)
      return mer__fail(err, MER_STATUS_FORMAT,
                       "\"%s\": number %lld is not a text or {\"speaker\", \"text\"}", key,
                       (long long)*n + 1);
  return MER_OK;
}

/* Takes `most` turns of a list, the last or the first. */
static mer_status take_turns(mer__kept_turn *turns, int64_t *n, mer__text_buffer *strings,
                             const mer__json_value *list, const char *key, int64_t most, bool last,
                             mer_error *err) {
  mer__json_scan scan;
  mer__json_value value;
  int64_t n_all;
  *n = 0;
  mer_status status = count_turns(&n_all, list, key, err);
  if (status != MER_OK || n_all == 0) return status;
  const int64_t first = last && n_all > most ? n_all - most : 0;
  mer__json_begin(&scan, list->text, list->size);
  for (int64_t i = 0; status == MER_OK && *n < most && mer__json_next_element(&value, &scan); i++)
    if (i >= first) status = take_turn(&turns[(*n)++], strings, &value, err);
  return status;
}

enum { SPEAKER, DIALOGUE, CONTEXT, FUTURE, N_KEYS };

static mer_status take_member(mer__kept_context *c, unsigned *seen, const mer__json_value *key,
                              const mer__json_value *value, const mer__turns *turns,
                              mer_error *err) {
  static const char *const names[N_KEYS] = {"speaker", "dialogue", "context", "future"};
  unsigned i = 0;
  while (i < N_KEYS && !mer__json_is(key, names[i])) i++;
  if (i == N_KEYS || (i != SPEAKER && !mer__turns_any(turns))) return MER_OK;
  if (*seen & 1U << i) return mer__fail(err, MER_STATUS_FORMAT, "\"%s\" is there twice", names[i]);
  *seen |= 1U << i;
  switch (i) {
    case SPEAKER: return take_speaker(&c->own, &c->strings, value, err);
    case DIALOGUE:
      if (value->kind != MER__JSON_NULL) c->dialogue = *value;
      return MER_OK;
    case CONTEXT:
      c->says_past = value->kind != MER__JSON_NULL;
      return take_turns(c->past, &c->n_past, &c->strings, value, names[i], turns->past, true, err);
    default:
      return take_turns(c->future, &c->n_future, &c->strings, value, names[i], turns->future, false,
                        err);
  }
}

mer_status mer__kept_context_read(mer__kept_context *context, const char *json, size_t size,
                                  const mer__turns *turns, mer_error *err) {
  mer__json_scan scan;
  mer__json_value key, value;
  unsigned seen = 0;
  mer_status status = MER_OK;
  mer__json_begin(&scan, json, size);
  while (status == MER_OK && mer__json_next(&key, &value, &scan))
    status = take_member(context, &seen, &key, &value, turns, err);
  return status;
}

static void put_turns(mer_turn *turns, const mer__kept_turn *kept, int64_t n, const char *strings) {
  for (int64_t i = 0; i < n; i++)
    turns[i] = (mer_turn){.speaker = kept[i].has_speaker ? strings + kept[i].speaker : NULL,
                          .text = kept[i].has_text ? strings + kept[i].text : NULL,
                          .text_size = kept[i].text_size};
}

mer_status mer__kept_context_give(mer_json_request *read, const mer__kept_context *c,
                                  mer_error *err) {
  const size_t at_context = mer__align(read->text ? read->request.text_size + 1 : 1);
  const size_t at_turns = at_context + mer__align(sizeof(mer_context));
  const size_t n_turns = (size_t)(c->n_past + c->n_future);
  const size_t at_strings = at_turns + n_turns * sizeof(mer_turn);
  char *block = c->strings.failed ? NULL : mer__malloc(at_strings + c->strings.size, 1);
  if (!block) return mer__fail_memory(err);
  mer_context *context = (mer_context *)(block + at_context);
  mer_turn *turns = (mer_turn *)(block + at_turns);
  if (c->strings.size) memcpy(block + at_strings, c->strings.data, c->strings.size);
  put_turns(turns, c->past, c->n_past, block + at_strings);
  put_turns(turns + c->n_past, c->future, c->n_future, block + at_strings);
  *context =
      (mer_context){.speaker = c->own.has_speaker ? block + at_strings + c->own.speaker : NULL,
                    .past = turns,
                    .future = turns + c->n_past,
                    .n_past = c->n_past,
                    .n_future = c->n_future};
  block[0] = 0;
  if (read->text) memcpy(block, read->text, read->request.text_size + 1);
  if (read->text) read->request.text = block;
  mer__free(read->text);
  read->text = block;
  read->request.context = context;
  return MER_OK;
}
