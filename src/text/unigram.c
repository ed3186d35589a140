/* unigram.c: a word to the pieces whose scores have the greatest sum. */
#include "text/unigram.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "text/serde_number.h"
#include "text/utf8.h"

/* Words of more bytes are taken apart in memory of their own. */
enum { STACK_WORD = 192 };

/* What an unknown character costs beyond the worst token, as SentencePiece has it. */
#define UNKNOWN_PENALTY 10.0

/* The best way to a place in a word: its last piece is `id`, which begins at `link`. When the ways
 * are turned round: the piece that begins at the place, which ends at `link`. */
typedef struct best_path {
  double score;
  int32_t id; /* -1: no way leads here */
  uint32_t link;
} best_path;

static void offer(best_path *path, double score, int32_t id, size_t from) {
  if (path->id >= 0 && !(score > path->score)) return;
  *path = (best_path){score, id, (uint32_t)from};
}

/* Fills the ways [size + 1] of a word. */
static void find_paths(best_path *paths, const mer__unigram *model, const uint8_t *word,
                       size_t size) {
  paths[0] = (best_path){0};
  for (size_t i = 1; i <= size; i++) paths[i].id = -1;
  for (size_t from = 0, n; from < size; from += n) {
    const mer__trie_node *node = model->trie.nodes;
    double score = paths[from].score;
    bool whole_character = false;
    mer__utf8_read(&n, word + from);
    for (size_t at = from; at < size; at++) {
      node = mer__byte_trie_child(&model->trie, node, word[at]);
      if (!node) break;
      if (node->id < 0) continue;
      offer(&paths[at + 1], score + model->scores[node->id], node->id, from);
      whole_character |= at + 1 == from + n;
    }
    if (!whole_character)
      offer(&paths[from + n], score + model->unknown_score, model->unknown, from);
  }
}

static int32_t find_token(const mer__byte_trie *trie, const uint8_t *text, size_t size) {
  const mer__trie_node *node = trie->nodes;
  for (size_t i = 0; i < size && node; i++) node = mer__byte_trie_child(trie, node, text[i]);
  return node ? node->id : -1;
}

/* Adds the id of neighbours that are unknown; together they may be a token after all. */
static void push_unknown(mer__id_sink *sink, const mer__unigram *model, const uint8_t *text,
                         size_t size) {
  int32_t id = find_token(&model->trie, text, size);
  bool as_bytes = id < 0 && model->byte_fallback;
  for (size_t i = 0; i < size && as_bytes; i++) as_bytes = model->bytes[text[i]] >= 0;
  if (!as_bytes) mer__id_push(sink, id < 0 ? model->unknown : id);
  for (size_t i = 0; i < size && as_bytes; i++) mer__id_push(sink, model->bytes[text[i]]);
}

/* Turns the best way to the end of the word round. */
static void turn(best_path *paths, size_t size) {
  best_path piece = paths[size];
  for (size_t end = size; end > 0;) {
    size_t begin = piece.link;
    best_path before = paths[begin];
    paths[begin].id = piece.id;
    paths[begin].link = (uint32_t)end;
    end = begin;
    piece = before;
  }
}

/* Adds the ids of the pieces of a way that was turned round. */
static void push_pieces(mer__id_sink *sink, const mer__unigram *model, const best_path *paths,
                        const uint8_t *word, size_t size) {
  for (size_t begin = 0, end; begin < size; begin = end) {
    int32_t id = paths[begin].id;
    end = paths[begin].link;
    if (id != model->unknown) {
      mer__id_push(sink, id);
      continue;
    }
    while (end < size && paths[end].id == id) end = paths[end].link;
    push_unknown(sink, model, word + begin, end - begin);
  }
}

/* Adds the ids of a word that may be the token `id`, or -1. */
static void encode_pieces(mer__id_sink *sink, const mer__unigram *model, const uint8_t *word,
                          size_t size, int32_t id) {
  best_path stack[STACK_WORD + 1], *paths = stack;
  if (size > STACK_WORD) paths = size < UINT32_MAX ? mer__malloc(size + 1, sizeof *paths) : NULL;
  if (!paths) {
    sink->failed = true;
    return;
  }
  find_paths(paths, model, word, size);
  if (id >= 0 && paths[size].id == id)
    atomic_store_explicit(&model->whole[id], true, memory_order_relaxed);
  turn(paths, size);
  push_pieces(sink, model, paths, word, size);
  if (paths != stack) mer__free(paths);
}

