/* text_turns.c: an utterance among the turns of its dialogue, as ids. */
#include "encoder/text_turns.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/text_buffer.h"
#include "encoder/config_json.h"
#include "encoder/own_tokens.h"
#include "text/token_segments.h"
#include "text/tokenizer_parts.h"

enum { WINDOW = 2 * MER__MOST_TURNS + 1 };

static const char *const pools[] = {
    [MER__TEXT_CLS] = "cls", [MER__TEXT_MEAN] = "utterance", [MER__TEXT_CNN] = "cnn"};
enum { N_POOLS = sizeof pools / sizeof pools[0] };

/* The turns that are looked at, in their order, the utterance among them. */
typedef struct window {
  const mer_turn *turns[WINDOW];
  int letters[WINDOW];      /* of their speakers; -1: not known, or the turn is not written */
  mer__id_run runs[WINDOW]; /* the ids of each; none of one that is left out */
  int n, own;               /* turns; the utterance's place */
} window;

/* With what turns are read. */
typedef struct reading {
  mer__turn_ids *kept;
  const mer_tokenizer *tokenizer;
  size_t room; /* for ids of all turns */
  bool names;
} reading;

static int count_segments(const mer__turns *turns) {
  return 1 + (turns->past > 0) + (turns->future > 0);
}

mer_status mer__text_turns_check(const mer__turns *turns, const mer_tokenizer *tokenizer,
                                 int64_t max_length, const char *path, mer_error *err) {
  if (turns->lstm) {
    if (turns->past > 0 && turns->future == 0 && !turns->names) return MER_OK;
    return mer__fail(err, MER_STATUS_INVALID,
                     "%s: a layer over the vectors of turns reads those before an utterance, "
                     "without their speakers",
                     path);
  }
  if (!mer__turns_any(turns)) {
    if (!turns->names) return MER_OK;
    return mer__fail(err, MER_STATUS_INVALID, "%s: speakers' names without turns of a context",
                     path);
  }
  const size_t specials = mer__segments_specials(tokenizer, count_segments(turns));
  if (max_length > (int64_t)specials) return MER_OK;
  return mer__fail(err, MER_STATUS_INVALID,
                   "%s: a maximum length of %lld tokens leaves no room beside the %zu special ones "
                   "of a context",
                   path, (long long)max_length, specials);
}

/* What reads the turns; without the key they are written before the utterance. */
static mer_status parse_reader(mer__turns *turns, const json_t *object, const char *path,
                               mer_error *err) {
  const char *reader;
  mer_status status = mer__config_string(&reader, object, "turns", false, path, err);
  turns->lstm = status == MER_OK && reader && strcmp(reader, "lstm") == 0;
  if (status != MER_OK || !reader || turns->lstm) return status;
  return mer__fail(err, MER_STATUS_UNSUPPORTED, "%s: 'turns' is \"%.60s\", expected lstm", path,
                   reader);
}

mer_status mer__text_turns_parse(mer__turns *turns, const json_t *object, const char *path,
                                 mer_error *err) {
  const char *pool;
  mer_status status;
  int kind = 0;
  *turns = (mer__turns){0};
  MER__CHECK(
      mer__config_integer(&turns->past, object, "context", false, 0, MER__MOST_TURNS, path, err));
  MER__CHECK(
      mer__config_integer(&turns->future, object, "future", false, 0, MER__MOST_TURNS, path, err));
  MER__CHECK(mer__config_switch(&turns->names, object, "speaker_names", path, err));
  MER__CHECK(parse_reader(turns, object, path, err));
  MER__CHECK(mer__config_string(&pool, object, "pool", false, path, err));
  while (pool && kind < N_POOLS && strcmp(pool, pools[kind]) != 0) kind++;
  turns->pool = (mer__text_pool)kind;
  if (kind == N_POOLS)
    status = mer__fail(err, MER_STATUS_UNSUPPORTED,
                       "%s: 'pool' is \"%.60s\", expected cls, utterance or cnn", path, pool);
cleanup:
  return status;
}

