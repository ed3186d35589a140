/* turn_ids.c: a table by open addressing, at most half full. */
#include "encoder/turn_ids.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "text/tokenizer_parts.h"

enum { FIRST_SIZE = 64, MOST_IDS = 1 << 20 };

void mer__turn_ids_clear(mer__turn_ids *kept) {
  mer_tokens_clear(&kept->ids);
  mer__free(kept->turns);
  *kept = (mer__turn_ids){0};
}

void mer__turn_ids_limit(mer__turn_ids *kept) {
  if (kept->ids.n < MOST_IDS) return;
  memset(kept->turns, 0, kept->size * sizeof *kept->turns);
  kept->n = 0;
  kept->ids.n = 0;
}

static bool same(const mer__turn_key *a, const mer__turn_key *b) {
  return a->text == b->text && a->name == b->name && a->size == b->size && a->letter == b->letter;
}

/* The place of a key among `size`, of which one is free at least. */
static mer__turn_run *place_of(mer__turn_run *turns, size_t size, const mer__turn_key *key) {
  uint64_t hash = (uint64_t)(uintptr_t)key->text * 0x9E3779B97F4A7C15u;
  hash =
      (hash ^ (uint64_t)(uintptr_t)key->name ^ (uint64_t)(key->letter + 1)) * 0xD6E8FEB86659FD93u;
  size_t i = (size_t)(hash >> 32) & (size - 1);
  while (turns[i].key.text && !same(&turns[i].key, key)) i = (i + 1) & (size - 1);
  return &turns[i];
}

static int grow(mer__turn_ids *kept) {
  const size_t size = kept->size ? 2 * kept->size : FIRST_SIZE;
  mer__turn_run *turns = mer__calloc(size, sizeof *turns);
  if (!turns) return -1;
  for (size_t i = 0; i < kept->size; i++)
    if (kept->turns[i].key.text) *place_of(turns, size, &kept->turns[i].key) = kept->turns[i];
  mer__free(kept->turns);
  kept->turns = turns;
  kept->size = size;
  return 0;
}

mer__turn_run *mer__turn_ids_find(mer__turn_ids *kept, const mer__turn_key *key) {
  if (2 * (kept->n + 1) > kept->size && grow(kept) != 0) return NULL;
  return place_of(kept->turns, kept->size, key);
}

mer_status mer__turn_ids_add(mer__turn_ids *kept, mer__turn_run *place, const mer__turn_key *key,
                             const mer_tokenizer *tokenizer, const char *written, size_t size,
                             size_t most, mer_error *err) {
  const size_t begin = (size_t)kept->ids.n;
  size_t n = 0;
  /* One more than can be used tells whether there are more. */
  mer_status status =
      mer__tokenizer_add(&kept->ids, &n, tokenizer, written, size, most + 1, true, err);
  if (status != MER_OK) return status;
  kept->n++;
  *place = (mer__turn_run){*key, begin, n < most ? n : most, n > most};
  return MER_OK;
}
