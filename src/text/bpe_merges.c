/* bpe_merges.c: merges pairs of tokens: in a short word by looking at all of them again and again,
 * in a long one by a heap, so that no word takes time that grows with its square. */
#include "text/bpe_merges.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/mix.h"

mer_status mer__bpe_merges_reserve(mer__bpe_merges *merges, size_t n, const char *path,
                                   mer_error *err) {
  size_t n_slots = 16;
  if (n > MER__BPE_MAX_MERGES)
    return mer__fail(err, MER_STATUS_LIMIT, "%s: over %d merges", path, MER__BPE_MAX_MERGES);
  while (n_slots < 2 * n) n_slots *= 2;
  merges->slots = mer__malloc(n_slots, sizeof *merges->slots);
  if (!merges->slots) return mer__fail_memory(err);
  memset(merges->slots, 0xFF, n_slots * sizeof *merges->slots);
  merges->mask = (uint32_t)(n_slots - 1);
  return MER_OK;
}

/* Where the table lies is part of the hash, so that no file can be made of pairs that collide. */
static uint32_t hash_of(const mer__bpe_merges *merges, int32_t left, int32_t right) {
  const uint64_t pair = (uint64_t)(uint32_t)left << 32 | (uint32_t)right;
  return (uint32_t)(mer__mix(pair + (uint64_t)(uintptr_t)merges->slots) >> 32);
}

/* The slot of a pair, or the empty one where it would be. */
static mer__bpe_merge *find(const mer__bpe_merges *merges, int32_t left, int32_t right) {
  for (uint32_t i = hash_of(merges, left, right);; i++) {
    mer__bpe_merge *slot = &merges->slots[i & merges->mask];
    if ((slot->left == left && slot->right == right) || slot->left < 0) return slot;
  }
}

void mer__bpe_merges_add(mer__bpe_merges *merges, int32_t left, int32_t right, int32_t id) {
  *find(merges, left, right) = (mer__bpe_merge){left, right, merges->n++, id};
}

void mer__bpe_merges_clear(mer__bpe_merges *merges) {
  mer__free(merges->slots);
  *merges = (mer__bpe_merges){0};
}

/* Pairs that are not merged have the last rank. */
static int32_t rank_of(const mer__bpe_merge *merge) {
  return merge->left < 0 ? INT32_MAX : merge->rank;
}

static int64_t merge_short(int32_t *ids, size_t n, const mer__bpe_merges *merges) {
  int32_t ranks[MER__BPE_SHORT_WORD], results[MER__BPE_SHORT_WORD];
  for (size_t i = 0; i + 1 < n; i++) {
    const mer__bpe_merge *merge = find(merges, ids[i], ids[i + 1]);
    ranks[i] = rank_of(merge);
    results[i] = merge->id;
  }
  while (n > 1) {
    size_t best = 0;
    for (size_t i = 1; i + 1 < n; i++)
      if (ranks[i] < ranks[best]) best = i;
    if (ranks[best] == INT32_MAX) break;
    ids[best] = results[best];
    n--;
    for (size_t i = best + 1; i < n; i++) {
      ids[i] = ids[i + 1];
      ranks[i - 1] = ranks[i]; /* of the pair that begins at i - 1 or, before, at i */
      results[i - 1] = results[i];
    }
    for (size_t i = best > 0 ? best - 1 : 0; i <= best && i + 1 < n; i++) {
      const mer__bpe_merge *merge = find(merges, ids[i], ids[i + 1]);
      ranks[i] = rank_of(merge);
      results[i] = merge->id;
    }
  }
  return (int64_t)n;
}

/* A pair that may be merged: its symbols begin at `at`. */
typedef struct candidate {
  int32_t rank, id;
  uint32_t at;
} candidate;

/* A long word while it is merged: symbols are a list. */
typedef struct word {
  int32_t *ids;
  uint32_t *next, *previous; /* n: none */
  candidate *heap;
  size_t n, n_heap;
  const mer__bpe_merges *merges;
} word;

static bool comes_first(const candidate *a, const candidate *b) {
  return a->rank != b->rank ? a->rank < b->rank : a->at < b->at;
}

static void heap_push(word *w, candidate c) {
  size_t i = w->n_heap++;
  for (size_t above; i > 0 && comes_first(&c, &w->heap[above = (i - 1) / 2]); i = above)
    w->heap[i] = w->heap[above];
  w->heap[i] = c;
}

static candidate heap_pop(word *w) {
  candidate top = w->heap[0], last = w->heap[--w->n_heap];
  size_t i = 0;
  for (size_t below; (below = 2 * i + 1) < w->n_heap; i = below) {
    if (below + 1 < w->n_heap && comes_first(&w->heap[below + 1], &w->heap[below])) below++;
    if (!comes_first(&w->heap[below], &last)) break;
    w->heap[i] = w->heap[below];
  }
  w->heap[i] = last;
  return top;
}

/* Enters the pair that begins at `at`, if there is one. */
static void consider(word *w, uint32_t at) {
  if (at >= w->n || w->next[at] >= w->n) return;
  const mer__bpe_merge *merge = find(w->merges, w->ids[at], w->ids[w->next[at]]);
  if (merge->left >= 0) heap_push(w, (candidate){merge->rank, merge->id, at});
}

/* Merges the pair of a candidate unless its symbols have changed since. */
static void merge_candidate(word *w, const candidate *c) {
  uint32_t right = w->next[c->at];
  if (w->ids[c->at] < 0 || right >= w->n) return;
  const mer__bpe_merge *merge = find(w->merges, w->ids[c->at], w->ids[right]);
  if (merge->left < 0 || merge->rank != c->rank) return;
  w->ids[c->at] = c->id;
  w->ids[right] = -1;
  w->next[c->at] = w->next[right];
  if (w->next[right] < w->n) w->previous[w->next[right]] = c->at;
  consider(w, w->previous[c->at]);
  consider(w, c->at);
}

static int64_t merge_long(int32_t *ids, size_t n, const mer__bpe_merges *merges) {
  word w = {.ids = ids, .n = n, .merges = merges};
  if (n > INT32_MAX / 4) return -1;
  /* Each of less than n merges enters two pairs. */
  w.heap = mer__malloc(n, 3 * sizeof *w.heap + 2 * sizeof *w.next);
  if (!w.heap) return -1;
  w.next = (uint32_t *)(w.heap + 3 * n);
  w.previous = w.next + n;
  for (size_t i = 0; i < n; i++) {
    w.next[i] = (uint32_t)(i + 1);
    w.previous[i] = i > 0 ? (uint32_t)(i - 1) : (uint32_t)n;
  }
  for (size_t i = 0; i < n; i++) consider(&w, (uint32_t)i);
  while (w.n_heap) {
    candidate c = heap_pop(&w);
    merge_candidate(&w, &c);
  }
  size_t left = 0;
  for (size_t i = 0; i < n; i++)
    if (ids[i] >= 0) ids[left++] = ids[i];
  mer__free(w.heap);
  return (int64_t)left;
}

int64_t mer__bpe_merge_all(int32_t *ids, size_t n, const mer__bpe_merges *merges) {
  return n <= MER__BPE_SHORT_WORD ? merge_short(ids, n, merges) : merge_long(ids, n, merges);
}
