/* cells.c: numbers and times in the cells of a table. strtod is not used because its decimal point
 * depends on the locale of the program. */
#include "data/cells.h"

#include <math.h>
#include <string.h>

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

bool mer__cell_integer(int64_t *value, const char *text) {
  if (!text) return false;
  text += strspn(text, spaces);
  return read_digits(value, &text) && at_end(text);
}

double mer__cell_time(const char *text) {
  const int64_t exact = (int64_t)1 << 53; /* whole numbers below that are doubles */
  int64_t part, seconds = 0, scale = 1;
  if (!text) return NAN;
  text += strspn(text, spaces);
  for (int n_colons = 0;; n_colons++, text++) {
    if (!read_digits(&part, &text) || part > exact / 120) return NAN;
    seconds = seconds * 60 + part;
    if (seconds > exact / 120) return NAN;
    if (*text != ':') break;
    if (n_colons == 2) return NAN;
  }
  if (*text == '.' || *text == ',')
    for (text++; *text >= '0' && *text <= '9'; text++) {
      if (seconds >= exact / 10 - 1) continue; /* digits that no double tells apart */
      seconds = seconds * 10 + (*text - '0');
      scale *= 10;
    }
  /* One division of whole numbers: the double that is nearest to what was written. */
  return at_end(text) ? (double)seconds / (double)scale : NAN;
}
