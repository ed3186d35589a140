/* grow.c: the room doubles. */
#include "cli/grow.h"

#include <stdlib.h>
#include <string.h>

int cli_grow(void *items, size_t *capacity, size_t n, size_t size) {
  enum { FIRST = 16 };
  void *before, *grown;
  if (n < *capacity) return 0;
  const size_t more = *capacity ? 2 * *capacity : FIRST;
  memcpy(&before, items, sizeof before);
  grown = realloc(before, more * size);
  if (!grown) return -1;
  memcpy(items, &grown, sizeof grown);
  *capacity = more;
  return 0;
}