int mer__text_turns_describe(const mer__turns *turns, json_t *object) {
  int failed = 0;
  if (turns->past > 0) failed |= json_object_set_new(object, "context", json_integer(turns->past));
  if (turns->future > 0)
    failed |= json_object_set_new(object, "future", json_integer(turns->future));
  if (turns->pool != MER__TEXT_CLS)
    failed |= json_object_set_new(object, "pool", json_string(pools[turns->pool]));
  if (turns->names) failed |= json_object_set_new(object, "speaker_names", json_true());
  if (turns->lstm) failed |= json_object_set_new(object, "turns", json_string("lstm"));
  return failed;
}

mer__turns mer__text_turns_of_model(const json_t *root) {
  const json_t *object = mer__config_modality(root, "text");
  mer__turns turns = {0};
  if (object && mer__text_turns_parse(&turns, object, "", NULL) == MER_OK) return turns;
  return (mer__turns){0};
}

bool mer__turn_has_vector(const mer_turn *turn) {
  return turn->text && turn->text_size <= MER__TURN_BYTES;
}

/* Whether a turn has a text: within its first bytes, as nobody keeps more of it. */
static bool says(const mer_turn *turn) {
  for (size_t i = 0; turn->text && i < turn->text_size && i <= MER__TURN_BYTES; i++)
    if (!strchr(" \t\r\n", turn->text[i]) || !turn->text[i]) return true;
  return false;
}

/* The name of a turn's speaker, or NULL. */
static const char *speaker_of(const mer_turn *turn) {
  const char *name = turn->speaker;
  return name && name[0] && strnlen(name, MER__SPEAKER_BYTES + 1) <= MER__SPEAKER_BYTES ? name
                                                                                        : NULL;
}

/* Gives each speaker a letter, by order of appearance. */
static void name_speakers(window *w) {
  int n_letters = 0;
  for (int i = 0; i < w->n; i++) {
    const bool written = i == w->own || says(w->turns[i]);
    const char *name = written ? speaker_of(w->turns[i]) : NULL;
    int j = 0;
    while (j < i && !(name && w->letters[j] >= 0 && strcmp(name, w->turns[j]->speaker) == 0)) j++;
    w->letters[i] = !name ? -1 : j < i ? w->letters[j] : n_letters++;
  }
}

static window look(const mer_turn *own, const mer_context *context, const mer__turns *turns) {
  window w = {0};
  const int64_t past = context->n_past < turns->past ? context->n_past : turns->past;
  const int64_t future = context->n_future < turns->future ? context->n_future : turns->future;
  for (int64_t i = 0; i < past; i++) w.turns[w.n++] = &context->past[context->n_past - past + i];
  w.own = w.n;
  w.turns[w.n++] = own;
  for (int64_t i = 0; i < future; i++) w.turns[w.n++] = &context->future[i];
  const int own_segment = turns->past > 0;
  for (int i = 0; i < w.n; i++)
    w.runs[i].segment = i < w.own ? 0 : i > w.own ? own_segment + 1 : own_segment;
  w.runs[w.own].mark = turns->pool ? MER__OWN_TOKEN : 0;
  name_speakers(&w);
  return w;
}

/* A, B, .., Z, AA, AB, .. */
static void put_letter(mer__text_buffer *out, int letter) {
  if (letter >= 26) put_letter(out, letter / 26 - 1);
  const char c = (char)('A' + letter % 26);
  mer__text_append(out, &c, 1);
}

/* What of a turn is read: "A: text". */
static void write_turn(mer__text_buffer *out, const window *w, int i, bool names) {
  const mer_turn *turn = w->turns[i];
  if (w->letters[i] >= 0) {
    if (names) mer__text_puts(out, turn->speaker);
    else put_letter(out, w->letters[i]);
    mer__text_puts(out, ": ");
  }
  mer__text_append(out, turn->text, turn->text_size);
}

