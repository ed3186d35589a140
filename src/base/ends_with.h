/* ends_with.h: the end of a text. */
#ifndef MER_BASE_ENDS_WITH_H
#define MER_BASE_ENDS_WITH_H

#include <stdbool.h>
#include <string.h>

/** Whether `text` ends with `end`; false if it is NULL. */
static inline bool mer__ends_with(const char *text, const char *end) {
  const size_t n = text ? strlen(text) : 0, n_end = strlen(end);
  return text && n >= n_end && strcmp(text + n - n_end, end) == 0;
}

#endif
