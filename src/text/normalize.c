/* normalize.c: text to words.
 *
 * The steps of the reference (tokenizers 0.23, normalizers/bert.rs and pre_tokenizers/bert.rs):
 * special tokens are cut out of the raw text; controls are dropped and white space made a space;
 * Chinese characters are set apart; canonical decomposition, and marks are dropped; small letters;
 * then words end at spaces and punctuation is a word each. A character passes all of them here
 * before the next is read. */
#include "text/normalize.h"

#include <string.h>
#include <utf8proc.h>

#include "text/char_kind.h"

const char *const mer__special_names[MER__N_SPECIALS] = {
#define SPECIAL_NAME(name) "[" #name "]",
    MER__SPECIAL_MAP(SPECIAL_NAME)
#undef SPECIAL_NAME
};

mer__normalization mer__normalization_default(void) {
  return (mer__normalization){
      .lowercase = true, .strip_accents = true, .ideographs = true, .specials = true};
}

typedef enum byte_kind { LETTER, SPACE, PUNCTUATION, REMOVED, ENCODED } byte_kind;

static byte_kind kind_of_byte(uint8_t c) {
  if (c >= 0x80) return ENCODED;
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return LETTER;
  if (c == ' ' || c == '\t' || c == '\n' || c == '\r') return SPACE;
  return c < 0x20 || c == 0x7F ? REMOVED : PUNCTUATION;
}

typedef struct word_reader {
  const mer__normalization *how;
  mer__word_visitor visit;
  void *user;
  bool stopped;
  /* The word so far. */
  size_t n_bytes, n_chars;
  size_t marks; /* where the marks at its end begin that canonical order may still move */
  uint8_t bytes[MER__WORD_MAX_BYTES];
} word_reader;

/* The characters beyond the longest word are only counted: no text is too long for the buffer. */
static void end_word(word_reader *word) {
  mer__word found = {word->bytes, word->n_bytes, word->n_chars > MER__WORD_MAX_CHARS, -1};
  if (word->n_chars && !word->stopped) word->stopped = !word->visit(word->user, &found);
  word->n_bytes = word->n_chars = word->marks = 0;
}

static void visit_special(word_reader *word, int special) {
  mer__word found = {word->bytes, 0, false, special};
  if (!word->stopped) word->stopped = !word->visit(word->user, &found);
}

static void visit_punctuation(word_reader *word, const uint8_t *mark) {
  const mer__word found = {mark, 1, false, -1};
  if (!word->stopped) word->stopped = !word->visit(word->user, &found);
}

/* Ends a word at white space, or where white space is put. */
static void end_at_space(word_reader *word) {
  static const uint8_t space = ' ';
  const mer__word found = {&space, 1, false, -1};
  end_word(word);
  if (word->how->spaces && !word->stopped) word->stopped = !word->visit(word->user, &found);
}

/* Takes the ASCII letters and digits at `text`, of which there is one at least; returns their
 * number. Bit 5 of capitals alone is not set. */
static size_t take_letters(word_reader *word, const uint8_t *text, size_t size) {
  const uint8_t small = word->how->lowercase ? 0x20 : 0;
  const size_t room = word->n_chars < MER__WORD_MAX_CHARS ? MER__WORD_MAX_CHARS - word->n_chars : 0;
  uint8_t *to = word->bytes + word->n_bytes;
  size_t n = 0;
  for (; n < size && kind_of_byte(text[n]) == LETTER; n++)
    if (n < room) to[n] = text[n] | small;
  word->n_chars += n;
  word->n_bytes += n < room ? n : room;
  if (room) word->marks = word->n_bytes;
  return n;
}

static void insert(word_reader *word, size_t at, uint32_t code_point) {
  utf8proc_uint8_t encoded[4];
  if (++word->n_chars > MER__WORD_MAX_CHARS) return;
  size_t size = (size_t)utf8proc_encode_char((utf8proc_int32_t)code_point, encoded);
  memmove(word->bytes + at + size, word->bytes + at, word->n_bytes - at);
  memcpy(word->bytes + at, encoded, size);
  word->n_bytes += size;
}

static void append_letter(word_reader *word, uint32_t code_point) {
  if (word->how->lowercase && code_point == 0x130) { /* the one letter with two small ones */
    insert(word, word->n_bytes, 'i');
    code_point = 0x307;
  }
  if (word->how->lowercase) code_point = mer__char_lower(code_point);
  insert(word, word->n_bytes, code_point);
  word->marks = word->n_bytes;
}

/* Appends a mark that stays, before those of a higher class (Unicode's canonical order). */
static void append_mark(word_reader *word, uint32_t code_point, int order) {
  size_t at = word->n_bytes;
  while (at > word->marks) {
    size_t previous = at - 1;
    utf8proc_int32_t other;
    while ((word->bytes[previous] & 0xC0) == 0x80) previous--;
    utf8proc_iterate(word->bytes + previous, (utf8proc_ssize_t)(at - previous), &other);
    if (mer__char_find((uint32_t)other).order <= order) break;
    at = previous;
  }
  insert(word, at, code_point);
}

