/* json_scan.c: reads the members of one JSON object and keeps every value as it is written. */
#include "text/json_scan.h"

#include <string.h>
#include <utf8proc.h>

void mer__json_begin(mer__json_scan *scan, const char *text, size_t size) {
  *scan = (mer__json_scan){.text = text, .size = size};
}

static bool fail(mer__json_scan *scan, const char *expected) {
  if (!scan->fault) scan->fault = expected;
  return false;
}

/* The byte that is read next; 0 at the end, which no rule of the grammar takes. */
static char peek(const mer__json_scan *scan) {
  return scan->at < scan->size ? scan->text[scan->at] : 0;
}

static bool take(mer__json_scan *scan, char c) {
  if (scan->at >= scan->size || scan->text[scan->at] != c) return false;
  scan->at++;
  return true;
}

static void skip_space(mer__json_scan *scan) {
  while (take(scan, ' ') || take(scan, '\t') || take(scan, '\n') || take(scan, '\r')) {}
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool skip_digits(mer__json_scan *scan) {
  if (!is_digit(peek(scan))) return fail(scan, "a digit");
  while (is_digit(peek(scan))) scan->at++;
  return true;
}

static bool skip_word(mer__json_scan *scan, const char *word) {
  size_t n = strlen(word);
  if (scan->size - scan->at < n || memcmp(scan->text + scan->at, word, n) != 0)
    return fail(scan, "a value");
  scan->at += n;
  return true;
}

static bool skip_number(mer__json_scan *scan) {
  take(scan, '-');
  if (peek(scan) == 'I') {
    scan->finite = false;
    return skip_word(scan, "Infinity");
  }
  if (!take(scan, '0') && !skip_digits(scan)) return false;
  if (take(scan, '.') && !skip_digits(scan)) return false;
  if (!take(scan, 'e') && !take(scan, 'E')) return true;
  if (!take(scan, '+')) take(scan, '-');
  return skip_digits(scan);
}

static bool skip_escape(mer__json_scan *scan) {
  char c = peek(scan);
  if (!c || !strchr("\"\\/bfnrtu", c)) return fail(scan, "an escape sequence");
  scan->at++;
  for (int i = 0; c == 'u' && i < 4; i++, scan->at++)
    if (hex_digit(peek(scan)) < 0) return fail(scan, "four hexadecimal digits");
  return true;
}

static bool skip_string(mer__json_scan *scan) {
  if (!take(scan, '"')) return fail(scan, "a text in quotation marks");
  while (scan->at < scan->size) {
    unsigned char c = (unsigned char)scan->text[scan->at];
    if (c < 0x20) return fail(scan, "no control character in a text");
    scan->at++;
    if (c == '"') return true;
    if (c == '\\' && !skip_escape(scan)) return false;
  }
  return fail(scan, "the end of a text");
}

static bool skip_value(mer__json_scan *scan, mer__json_kind *kind);

static bool skip_member(mer__json_scan *scan) {
  mer__json_kind kind;
  skip_space(scan);
  if (!skip_string(scan)) return false;
  skip_space(scan);
  return (take(scan, ':') || fail(scan, "':'")) && skip_value(scan, &kind);
}

/* An object or array, after its first bracket. */
static bool skip_group(mer__json_scan *scan, char end) {
  mer__json_kind kind;
  if (++scan->depth > MER__JSON_MAX_DEPTH) return fail(scan, "fewer values within one another");
  skip_space(scan);
  bool empty = take(scan, end);
  for (bool more = !empty; more;) {
    if (!(end == '}' ? skip_member(scan) : skip_value(scan, &kind))) return false;
    skip_space(scan);
    more = take(scan, ',');
    if (!more && !take(scan, end)) return fail(scan, "',' or the end of a list");
  }
  scan->depth--;
  return true;
}

static bool skip_value(mer__json_scan *scan, mer__json_kind *kind) {
  skip_space(scan);
  char c = peek(scan);
  *kind = c == '"'               ? MER__JSON_STRING
          : c == '{'             ? MER__JSON_OBJECT
          : c == '['             ? MER__JSON_ARRAY
          : c == 't' || c == 'f' ? MER__JSON_BOOLEAN
          : c == 'n'             ? MER__JSON_NULL
                                 : MER__JSON_NUMBER;
  if (c == '"') return skip_string(scan);
  if (take(scan, '{')) return skip_group(scan, '}');
  if (take(scan, '[')) return skip_group(scan, ']');
  if (c == 't') return skip_word(scan, "true");
  if (c == 'f') return skip_word(scan, "false");
  if (c == 'n') return skip_word(scan, "null");
  if (c == '-' || is_digit(c) || c == 'I') return skip_number(scan);
  scan->finite &= c != 'N';
  return c == 'N' ? skip_word(scan, "NaN") : fail(scan, "a value");
}

/* What is read item by item. */
typedef struct group {
  char begin, end;
  const char *expected, *expected_end, *after;
} group;
static const group object = {'{', '}', "an object", "',' or '}'", "nothing after the object"};
static const group array = {'[', ']', "a list", "',' or ']'", "nothing after the list"};

/* The bracket or the comma before an item; false at the end, or at a fault. */
static bool open_item(mer__json_scan *scan, const group *of) {
  if (scan->fault || scan->ended) return false;
  skip_space(scan);
  if (!scan->started) {
    if (!take(scan, of->begin)) return fail(scan, of->expected);
    scan->started = true;
    skip_space(scan);
    if (peek(scan) != of->end) return true;
  } else if (take(scan, ',')) {
    return true;
  }
  if (!take(scan, of->end)) return fail(scan, of->expected_end);
  scan->ended = true;
  skip_space(scan);
  return scan->at < scan->size && fail(scan, of->after);
}

static bool read_value(mer__json_value *value, mer__json_scan *scan) {
  skip_space(scan);
  scan->finite = true;
  *value = (mer__json_value){.text = scan->text + scan->at};
  if (!skip_value(scan, &value->kind)) return false;
  value->size = (size_t)(scan->text + scan->at - value->text);
  value->finite = scan->finite;
  return true;
}

bool mer__json_next(mer__json_value *key, mer__json_value *value, mer__json_scan *scan) {
  if (!open_item(scan, &object)) return false;
  skip_space(scan);
  *key = (mer__json_value){.text = scan->text + scan->at, .kind = MER__JSON_STRING, .finite = true};
  if (!skip_string(scan)) return false;
  key->size = (size_t)(scan->text + scan->at - key->text);
  skip_space(scan);
  if (!take(scan, ':')) return fail(scan, "':'");
  return read_value(value, scan);
}

bool mer__json_next_element(mer__json_value *value, mer__json_scan *scan) {
  return open_item(scan, &array) && read_value(value, scan);
}

static bool is_utf8(const char *text, size_t size) {
  utf8proc_int32_t code_point;
  for (size_t at = 0; at < size;) {
    utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text + at,
                                          (utf8proc_ssize_t)(size - at), &code_point);
    if (n < 1) return false;
    at += (size_t)n;
  }
  return true;
}