/* Ids of a turn, which are made if they are not kept yet: at most as many as there is room for in
 * all. */
static mer_status find_ids(mer__turn_run *turn, const reading *r, const window *w, int i,
                           mer_error *err) {
  const bool lettered = w->letters[i] >= 0;
  const mer__turn_key key = {.text = w->turns[i]->text,
                             .name = lettered && r->names ? w->turns[i]->speaker : NULL,
                             .size = w->turns[i]->text_size,
                             .letter = lettered && !r->names ? w->letters[i] : -1};
  mer__text_buffer text = {0};
  mer__turn_run *place = mer__turn_ids_find(r->kept, &key);
  mer_status status = place ? MER_OK : mer__fail_memory(err);
  if (place && !place->key.text) {
    write_turn(&text, w, i, r->names);
    status = text.failed ? mer__fail_memory(err)
                         : mer__turn_ids_add(r->kept, place, &key, r->tokenizer, text.data,
                                             text.size, r->room, err);
  }
  mer__text_clear(&text);
  if (status == MER_OK) *turn = *place;
  return status;
}

/* Adds the ids of a turn, if there is room for all of them; of the utterance those for which there
 * is. `*fits` is false if it was left out. */
static mer_status add_turn(bool *fits, window *w, int i, size_t *room, const reading *r,
                           mer_error *err) {
  const bool own = i == w->own;
  mer__turn_run turn;
  const bool written = own || says(w->turns[i]);
  *fits = own || !written || w->turns[i]->text_size <= MER__TURN_BYTES;
  if (!*fits || !written) return MER_OK;
  mer_status status = find_ids(&turn, r, w, i, err);
  if (status != MER_OK) return status;
  *fits = own || (!turn.cut && turn.n <= *room);
  if (!*fits) return MER_OK;
  w->runs[i].begin = turn.begin;
  w->runs[i].n = turn.n;
  *room -= turn.n;
  return MER_OK;
}

/* Adds turns of both sides by their distance, until one of a side does not fit. */
static mer_status add_turns(window *w, size_t room, const reading *r, mer_error *err) {
  bool open[2] = {true, true};
  mer_status status = MER_OK;
  for (int distance = 1; open[0] || open[1]; distance++)
    for (int side = 0; side < 2 && status == MER_OK; side++) {
      const int i = side == 0 ? w->own - distance : w->own + distance;
      open[side] = open[side] && i >= 0 && i < w->n;
      if (open[side]) status = add_turn(&open[side], w, i, &room, r, err);
      if (status != MER_OK) return status;
    }
  return status;
}

mer_status mer__text_turns_encode(mer_tokens *tokens, const mer_tokenizer *tokenizer,
                                  const mer__turns *turns, int64_t max_length, const char *text,
                                  size_t size, const mer_context *context, mer__turn_ids *kept,
                                  mer_error *err) {
  static const mer_context none = {0};
  mer__turn_ids own_ids = {0};
  const mer_turn own = {context ? context->speaker : NULL, text, size, {0}};
  const int n_segments = count_segments(turns);
  const reading r = {.kept = kept ? kept : &own_ids,
                     .tokenizer = tokenizer,
                     .room = (size_t)max_length - mer__segments_specials(tokenizer, n_segments),
                     .names = turns->names};
  window w = look(&own, context ? context : &none, turns);
  size_t room = r.room;
  bool fits;
  mer_status status;
  mer__turn_ids_limit(r.kept);
  MER__CHECK(add_turn(&fits, &w, w.own, &room, &r, err));
  MER__CHECK(add_turns(&w, room, &r, err));
  MER__CHECK(
      mer__segments_join(tokens, tokenizer, &r.kept->ids, w.runs, (size_t)w.n, n_segments, err));
cleanup:
  mer__turn_ids_clear(&own_ids);
  return status;
}
