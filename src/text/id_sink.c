/* id_sink.c: room for ids. */
#include "text/id_sink.h"

#include "base/alloc.h"

int mer__tokens_reserve(mer_tokens *tokens, size_t needed) {
  size_t n_ids = tokens->capacity, n_types = tokens->capacity;
  if (mer__grow(&tokens->ids, &n_ids, needed, sizeof *tokens->ids) != 0 ||
      mer__grow(&tokens->type_ids, &n_types, needed, sizeof *tokens->type_ids) != 0)
    return -1;
  tokens->capacity = n_types;
  return 0;
}
