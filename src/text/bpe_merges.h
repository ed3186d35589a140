/* bpe_merges.h: the pairs of tokens that byte pair encoding merges, and how it does so. */
#ifndef MER_TEXT_BPE_MERGES_H
#define MER_TEXT_BPE_MERGES_H

#include "mer/base.h"

enum {
  MER__BPE_MAX_MERGES = 1 << 22, /* pairs */
  MER__BPE_SHORT_WORD = 48       /* symbols that are merged without memory */
};

/** A pair, and what becomes of it. */
typedef struct mer__bpe_merge {
  int32_t left, right; /* left -1: an empty slot */
  int32_t rank;        /* the smallest is merged first */
  int32_t id;
} mer__bpe_merge;

/** A hash table by pair. Its address is part of the hash, so that no file can be made whose pairs
 * lie in one place. Zero-initialize. */
typedef struct mer__bpe_merges {
  mer__bpe_merge *slots;
  uint32_t mask;
  int32_t n; /* ranks so far */
} mer__bpe_merges;

/** Makes room for `n` pairs. MER_STATUS_LIMIT, MER_STATUS_NO_MEMORY. */
mer_status mer__bpe_merges_reserve(mer__bpe_merges *merges, size_t n, const char *path,
                                   mer_error *err);
/** Adds the next pair, for which there must be room; an earlier equal one is replaced. */
void mer__bpe_merges_add(mer__bpe_merges *merges, int32_t left, int32_t right, int32_t id);
/** Accepts zeroed ones. */
void mer__bpe_merges_clear(mer__bpe_merges *merges);

/** Merges the pairs of `ids` [n] in place; returns how many ids are left, or -1 if memory is out.
 */
int64_t mer__bpe_merge_all(int32_t *ids, size_t n, const mer__bpe_merges *merges);

#endif