/* A decomposed character. */
static void take(word_reader *word, uint32_t code_point, mer__char_range kind) {
  bool strip = word->how->strip_accents;
  if (kind.kind == MER__CHAR_MARK && strip) {
    if (kind.order == 0) word->marks = word->n_bytes;
  } else if (kind.kind == MER__CHAR_REORDERED && strip) {
    append_mark(word, code_point, kind.order);
  } else if (kind.kind == MER__CHAR_PUNCTUATION) {
    end_word(word);
    append_letter(word, code_point);
    end_word(word);
  } else {
    append_letter(word, code_point);
  }
}

static mer__char_range kind_of(uint32_t code_point) {
  if (code_point >= 0x80) return mer__char_find(code_point);
  bool mark = kind_of_byte((uint8_t)code_point) == PUNCTUATION;
  uint8_t kind = mark ? MER__CHAR_PUNCTUATION : MER__CHAR_ORDINARY;
  return (mer__char_range){code_point, code_point, kind, 0};
}

static void take_decomposed(word_reader *word, uint32_t code_point, mer__char_range kind) {
  uint32_t parts[4];
  int n = mer__char_decompose(parts, code_point, (mer__char_kind)kind.kind);
  if (n == 1 && parts[0] == code_point) take(word, code_point, kind);
  else
    for (int i = 0; i < n; i++) take(word, parts[i], kind_of(parts[i]));
}

static void take_beyond_ascii(word_reader *word, uint32_t code_point) {
  mer__char_range kind = mer__char_find(code_point);
  bool alone = kind.kind == MER__CHAR_IDEOGRAPH && word->how->ideographs;
  if (kind.kind == MER__CHAR_REMOVED) return;
  if (kind.kind == MER__CHAR_SPACE || alone) end_at_space(word);
  if (kind.kind == MER__CHAR_SPACE) return;
  if (word->how->strip_accents) take_decomposed(word, code_point, kind);
  else take(word, code_point, kind);
  if (alone) end_at_space(word);
}

/* The special token written at the beginning of `text`, its bytes in `*length`; -1 if none is. */
static int find_special(size_t *length, const uint8_t *text, size_t size) {
  for (int i = 0; i < MER__N_SPECIALS; i++) {
    *length = strlen(mer__special_names[i]);
    if (*length <= size && memcmp(text, mer__special_names[i], *length) == 0) return i;
  }
  return -1;
}

/* Takes the punctuation mark, or the special token, at `text`; returns its bytes. */
static size_t take_punctuation(word_reader *word, const uint8_t *text, size_t size) {
  size_t length;
  int special = *text == '[' && word->how->specials ? find_special(&length, text, size) : -1;
  end_word(word);
  if (special >= 0) {
    visit_special(word, special);
    return length;
  }
  visit_punctuation(word, text);
  return 1;
}

/* Takes one character that begins with a byte beyond ASCII; returns its bytes. An invalid byte is
 * U+FFFD to the reference, which it drops. */
static size_t take_encoded(word_reader *word, const uint8_t *text, size_t size) {
  utf8proc_int32_t code_point;
  utf8proc_ssize_t n = utf8proc_iterate(text, size < 4 ? (utf8proc_ssize_t)size : 4, &code_point);
  if (n < 1) return 1;
  take_beyond_ascii(word, (uint32_t)code_point);
  return (size_t)n;
}

void mer__text_words(const mer__normalization *how, const uint8_t *text, size_t size,
                     mer__word_visitor visit, void *user) {
  word_reader word; /* its bytes are left as they are */
  word.how = how;
  word.visit = visit;
  word.user = user;
  word.stopped = false;
  word.n_bytes = word.n_chars = word.marks = 0;
  for (size_t at = 0; at < size && !word.stopped;) {
    switch (kind_of_byte(text[at])) {
      case LETTER: at += take_letters(&word, text + at, size - at); break;
      case SPACE: end_at_space(&word), at++; break;
      case PUNCTUATION: at += take_punctuation(&word, text + at, size - at); break;
      case REMOVED: at++; break;
      case ENCODED: at += take_encoded(&word, text + at, size - at); break;
    }
  }
  end_word(&word);
}

static bool append_word(void *user, const mer__word *word) {
  mer__text_buffer *out = user;
  mer__text_append(out, (const char *)word->bytes, word->size);
  if (word->too_long) mer__text_append(out, "x", 1);
  return !out->failed;
}

void mer__normalize(mer__text_buffer *out, const mer__normalization *how, const char *text,
                    size_t size) {
  mer__normalization kept = *how;
  kept.specials = false;
  kept.spaces = true;
  mer__text_append(out, "", 0);
  mer__text_words(&kept, (const uint8_t *)text, size, append_word, out);
}