static void encode(mer__id_sink *sink, const void *state, const uint8_t *word, size_t size) {
  const mer__unigram *model = state;
  int32_t id = mer__vocabulary_find(
      model->vocabulary, mer__vocabulary_hash(model->vocabulary, word, size), word, size, false);
  if (id >= 0 && atomic_load_explicit(&model->whole[id], memory_order_relaxed))
    mer__id_push(sink, id);
  else encode_pieces(sink, model, word, size, id);
}

/* [["token", score], ..]: the id is the place in the list. */
static mer_status read_tokens(mer__unigram *model, mer__vocabulary *vocabulary, const json_t *list,
                              const mer__json_place *place, mer_error *err) {
  size_t n = json_array_size(list);
  mer__token_text *tokens = NULL;
  double least = INFINITY;
  mer_status status;
  if (!n) return mer__json_expected(place, "vocab", "a list of tokens and scores", err);
  tokens = mer__malloc(n, sizeof *tokens);
  model->scores = mer__malloc(n, sizeof *model->scores);
  model->whole = mer__calloc(n, sizeof *model->whole);
  if (!tokens || !model->scores || !model->whole) MER__CHECK(mer__fail_memory(err));
  for (size_t i = 0; i < n; i++) {
    const json_t *pair = json_array_get(list, i), *token = json_array_get(pair, 0),
                 *score = json_array_get(pair, 1);
    if (!json_is_string(token) || !json_is_number(score) || json_array_size(pair) != 2)
      MER__CHECK(
          mer__fail_at(err, MER_STATUS_FORMAT, (int64_t)i,
                       "%s: %s: token %zu: expected [\"token\", score], found something else",
                       place->path, place->name, i));
    tokens[i] = (mer__token_text){json_string_value(token), json_string_length(token)};
    model->scores[i] = mer__serde_number(json_number_value(score));
    least = fmin(least, model->scores[i]);
  }
  model->unknown_score = least - UNKNOWN_PENALTY;
  MER__CHECK(mer__vocabulary_build(vocabulary, tokens, n, place->path, err));
  for (size_t i = 0; i < n; i++) mer__vocabulary_enter(vocabulary, (int32_t)i);
cleanup:
  mer__free(tokens);
  return status;
}

static mer_status read_settings(mer__unigram *model, const mer__vocabulary *vocabulary,
                                const json_t *object, const mer__json_place *place,
                                mer_error *err) {
  int64_t unknown = -1;
  mer_status status;
  MER__CHECK(mer__json_integer(&unknown, object, "unk_id", place, err));
  if (unknown < 0 || unknown >= vocabulary->n_tokens)
    MER__CHECK(mer__json_expected(place, "unk_id", "the id of a token", err));
  model->unknown = (int32_t)unknown;
  MER__CHECK(mer__json_bool(&model->byte_fallback, object, "byte_fallback", place, err));
  for (int byte = 0; byte < 256; byte++) {
    char name[8];
    snprintf(name, sizeof name, "<0x%02X>", byte);
    model->bytes[byte] = mer__vocabulary_find_text(vocabulary, name);
  }
cleanup:
  return status;
}

static mer_status read(void **state, mer__vocabulary *vocabulary, const json_t *object,
                       const mer__json_place *place, mer_error *err) {
  mer__unigram *model = mer__calloc(1, sizeof *model);
  mer_status status;
  *state = model;
  if (!model) return mer__fail_memory(err);
  model->vocabulary = vocabulary;
  MER__CHECK(read_tokens(model, vocabulary, json_object_get(object, "vocab"), place, err));
  MER__CHECK(read_settings(model, vocabulary, object, place, err));
  status = mer__byte_trie_build(&model->trie, vocabulary, place->path, err);
cleanup:
  return status;
}

static void free_state(void *state) {
  mer__unigram *model = state;
  if (!model) return;
  mer__byte_trie_clear(&model->trie);
  mer__free(model->scores);
  mer__free(model->whole);
  mer__free(model);
}

const mer__token_model_kind mer__unigram_kind = {
    .name = "Unigram", .read = read, .encode = encode, .free = free_state};
