/* json_memory.c: JSON values that are complete, or an error. */
#include "tensor/json_memory.h"

#include <stdlib.h>
#include <string.h>

/* A text that is given to the parser piece by piece. The parser sets errno to 0 when it has read a
 * number, so errno is looked at before: a piece ends where a number may begin. */
typedef struct pieces {
  const char *at, *end;
  bool no_memory;
} pieces;

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static size_t next_piece(void *buffer, size_t size, void *user) {
  pieces *p = user;
  size_t left = (size_t)(p->end - p->at), n = 0;
  p->no_memory |= mer__json_no_memory();
  if (p->no_memory) return (size_t)-1;
  if (left > size) left = size;
  if (left) n = 1;
  while (n < left && (!is_digit(p->at[n]) || is_digit(p->at[n - 1]))) n++;
  memcpy(buffer, p->at, n);
  p->at += n;
  return n;
}

json_t *mer__json_parse(const char *text, size_t size, size_t flags, json_error_t *fault) {
  pieces p = {.at = text, .end = text + size};
  mer__json_watch();
  json_t *root = json_load_callback(next_piece, &p, flags, fault);
  if (!p.no_memory && !mer__json_no_memory()) return root;
  json_decref(root);
  errno = ENOMEM;
  return NULL;
}

char *mer__json_dump(const json_t *value, size_t flags) {
  char *text = value && !mer__json_no_memory() ? json_dumps(value, flags) : NULL;
  if (!text || !mer__json_no_memory()) return text;
  free(text);
  errno = ENOMEM;
  return NULL;
}
