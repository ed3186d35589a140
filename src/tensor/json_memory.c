/* json_memory.c: a JSON text that is whole or not at all. */
#include "tensor/json_memory.h"

#include <stdlib.h>

char *mer__json_dump(const json_t *value, size_t flags) {
  char *text = value && !mer__json_no_memory() ? json_dumps(value, flags) : NULL;
  if (!text || !mer__json_no_memory()) return text;
  free(text);
  errno = ENOMEM;
  return NULL;
}
