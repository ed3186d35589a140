/* disturbed_texts.c: texts without some of their words, or of other words. */
#include "eval/disturbed_texts.h"

#include <string.h>

#include "base/error.h"
#include "base/rng.h"

static bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/* A word in a text; of no bytes: there is none any more. */
typedef struct word {
  const char *start;
  size_t size;
} word;

static word next_word(const char *text) {
  while (is_blank(*text)) text++;
  const char *end = text;
  while (*end && !is_blank(*end)) end++;
  return (word){text, (size_t)(end - text)};
}

static word after(word w) { return next_word(w.start + w.size); }

/* Writes a word at `to`, after a blank if it is not the first one of `out`; where it ends. */
static char *put_word(char *out, char *to, word w) {
  if (to != out) *to++ = ' ';
  memcpy(to, w.start, w.size);
  return to + w.size;
}

/* `text` without some of its words into `out`. */
static void drop_words(char *out, const char *text, double share, mer__rng *rng) {
  const word first = next_word(text);
  char *to = out;
  for (word w = first; w.size; w = after(w))
    if (mer__rng_uniform(rng) >= (float)share) to = put_word(out, to, w);
  if (to == out) to = put_word(out, to, first);
  *to = 0;
}

mer_status mer__texts_shorten(mer_utterance *rows, mer__arena *arena, int64_t n, double share,
                              uint64_t seed, mer_error *err) {
  for (int64_t i = 0; i < n; i++) {
    if (!rows[i].text) continue;
    mer__rng rng = {.seed = seed, .stream = (uint64_t)i};
    char *text = mer__arena_alloc(arena, strlen(rows[i].text) + 1, 1);
    if (!text) return mer__fail_memory(err);
    drop_words(text, rows[i].text, share, &rng);
    rows[i].text = text;
  }
  return MER_OK;
}

/* The words of a text into `words`, if that is not NULL; their number. */
static size_t list_words(word *words, const char *text) {
  size_t n = 0;
  if (!text) return 0;
  for (word w = next_word(text); w.size; w = after(w), n++)
    if (words) words[n] = w;
  return n;
}

/* The words of all texts; the caller's. */
static word *list_all_words(size_t *n_words, const mer_utterance *rows, int64_t n) {
  *n_words = 0;
  for (int64_t i = 0; i < n; i++) *n_words += list_words(NULL, rows[i].text);
  word *words = mer__malloc(*n_words, sizeof *words);
  size_t at = 0;
  for (int64_t i = 0; words && i < n; i++) at += list_words(words + at, rows[i].text);
  return words;
}

/* What words are drawn from. */
typedef struct source {
  const word *words;
  uint32_t n;
} source;

/* `own`, or with the probability `share` another one. */
static word draw_word(word own, float share, const source *from, mer__rng *rng) {
  const bool other = share >= 1 || mer__rng_uniform(rng) < share;
  return other ? from->words[mer__rng_below(rng, from->n)] : own;
}

/* `text` with other words, in `arena`; NULL if memory is out. */
static char *draw_text(mer__arena *arena, const char *text, float share, const source *from,
                       mer__rng rng) {
  mer__rng again = rng;
  size_t size = 1;
  for (word w = next_word(text); w.size; w = after(w))
    size += draw_word(w, share, from, &again).size + 1;
  char *drawn = mer__arena_alloc(arena, size, 1), *to = drawn;
  if (!drawn) return NULL;
  for (word w = next_word(text); w.size; w = after(w))
    to = put_word(drawn, to, draw_word(w, share, from, &rng));
  *to = 0;
  return drawn;
}

mer_status mer__texts_replace(mer_utterance *rows, mer__arena *arena, int64_t n,
                              const mer__white_noise *noise, mer_error *err) {
  size_t n_words;
  word *words = list_all_words(&n_words, rows, n);
  mer_status status = words ? MER_OK : mer__fail_memory(err);
  if (n_words > UINT32_MAX) status = mer__fail(err, MER_STATUS_LIMIT, "more than 2^32 words");
  for (int64_t i = 0; i < n && status == MER_OK; i++) {
    if (list_words(NULL, rows[i].text) == 0) continue;
    mer__row_noise own = mer__white_noise_of_row(noise, i);
    const float share = own.alone ? 1 : mer__rng_uniform(&own.rng);
    rows[i].text =
        draw_text(arena, rows[i].text, share, &(source){words, (uint32_t)n_words}, own.rng);
    if (!rows[i].text) status = mer__fail_memory(err);
  }
  mer__free(words);
  return status;
}