bool mer__json_is_value(const char *text, size_t size) {
  mer__json_scan scan = {.text = text, .size = size, .finite = true};
  mer__json_kind kind;
  if (!skip_value(&scan, &kind)) return false;
  skip_space(&scan);
  return scan.at == size && scan.finite && is_utf8(text, size);
}

/* The number of four hexadecimal digits. */
static uint32_t code_unit(const char *digits) {
  uint32_t unit = 0;
  for (int i = 0; i < 4; i++) unit = unit << 4 | (uint32_t)hex_digit(digits[i]);
  return unit;
}

/* The code point of an escape at `text`, after its backslash; its bytes in `*size`. */
static uint32_t escaped(size_t *size, const char *text, size_t left) {
  static const char letters[] = "bfnrt", meanings[] = "\b\f\n\r\t";
  *size = 1;
  const char *letter = strchr(letters, text[0]);
  if (letter) return (uint32_t)meanings[letter - letters];
  if (text[0] != 'u') return (uint32_t)text[0];
  *size = 5;
  uint32_t unit = code_unit(text + 1);
  if (unit < 0xD800 || unit > 0xDFFF) return unit;
  if (unit > 0xDBFF || left < 11 || text[5] != '\\' || text[6] != 'u') return 0xFFFD;
  uint32_t low = code_unit(text + 7);
  if (low < 0xDC00 || low > 0xDFFF) return 0xFFFD;
  *size = 11;
  return 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
}

void mer__json_decode(mer__text_buffer *out, const mer__json_value *string) {
  const char *at = string->text + 1, *end = string->text + string->size - 1;
  while (at < end) {
    const char *escape = memchr(at, '\\', (size_t)(end - at));
    mer__text_append(out, at, (size_t)((escape ? escape : end) - at));
    if (!escape) return;
    utf8proc_uint8_t bytes[4];
    size_t size;
    uint32_t code_point = escaped(&size, escape + 1, (size_t)(end - escape - 1));
    utf8proc_ssize_t n = utf8proc_encode_char((utf8proc_int32_t)code_point, bytes);
    mer__text_append(out, (const char *)bytes, (size_t)n);
    at = escape + 1 + size;
  }
}

bool mer__json_is(const mer__json_value *string, const char *text) {
  const char *at = string->text + 1, *end = string->text + string->size - 1;
  for (; at < end && *text; text++) {
    size_t size = 1;
    uint32_t c = (unsigned char)*at;
    if (*at == '\\') {
      c = escaped(&size, at + 1, (size_t)(end - at - 1));
      size++;
    }
    if (c != (unsigned char)*text) return false;
    at += size;
  }
  return at == end && !*text;
}
