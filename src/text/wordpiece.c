/* wordpiece.c: a word to the ids of its pieces. */
#include "text/wordpiece.h"

#include "base/alloc.h"

int mer__tokens_reserve(mer_tokens *tokens, size_t needed) {
  size_t n_ids = tokens->capacity, n_types = tokens->capacity;
  if (mer__grow(&tokens->ids, &n_ids, needed, sizeof *tokens->ids) != 0 ||
      mer__grow(&tokens->type_ids, &n_types, needed, sizeof *tokens->type_ids) != 0)
    return -1;
  tokens->capacity = n_types;
  return 0;
}

static void push(mer__id_sink *sink, int32_t id) {
  size_t at = sink->n_before + sink->n++;
  if (sink->n > sink->limit) return;
  if (at >= sink->tokens->capacity && mer__tokens_reserve(sink->tokens, at + 1) != 0) {
    sink->failed = true;
    return;
  }
  sink->tokens->ids[at] = id;
}

/* The longest token at the beginning of `rest`, its bytes in `*size`; -1 if there is none. */
static int32_t longest_piece(size_t *size, const mer__vocabulary *vocabulary, const uint8_t *rest,
                             size_t rest_size, bool inside) {
  uint32_t hashes[MER__WORD_MAX_BYTES + 1];
  size_t longest = vocabulary->longest - (inside ? 2 : 0);
  if (rest_size > longest) rest_size = longest;
  hashes[0] = inside ? MER__HASH_INSIDE : MER__HASH_START;
  for (size_t i = 0; i < rest_size; i++) hashes[i + 1] = mer__hash_add(hashes[i], rest[i]);
  for (*size = rest_size; *size > 0; --*size) {
    int32_t id = mer__vocabulary_find(vocabulary, hashes[*size], rest, *size, inside);
    if (id >= 0) return id;
  }
  return -1;
}

static void push_pieces(mer__id_sink *sink, const uint8_t *word, size_t size) {
  size_t n_before_word = sink->n;
  for (size_t at = 0, piece; at < size; at += piece) {
    int32_t id = longest_piece(&piece, sink->vocabulary, word + at, size - at, at > 0);
    if (id < 0) {
      sink->n = n_before_word;
      push(sink, sink->vocabulary->specials[MER__SPECIAL_UNK]);
      return;
    }
    push(sink, id);
  }
}

static bool wants_more(const mer__id_sink *sink) {
  return sink->n <= sink->stop_above && !sink->failed;
}

bool mer__wordpiece_push(mer__id_sink *sink, int32_t id) {
  push(sink, id);
  return wants_more(sink);
}

bool mer__wordpiece_visit(void *user, const mer__word *word) {
  mer__id_sink *sink = user;
  if (word->special >= 0) push(sink, sink->vocabulary->specials[word->special]);
  else if (word->too_long) push(sink, sink->vocabulary->specials[MER__SPECIAL_UNK]);
  else push_pieces(sink, word->bytes, word->size);
  return wants_more(sink);
}
