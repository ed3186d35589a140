/* cells.c: numbers and times in the cells of a table. strtod is not used because its decimal point
 * depends on the locale of the program. */
#include "data/cells.h"

#include <math.h>
#include <string.h>

#define MAX_WHOLE ((int64_t)1 << 53) /* whole numbers up to that are doubles */
enum { MAX_EXPONENT = 308 };

static const char spaces[] = " \t\r\n";

/* Reads digits at `*text` and steps over them; false if there are none or too many. */
static bool read_digits(int64_t *value, const char **text) {
  const char *begin = *text;
  for (*value = 0; **text >= '0' && **text <= '9'; ++*text)
    if (__builtin_mul_overflow(*value, 10, value) ||
        __builtin_add_overflow(*value, **text - '0', value))
      return false;
  return *text > begin;
}

static bool at_end(const char *text) { return text[strspn(text, spaces)] == 0; }

/* Moves the point of number / scale by a decimal exponent, "e-3", if there is one; false if that is
 * no number, or the result too large. */
static bool read_exponent(int64_t *number, double *scale, const char **text) {
  int64_t n;
  if (**text != 'e' && **text != 'E') return true;
  const bool negative = *++*text == '-';
  if (negative || **text == '+') ++*text;
  if (!read_digits(&n, text) || n > MAX_EXPONENT) return false;
  for (; n > 0; n--)
    if (negative) *scale *= 10;
    else if (*scale > 1) *scale /= 10;
    else if ((*number *= 10) > MAX_WHOLE) return false;
  return true;
}

bool mer__cell_integer(int64_t *value, const char *text) {
  if (!text) return false;
  text += strspn(text, spaces);
  return read_digits(value, &text) && at_end(text);
}

double mer__cell_real(const char *text) {
  if (!text || strchr(text, ':')) return NAN;
  text += strspn(text, spaces);
  const bool negative = *text == '-';
  if (negative || *text == '+') text++;
  return negative ? -mer__cell_time(text) : mer__cell_time(text);
}

double mer__cell_time(const char *text) {
  int64_t part, seconds = 0;
  double scale = 1;
  int n_colons = 0;
  if (!text) return NAN;
  text += strspn(text, spaces);
  for (;; n_colons++, text++) {
    const bool only_part = (*text == '.' || *text == ',') && text[1] >= '0' && text[1] <= '9';
    part = 0; /* of ".5" */
    if ((!only_part && !read_digits(&part, &text)) || part > MAX_WHOLE / 120) return NAN;
    seconds = seconds * 60 + part;
    if (seconds > MAX_WHOLE / 120) return NAN;
    if (*text != ':') break;
    if (n_colons == 2) return NAN;
  }
  if (*text == '.' || *text == ',')
    for (text++; *text >= '0' && *text <= '9'; text++) {
      if (seconds >= MAX_WHOLE / 10 - 1) continue; /* digits that no double tells apart */
      seconds = seconds * 10 + (*text - '0');
      scale *= 10;
    }
  if (n_colons == 0 && !read_exponent(&seconds, &scale, &text)) return NAN;
  /* One division of whole numbers: the double that is nearest to what was written. */
  return at_end(text) ? (double)seconds / scale : NAN;
}
