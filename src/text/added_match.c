/* added_match.c: finds added tokens in a text, and gives what lies between them to WordPiece. */
#include <string.h>
#include <utf8proc.h>

#include "base/alloc.h"
#include "text/added_tokens.h"

/* A text that is searched: raw, or normalized. */
typedef struct searched {
  const mer__added_tokens *added;
  bool normalized;
  const uint8_t *text;
  size_t size;
} searched;

/* What regular expressions call \w. */
static bool is_word_character(utf8proc_int32_t c) {
  switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_PC: return true;
    default: return c == 0x200C || c == 0x200D; /* joiners */
  }
}

static bool starts_with_word(const searched *s, size_t at) {
  utf8proc_int32_t c;
  utf8proc_ssize_t left = (utf8proc_ssize_t)(s->size - at);
  return left > 0 && utf8proc_iterate(s->text + at, left < 4 ? left : 4, &c) > 0 &&
         is_word_character(c);
}

static bool ends_with_word(const searched *s, size_t end) {
  size_t at = end;
  while (at > 0 && end - at < 4 && (s->text[--at] & 0xC0) == 0x80) {}
  utf8proc_int32_t c;
  return end > 0 &&
         utf8proc_iterate(s->text + at, (utf8proc_ssize_t)(end - at), &c) ==
             (utf8proc_ssize_t)(end - at) &&
         is_word_character(c);
}

/* The longest token that is written at `at`, or NULL; of equal ones the first. */
static const mer__added_token *longest_at(size_t *size, const searched *s, size_t at) {
  const mer__added_token *longest = NULL;
  *size = 0;
  for (size_t i = 0; i < s->added->n; i++) {
    const mer__added_token *token = &s->added->items[i];
    if (token->normalized != s->normalized || (uint8_t)token->pattern[0] != s->text[at]) continue;
    size_t n = strlen(token->pattern);
    if (n <= *size || n > s->size - at || memcmp(token->pattern, s->text + at, n) != 0) continue;
    longest = token;
    *size = n;
  }
  return longest;
}

/* The next token at or after `*at`, which becomes its beginning; NULL if there is none. A token
 * that would have to be a word and is a part of one is passed over whole, as in the reference. */
static const mer__added_token *next_token(size_t *at, size_t *size, const searched *s) {
  for (; *at < s->size; ++*at) {
    if (!s->added->first_bytes[s->normalized][s->text[*at]]) continue;
    const mer__added_token *token = longest_at(size, s, *at);
    if (!token) continue;
    if (!token->single_word || (!ends_with_word(s, *at) && !starts_with_word(s, *at + *size)))
      return token;
    *at += *size - 1;
  }
  return NULL;
}

static void encode_words(mer__id_sink *sink, const mer__normalization *how, const uint8_t *text,
                         size_t size) {
  mer__text_words(how, text, size, mer__wordpiece_visit, sink);
}

/* Adds the ids of a text that is normalized. */
static void encode_normalized(mer__id_sink *sink, const mer__added_tokens *added, const char *text,
                              size_t size) {
  const mer__normalization done = {0};
  const searched s = {added, true, (const uint8_t *)text, size};
  const mer__added_token *token;
  bool more = true;
  for (size_t from = 0, at, length; from < size && more; from = at + length) {
    at = from;
    length = 0;
    token = next_token(&at, &length, &s);
    encode_words(sink, &done, s.text + from, at - from);
    more = token && mer__wordpiece_push(sink, token->id);
  }
}

/* Adds the ids of a text between two tokens of the raw text. */
static void encode_between(mer__id_sink *sink, const mer__added_tokens *added,
                           const mer__normalization *how, const uint8_t *text, size_t size) {
  if (!added->any_normalized) {
    encode_words(sink, how, text, size);
    return;
  }
  size_t n;
  char *normalized = mer__normalize(how, (const char *)text, size, &n);
  if (normalized) encode_normalized(sink, added, normalized, n);
  else sink->failed = true;
  mer__free(normalized);
}

void mer__added_tokens_encode(mer__id_sink *sink, const mer__added_tokens *added,
                              const mer__normalization *how, const char *text, size_t size) {
  mer__normalization between = *how;
  const searched s = {added, false, (const uint8_t *)text, size};
  const mer__added_token *token;
  bool more = true;
  between.specials = false; /* they are among the added tokens */
  for (size_t from = 0, at, length; from < size && more; from = at + length) {
    at = from;
    length = 0;
    token = next_token(&at, &length, &s);
    encode_between(sink, added, &between, s.text + from, at - from);
    more = token && mer__wordpiece_push(sink, token->id);
  }
}
