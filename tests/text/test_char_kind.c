/* test_char_kind.c: every code point against tests/golden/text/codepoints.txt: what becomes of it
 * between letters, and the checksums of the normalized forms. */
#include "test_support.h"
#include "text/char_kind.h"
#include "text/normalize.h"

enum { N_CODE_POINTS = 0x110000, BLOCK = 4096 };

static size_t encode(uint8_t *out, uint32_t c) {
  if (c < 0x80) {
    out[0] = (uint8_t)c;
    return 1;
  }
  size_t size = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  for (size_t i = size; i-- > 1; c >>= 6) out[i] = (uint8_t)(0x80 | (c & 0x3F));
  out[0] = (uint8_t)(c | (0xF00U >> size & 0xFF));
  return size;
}

typedef struct words {
  size_t n, size, first_size;
  uint8_t bytes[512];
} words;

static bool collect(void *user, const mer__word *word) {
  words *found = user;
  if (found->n++ == 0) found->first_size = word->size;
  memcpy(found->bytes + found->size, word->bytes, word->size);
  found->size += word->size;
  return true;
}

static words words_of(const char *before, uint32_t code_point, const char *after) {
  uint8_t text[16];
  size_t size = strlen(before);
  words found = {0};
  mer__normalization how = mer__normalization_default();
  memcpy(text, before, size);
  size += encode(text + size, code_point);
  memcpy(text + size, after, strlen(after));
  size += strlen(after);
  mer__text_words(&how, text, size, collect, &found);
  return found;
}

/* The letters of codepoints.txt: joined, space, isolated, part of the word. */
static char kind_of(uint32_t code_point) {
  words found = words_of("a", code_point, "a");
  if (found.n == 3) return 'i';
  if (found.n == 2) return 's';
  return found.size == 2 ? 'j' : 'w';
}

static uint32_t checksum(uint32_t crc, const uint8_t *bytes, size_t size) {
  for (size_t i = 0; i < size; i++) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320U : 0);
  }
  return crc;
}

static bool is_ideograph(uint32_t code_point) {
  return code_point >= 0x80 && mer__char_find(code_point).kind == MER__CHAR_IDEOGRAPH;
}

/* The normalized form, which has a blank for white space and on both sides of an ideograph. */
static uint32_t checksum_of(uint32_t crc, uint32_t code_point) {
  words found = words_of("", code_point, "");
  bool blank = found.n == 0 && kind_of(code_point) == 's', apart = is_ideograph(code_point);
  if (blank || apart) crc = checksum(crc, (const uint8_t *)" ", 1);
  crc = checksum(crc, found.bytes, found.size);
  return apart ? checksum(crc, (const uint8_t *)" ", 1) : crc;
}

static bool is_surrogate(uint32_t code_point) {
  return code_point >= 0xD800 && code_point < 0xE000;
}

static uint32_t checksum_of_block(uint32_t block) {
  uint32_t crc = UINT32_MAX;
  for (uint32_t c = block * BLOCK; c < (block + 1) * BLOCK; c++)
    if (!is_surrogate(c)) crc = checksum_of(crc, c);
  return ~crc;
}

static void check_range(uint32_t first, uint32_t last, char kind) {
  for (uint32_t c = first; c <= last; c++)
    if (kind_of(c) != kind) fail_msg("U+%04X: expected '%c', found '%c'", c, kind, kind_of(c));
}

static void every_code_point_is_treated_as_by_hugging_face(void **state) {
  (void)state;
  FILE *file = fopen(GOLDEN "text/codepoints.txt", "r");
  assert_non_null(file);
  char line[64];
  int64_t n_points = 0, n_blocks = 0;
  while (fgets(line, sizeof line, file)) {
    bool block = line[0] == '=';
    char *end;
    uint32_t first = (uint32_t)strtoul(line + (block ? 1 : 0), &end, 16);
    uint32_t second = (uint32_t)strtoul(end, &end, 16);
    if (block) {
      if (checksum_of_block(first) != second) fail_msg("block %X: other normalized forms", first);
      n_blocks++;
    } else {
      check_range(first, second, end[1]);
      n_points += second - first + 1;
    }
  }
  fclose(file);
  assert_int_equal(n_points, N_CODE_POINTS - 2048);
  assert_int_equal(n_blocks, N_CODE_POINTS / BLOCK);
}

static void ranges_are_in_order(void **state) {
  (void)state;
  for (size_t i = 0; i < mer__n_char_ranges; i++) {
    assert_true(mer__char_ranges[i].first <= mer__char_ranges[i].last);
    if (i > 0) assert_true(mer__char_ranges[i - 1].last < mer__char_ranges[i].first);
  }
  assert_int_equal(mer__char_find('a').kind, MER__CHAR_ORDINARY);
  assert_int_equal(mer__char_find(0x10FFFF).kind, MER__CHAR_ORDINARY);
  assert_int_equal(mer__char_find(0x2019).kind, MER__CHAR_PUNCTUATION);
}

/* Marks that stay are sorted by combining class within a run, which a starter ends. */
static void marks_that_stay_are_in_canonical_order(void **state) {
  (void)state;
  mer__normalization how = mer__normalization_default();
  const struct {
    const char *text, *word;
  } cases[] = {{"a\u302e\u1baa", "a\u1baa\u302e"},
               {"a\u302e\u0301\u1baa", "a\u1baa\u302e"},       /* the accent goes */
               {"a\u302e\u200d\u1baa", "a\u1baa\u302e"},       /* so does a joiner */
               {"a\u302ec\u1baa", "a\u302ec\u1baa"},           /* a letter ends the run */
               {"a\u302e\u0488\u1baa", "a\u302e\u0488\u1baa"}, /* as does a mark of class 0 */
               {"a\u302e\u0901\u1baa", "a\u302e\u1baa"},       /* even if it goes */
               {"\u302e\u302f\u1baa\u1bf2", "\u1baa\u1bf2\u302e\u302f"}, /* stable */
               {"\U0001d165\u302e\U0001d16d", "\U0001d165\u302e\U0001d16d"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    words found = {0};
    mer__text_words(&how, (const uint8_t *)cases[i].text, strlen(cases[i].text), collect, &found);
    assert_int_equal(found.n, 1);
    assert_int_equal(found.size, strlen(cases[i].word));
    assert_memory_equal(found.bytes, cases[i].word, found.size);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ranges_are_in_order),
      cmocka_unit_test(marks_that_stay_are_in_canonical_order),
      cmocka_unit_test(every_code_point_is_treated_as_by_hugging_face),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
