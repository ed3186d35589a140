/* added_match.c: finds added tokens in a text, and gives what lies between them to the pipeline. */
#include <string.h>

#include "text/added_tokens.h"
#include "text/char_class.h"
#include "text/utf8.h"

/* A text that is searched: raw, or normalized. */
typedef struct searched {
  const mer__added_tokens *added;
  bool normalized;
  const uint8_t *text;
  size_t size;
} searched;

/* An added token in a text. */
typedef struct match {
  const mer__added_token *token; /* NULL: none */
  size_t begin, end;             /* with the white space that belongs to it */
  size_t next;                   /* where the search goes on */
} match;

static uint32_t character_at(size_t *n, const searched *s, size_t at) {
  return mer__utf8_read(n, s->text + at);
}

/* The character that ends at `end`, which is not 0. */
static uint32_t character_before(size_t *n, const searched *s, size_t end) {
  size_t size = mer__utf8_last(s->text, end);
  return mer__utf8_read(n, s->text + end - size);
}

static bool is_part_of_word(const searched *s, size_t begin, size_t end) {
  size_t n;
  return (begin > 0 && mer__char_is(MER__CHAR_WORD, character_before(&n, s, begin))) ||
         (end < s->size && mer__char_is(MER__CHAR_WORD, character_at(&n, s, end)));
}

/* The longest token that is written at `at`, or NULL; of equal ones the first. */
static const mer__added_token *longest_at(size_t *size, const searched *s, size_t at) {
  const mer__byte_trie *trie = &s->added->tries[s->normalized];
  const mer__trie_node *node = trie->nodes; /* NULL: there are no tokens */
  const mer__added_token *longest = NULL;
  for (size_t i = at; node && i < s->size; i++) {
    node = mer__byte_trie_child(trie, node, s->text[i]);
    if (!node || node->id == MER__TRIE_INNER) continue;
    longest = &s->added->items[s->added->n - 1 - (size_t)node->id];
    *size = i + 1 - at;
  }
  return longest;
}

/* Takes white space round a token; that before `from` belongs to the token before. */
static void widen(match *m, const searched *s, size_t from) {
  size_t n;
  while (m->token->lstrip && m->begin > from &&
         mer__char_is_space(character_before(&n, s, m->begin)))
    m->begin -= n;
  while (m->token->rstrip && m->end < s->size && mer__char_is_space(character_at(&n, s, m->end)))
    m->end += n;
}

/* The next token at or after `at`; what is before `from` was taken. A token that would have to be a
 * word and is a part of one is passed over whole, as in the reference. */
static match next_match(const searched *s, size_t at, size_t from) {
  for (size_t size = 0; at < s->size; at++) {
    match m = {.token = longest_at(&size, s, at), .begin = at, .end = at + size};
    if (!m.token) continue;
    m.next = m.end;
    if (!m.token->single_word || !is_part_of_word(s, m.begin, m.end)) {
      widen(&m, s, from);
      return m;
    }
    at = m.end - 1;
  }
  return (match){.begin = s->size, .end = s->size, .next = s->size};
}

typedef void (*between_encoder)(mer__id_sink *sink, const searched *s,
                                const mer__text_pipeline *pipeline, const uint8_t *text,
                                size_t size, bool first);

/* Adds the ids of the tokens in a text, and gives what lies between them to `encode`. */
static void encode_searched(mer__id_sink *sink, const searched *s,
                            const mer__text_pipeline *pipeline, bool first,
                            between_encoder encode) {
  bool more = true;
  for (size_t from = 0, at = 0; from < s->size && more;) {
    match m = next_match(s, at, from);
    if (m.begin > from)
      encode(sink, s, pipeline, s->text + from, m.begin - from, first && from == 0);
    if (m.token) mer__id_push(sink, m.token->id);
    more = mer__id_wanted(sink);
    from = m.end;
    at = m.next;
  }
}

static void encode_normalized(mer__id_sink *sink, const searched *s,
                              const mer__text_pipeline *pipeline, const uint8_t *text, size_t size,
                              bool first) {
  (void)s;
  mer__text_pipeline_encode(sink, pipeline, text, size,
                            (mer__text_state){.normalized = true, .first = first});
}

/* A text between two tokens of the raw text. */
static void encode_raw(mer__id_sink *sink, const searched *s, const mer__text_pipeline *pipeline,
                       const uint8_t *text, size_t size, bool first) {
  if (!s->added->any_normalized) {
    mer__text_pipeline_encode(sink, pipeline, text, size, (mer__text_state){.first = first});
    return;
  }
  mer__normal_room room = {0};
  size_t n;
  const char *normalized =
      mer__text_pipeline_normalize(&room, &n, pipeline, (const char *)text, size);
  const searched inner = {s->added, true, (const uint8_t *)normalized, n};
  if (normalized) encode_searched(sink, &inner, pipeline, first, encode_normalized);
  else sink->failed = true;
  mer__normal_room_clear(&room);
}

void mer__added_tokens_encode(mer__id_sink *sink, const mer__added_tokens *added,
                              const mer__text_pipeline *pipeline, const char *text, size_t size) {
  const searched s = {added, false, (const uint8_t *)text, size};
  encode_searched(sink, &s, pipeline, true, encode_raw);
}
