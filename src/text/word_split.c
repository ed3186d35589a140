/* word_split.c: text to words. */
#include "text/word_split.h"

#include <string.h>

#include "base/alloc.h"
#include "text/char_class.h"
#include "text/gpt2_word.h"
#include "text/utf8.h"

/* Pieces of fewer bytes are copied without memory of their own. */
enum { SMALL_COPY = 512 };

/* A text on its way through the steps. */
typedef struct run {
  const mer__word_split *split;
  mer__split_visitor visit;
  void *user;
  bool stopped, failed;
} run;

static void take(run *r, int step, const uint8_t *text, size_t size, bool first);

/* Gives a piece to the step after `step`. */
static void give(run *r, int step, const uint8_t *text, size_t size, bool first) {
  if (size && !r->stopped) take(r, step + 1, text, size, first);
}

/* What a character does to the piece that it would be a part of. */
typedef enum effect { REMOVED, ALONE, JOINED, JOINED_OTHERS } effect;

static effect effect_of(const mer__split_step *step, uint32_t c) {
  const mer__split_kind kind = step->kind;
  bool found = kind == MER__SPLIT_DIGITS        ? mer__char_is(MER__CHAR_NUMERIC, c)
               : kind == MER__SPLIT_PUNCTUATION ? mer__char_is(MER__CHAR_PUNCT, c)
                                                : mer__char_is_space(c);
  switch (kind) {
    case MER__SPLIT_BERT:
      if (!found && mer__char_is(MER__CHAR_PUNCT, c)) return ALONE;
      return found ? REMOVED : JOINED;
    case MER__SPLIT_WORDS:
      if (found) return REMOVED;
      return mer__char_is(MER__CHAR_WORD, c) ? JOINED : JOINED_OTHERS;
    case MER__SPLIT_DIGITS:
    case MER__SPLIT_PUNCTUATION:
      if (!found) return JOINED;
      if (step->behavior == MER__SPLIT_REMOVED) return REMOVED;
      return step->behavior == MER__SPLIT_ISOLATED ? ALONE : JOINED_OTHERS;
    default: return JOINED; /* the other kinds are split by other means */
  }
}

/* Splits where the effect changes. */
static void split_by_effect(run *r, int step, const uint8_t *text, size_t size, bool first) {
  size_t begin = 0, n;
  effect last = REMOVED;
  for (size_t at = 0; at < size && !r->stopped; at += n) {
    effect now = effect_of(&r->split->steps[step], mer__utf8_read(&n, text + at));
    if (now != last || now == ALONE || now == REMOVED) {
      if (last != REMOVED) give(r, step, text + begin, at - begin, first && begin == 0);
      begin = at;
    }
    last = now;
  }
  if (last != REMOVED) give(r, step, text + begin, size - begin, first && begin == 0);
}

/* Bytes at the beginning of `text` that are white space, or that are not. */
static size_t run_size(const uint8_t *text, size_t size, bool is_space) {
  size_t at = 0, n;
  while (at < size && mer__char_is_space(mer__utf8_read(&n, text + at)) == is_space) at += n;
  return at;
}

static void split_at_space(run *r, int step, const uint8_t *text, size_t size, bool first) {
  for (size_t at = 0, n; at < size && !r->stopped; at += n) {
    at += run_size(text + at, size - at, true);
    n = run_size(text + at, size - at, false);
    give(r, step, text + at, n, first && at == 0);
  }
}

/* Pieces of a text that is split at another one, alternately between and at it. */
typedef struct piece_run {
  run *r;
  const uint8_t *text;
  int step;
  bool first;
  size_t begin, end; /* the piece that may still grow */
  bool is_match, any;
} piece_run;

static void flush_piece(piece_run *p) {
  if (p->any) give(p->r, p->step, p->text + p->begin, p->end - p->begin, p->first && p->begin == 0);
  p->any = false;
}

static void add_piece(piece_run *p, size_t begin, size_t end, bool is_match) {
  mer__split_behavior behavior = p->r->split->steps[p->step].behavior;
  bool previous = p->is_match, joins = false;
  if (begin == end) return;
  p->is_match = is_match;
  switch (behavior) {
    case MER__SPLIT_REMOVED:
      if (is_match) return;
      break;
    case MER__SPLIT_CONTIGUOUS: joins = is_match == previous; break;
    case MER__SPLIT_MERGED_WITH_PREVIOUS: joins = is_match && !previous; break;
    case MER__SPLIT_MERGED_WITH_NEXT: joins = previous && !is_match; break;
    default: break;
  }
  if (!joins || !p->any) {
    flush_piece(p);
    p->begin = begin;
  }
  p->end = end;
  p->any = true;
}

/* Where `what` is found at or after `at`; `size` if it is not. */
static size_t find(const uint8_t *text, size_t size, size_t at, const char *what, size_t n) {
  for (const uint8_t *c; size - at >= n; at = (size_t)(c - text) + 1) {
    c = memchr(text + at, what[0], size - at - n + 1);
    if (!c) break;
    if (memcmp(c, what, n) == 0) return (size_t)(c - text);
  }
  return size;
}

