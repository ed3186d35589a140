/* text_normalizer.c: the normalizers of a tokenizer.json. */
#include "text/text_normalizer.h"

#include <string.h>

#include "base/alloc.h"
#include "text/char_class.h"
#include "text/char_kind.h"
#include "text/utf8.h"

typedef struct span {
  const uint8_t *text;
  size_t size;
} span;

static mer__char_kind kind_of(uint32_t c) {
  if (c >= 0x80) return (mer__char_kind)mer__char_find(c).kind;
  if (c == ' ' || c == '\t' || c == '\n' || c == '\r') return MER__CHAR_SPACE;
  return c < 0x20 || c == 0x7F ? MER__CHAR_REMOVED : MER__CHAR_ORDINARY;
}

/* Steps that look at one character at a time. */
static void append_clean(mer__text_buffer *out, uint32_t c) {
  mer__char_kind kind = kind_of(c);
  if (kind != MER__CHAR_REMOVED) mer__utf8_append(out, kind == MER__CHAR_SPACE ? ' ' : c);
}

static void append_apart(mer__text_buffer *out, uint32_t c) {
  bool apart = kind_of(c) == MER__CHAR_IDEOGRAPH;
  if (apart) mer__text_append(out, " ", 1);
  mer__utf8_append(out, c);
  if (apart) mer__text_append(out, " ", 1);
}

static void append_unmarked(mer__text_buffer *out, uint32_t c) {
  if (kind_of(c) != MER__CHAR_MARK) mer__utf8_append(out, c);
}

static void append_unaccented(mer__text_buffer *out, uint32_t c) {
  if (!mer__char_is(MER__CHAR_ACCENT, c)) mer__utf8_append(out, c);
}

static void append_small(mer__text_buffer *out, uint32_t c) {
  if (c == 0x130) mer__text_puts(out, "i\xCC\x87"); /* the one letter with two small ones */
  else if (c < 0x80) mer__utf8_append(out, c >= 'A' && c <= 'Z' ? c + 32 : c);
  else mer__utf8_append(out, mer__char_lower(c));
}

typedef void (*character_step)(mer__text_buffer *out, uint32_t c);

static character_step step_of(mer__normal_kind kind) {
  switch (kind) {
    case MER__NORMAL_CLEAN: return append_clean;
    case MER__NORMAL_IDEOGRAPHS: return append_apart;
    case MER__NORMAL_MARKS: return append_unmarked;
    case MER__NORMAL_ACCENTS: return append_unaccented;
    default: return append_small;
  }
}

static void append_characters(mer__text_buffer *out, const mer__normal_step *step, span s) {
  character_step append = step_of(step->kind);
  for (size_t at = 0, n; at < s.size && !out->failed; at += n)
    append(out, mer__utf8_read(&n, s.text + at));
}

static void replace(mer__text_buffer *out, const mer__normal_step *step, span s) {
  size_t n = strlen(step->text);
  for (size_t at = 0; at < s.size && !out->failed;) {
    if (s.size - at >= n && memcmp(s.text + at, step->text, n) == 0) {
      mer__text_puts(out, step->replacement);
      at += n;
    } else {
      mer__text_append(out, (const char *)s.text + at++, 1);
    }
  }
}

static bool is_squeezed(const mer__normal_step *step, uint32_t c) {
  return step->spaces ? c == ' ' : mer__char_is_space(c);
}

static void squeeze(mer__text_buffer *out, const mer__normal_step *step, span s) {
  for (size_t at = 0, end, n = 0, count; at < s.size && !out->failed; at = end) {
    for (end = at, count = 0; end < s.size; end += n, count++)
      if (!is_squeezed(step, mer__utf8_read(&n, s.text + end))) break;
    if (count >= step->least) mer__text_puts(out, step->replacement);
    else mer__text_append(out, (const char *)s.text + at, end - at);
    if (end == s.size) break;
    mer__text_append(out, (const char *)s.text + end, n);
    end += n;
  }
}

static void strip(mer__text_buffer *out, const mer__normal_step *step, span s) {
  size_t begin = 0, end = s.size, n;
  while (step->left && begin < end && mer__char_is_space(mer__utf8_read(&n, s.text + begin)))
    begin += n;
  while (step->right && end > begin) {
    n = mer__utf8_last(s.text, end);
    if (!mer__char_is_space(mer__utf8_read(&n, s.text + end - n))) break;
    end -= n;
  }
  mer__text_append(out, (const char *)s.text + begin, end - begin);
}

static void apply_step(mer__text_buffer *out, const mer__normal_step *step, span s) {
  switch (step->kind) {
    case MER__NORMAL_FORM: mer__normal_form_append(out, step->form, s.text, s.size); break;
    case MER__NORMAL_REPLACE: replace(out, step, s); break;
    case MER__NORMAL_SQUEEZE: squeeze(out, step, s); break;
    case MER__NORMAL_STRIP: strip(out, step, s); break;
    case MER__NORMAL_PREPEND:
      if (s.size) mer__text_puts(out, step->text);
      mer__text_append(out, (const char *)s.text, s.size);
      break;
    case MER__NORMAL_CHARSMAP: mer__charsmap_apply(out, &step->map, s.text, s.size); break;
    default: append_characters(out, step, s); break;
  }
}

static bool has_capital(span s) {
  for (size_t i = 0; i < s.size; i++)
    if (s.text[i] >= 'A' && s.text[i] <= 'Z') return true;
  return false;
}

static bool is_ascii(span s) {
  size_t i = 0;
  while (i < s.size && s.text[i] < 0x80) i++;
  return i == s.size;
}

/* Whether a step may change a text: it is not copied in vain. */
static bool may_change(const mer__normal_step *step, span s) {
  switch (step->kind) {
    case MER__NORMAL_FORM:
    case MER__NORMAL_IDEOGRAPHS:
    case MER__NORMAL_MARKS:
    case MER__NORMAL_ACCENTS: return !is_ascii(s);
    case MER__NORMAL_LOWERCASE: return has_capital(s) || !is_ascii(s);
    case MER__NORMAL_CHARSMAP: return !mer__charsmap_is_plain(&step->map, s.text, s.size);
    default: return true;
  }
}

const char *mer__text_normalizer_apply(mer__normal_room *room, size_t *n_bytes,
                                       const mer__text_normalizer *normalizer, const char *text,
                                       size_t size) {
  span s = {(const uint8_t *)text, size};
  int next = 0;
  for (size_t i = 0; i < normalizer->n_steps; i++) {
    const mer__normal_step *step = &normalizer->steps[i];
    if (!may_change(step, s)) continue;
    mer__text_buffer *out = &room->buffers[next];
    out->size = 0;
    mer__text_append(out, "", 0);
    apply_step(out, step, s);
    if (out->failed) return NULL;
    s = (span){(const uint8_t *)out->data, out->size};
    next = !next;
  }
  *n_bytes = s.size;
  return (const char *)s.text;
}

void mer__normal_room_clear(mer__normal_room *room) {
  mer__text_clear(&room->buffers[0]);
  mer__text_clear(&room->buffers[1]);
}

void mer__text_normalizer_clear(mer__text_normalizer *normalizer) {
  for (size_t i = 0; i < normalizer->n_steps; i++) {
    mer__free(normalizer->steps[i].text);
    mer__free(normalizer->steps[i].replacement);
    mer__charsmap_clear(&normalizer->steps[i].map);
  }
  mer__free(normalizer->steps);
  *normalizer = (mer__text_normalizer){0};
}