static void split_at_text(run *r, int step, const uint8_t *text, size_t size, bool first) {
  const mer__split_step *s = &r->split->steps[step];
  piece_run pieces = {.r = r, .text = text, .step = step, .first = first};
  size_t n = s->text_size;
  for (size_t at = 0, found; at < size; at = found + n) {
    found = find(text, size, at, s->text, n);
    add_piece(&pieces, at, found, s->inverted);
    if (found == size) break;
    add_piece(&pieces, found, found + n, !s->inverted);
  }
  flush_piece(&pieces);
}

static void give_words(run *r, int step, const uint8_t *text, size_t size) {
  if (!r->split->steps[step].split) {
    give(r, step, text, size, false);
    return;
  }
  for (size_t at = 0, n; at < size && !r->stopped; at += n)
    give(r, step, text + at, n = mer__gpt2_word(text + at, size - at), false);
}

static void split_bytes(run *r, int step, const uint8_t *text, size_t size) {
  if (r->split->steps[step].prepend == MER__PREPEND_NEVER || text[0] == ' ') {
    give_words(r, step, text, size);
    return;
  }
  uint8_t stack[SMALL_COPY], *copy = size < SMALL_COPY ? stack : mer__malloc(size + 1, 1);
  if (!copy) {
    r->failed = r->stopped = true;
    return;
  }
  copy[0] = ' ';
  memcpy(copy + 1, text, size);
  give_words(r, step, copy, size + 1);
  if (copy != stack) mer__free(copy);
}

/* Whether `text` begins with the visible character of a step. */
static bool is_marked(const mer__split_step *s, const uint8_t *text, size_t size) {
  return size >= s->text_size && memcmp(text, s->text, s->text_size) == 0;
}

/* Gives the words of a text in which spaces are visible: each begins with one. */
static void give_visible(run *r, int step, const uint8_t *text, size_t size, bool first) {
  const mer__split_step *s = &r->split->steps[step];
  for (size_t begin = 0, end; begin < size && !r->stopped; begin = end) {
    size_t from = begin + (is_marked(s, text + begin, size - begin) ? s->text_size : 0);
    end = s->split ? find(text, size, from, s->text, s->text_size) : size;
    give(r, step, text + begin, end - begin, first && begin == 0);
  }
}

/* Writes a text with visible spaces, and one before it if `marked`; returns its bytes. */
static size_t spell(uint8_t *out, const mer__split_step *s, const uint8_t *text, size_t size,
                    bool marked) {
  size_t end = marked ? s->text_size : 0;
  memcpy(out, s->text, end);
  for (size_t at = 0, space; at < size; at = space + 1) {
    space = find(text, size, at, " ", 1);
    memcpy(out + end, text + at, space - at);
    end += space - at;
    if (space == size) break;
    memcpy(out + end, s->text, s->text_size);
    end += s->text_size;
  }
  return end;
}

static void split_visible(run *r, int step, const uint8_t *text, size_t size, bool first) {
  const mer__split_step *s = &r->split->steps[step];
  uint8_t stack[SMALL_COPY], *copy = stack;
  bool marks = s->prepend == MER__PREPEND_ALWAYS || (s->prepend == MER__PREPEND_FIRST && first);
  bool marked = marks && text[0] != ' ' && !is_marked(s, text, size);
  if (size >= SMALL_COPY / 4) copy = size < SIZE_MAX / 8 ? mer__malloc(size + 1, 4) : NULL;
  if (copy) give_visible(r, step, copy, spell(copy, s, text, size, marked), first);
  else r->failed = r->stopped = true;
  if (copy != stack) mer__free(copy);
}

static void take(run *r, int step, const uint8_t *text, size_t size, bool first) {
  if (step == r->split->n_steps) {
    r->stopped = !r->visit(r->user, text, size);
    return;
  }
  switch (r->split->steps[step].kind) {
    case MER__SPLIT_BYTE_LEVEL: split_bytes(r, step, text, size); break;
    case MER__SPLIT_METASPACE: split_visible(r, step, text, size, first); break;
    case MER__SPLIT_WHITESPACE: split_at_space(r, step, text, size, first); break;
    case MER__SPLIT_TEXT: split_at_text(r, step, text, size, first); break;
    default: split_by_effect(r, step, text, size, first); break;
  }
}

bool mer__word_split_visit(const mer__word_split *split, const uint8_t *text, size_t size,
                           bool first, mer__split_visitor visit, void *user) {
  run r = {.split = split, .visit = visit, .user = user};
  if (size) take(&r, 0, text, size, first);
  return !r.failed;
}

bool mer__word_split_is_byte_level(const mer__word_split *split) {
  return split->n_steps && split->steps[split->n_steps - 1].kind == MER__SPLIT_BYTE_LEVEL;
}
