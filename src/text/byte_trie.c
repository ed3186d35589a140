/* byte_trie.c: builds the double array: from the root on, the children of a node are put where all
 * of their places are free. */
#include "text/byte_trie.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

enum {
  BLOCK = 256,     /* places of an offset */
  OPEN_BLOCKS = 8, /* the last ones, in which free places are still looked for */
  MAX_NODES = 1 << 24
};

/* Tokens order[begin .. end - 1], which are the same in their first `depth` bytes, as `node` is. */
typedef struct group {
  uint32_t begin, end, depth, node;
} group;

typedef struct builder {
  mer__byte_trie *trie;
  const mer__vocabulary *vocabulary;
  const char *path;
  uint32_t *order, *sorted; /* ids */
  group *todo;
  size_t n_todo, todo_capacity, capacities[4];
  uint32_t *next, *previous; /* rings of free places; the head is place 0 */
  bool *used;                /* offsets */
} builder;

static bool is_free(const builder *b, uint32_t place) {
  return b->trie->nodes[place].id == MER__TRIE_EMPTY && place != 0;
}

static void unlink_place(builder *b, uint32_t place) {
  b->next[b->previous[place]] = b->next[place];
  b->previous[b->next[place]] = b->previous[place];
}

/* Adds a block of free places, and gives up those that were long ago. */
static mer_status add_block(builder *b, mer_error *err) {
  uint32_t first = b->trie->n_nodes, end = first + BLOCK;
  if (end > MAX_NODES)
    return mer__fail(err, MER_STATUS_LIMIT, "%s: tokens of over %d bytes that differ", b->path,
                     MAX_NODES);
  if (mer__grow(&b->trie->nodes, &b->capacities[0], end, sizeof *b->trie->nodes) != 0 ||
      mer__grow(&b->next, &b->capacities[1], end, sizeof *b->next) != 0 ||
      mer__grow(&b->previous, &b->capacities[2], end, sizeof *b->previous) != 0 ||
      mer__grow(&b->used, &b->capacities[3], end, sizeof *b->used) != 0)
    return mer__fail_memory(err);
  if (first == 0) b->next[0] = b->previous[0] = 0;
  b->trie->n_nodes = end;
  for (uint32_t place = first; place < end; place++) {
    b->trie->nodes[place] = (mer__trie_node){.id = MER__TRIE_EMPTY};
    b->used[place] = false;
    if (place == 0) continue;
    b->next[place] = 0;
    b->previous[place] = b->previous[0];
    b->next[b->previous[place]] = b->previous[0] = place;
  }
  for (uint32_t i = 0; first >= OPEN_BLOCKS * BLOCK && i < BLOCK; i++)
    if (is_free(b, first - OPEN_BLOCKS * BLOCK + i))
      unlink_place(b, first - OPEN_BLOCKS * BLOCK + i);
  return MER_OK;
}

/* An offset at which there is room for children by these bytes. */
static mer_status find_offset(uint32_t *offset, builder *b, const uint8_t *bytes, int n,
                              mer_error *err) {
  for (uint32_t place = b->next[0]; place != 0; place = b->next[place]) {
    *offset = place ^ bytes[0];
    int i = 1;
    if (*offset == 0 || b->used[*offset]) continue;
    while (i < n && is_free(b, *offset ^ bytes[i])) i++;
    if (i == n) return MER_OK;
  }
  *offset = b->trie->n_nodes;
  return add_block(b, err);
}

static mer_status push(builder *b, group g, mer_error *err) {
  if (mer__grow(&b->todo, &b->todo_capacity, b->n_todo + 1, sizeof *b->todo) != 0)
    return mer__fail_memory(err);
  b->todo[b->n_todo++] = g;
  return MER_OK;
}

static uint8_t byte_of(const builder *b, uint32_t id, uint32_t depth) {
  return (uint8_t)b->vocabulary->text[b->vocabulary->starts[id] + depth];
}

/* Takes the tokens that end at a node out of its group. */
static void take_ends(builder *b, group *g) {
  size_t size;
  for (uint32_t i = g->begin; i < g->end;) {
    uint32_t id = b->order[i];
    mer__vocabulary_token(&size, b->vocabulary, (int32_t)id);
    if (size > g->depth) {
      i++;
      continue;
    }
    mer__trie_node *node = &b->trie->nodes[g->node];
    if ((int32_t)id > node->id) node->id = (int32_t)id;
    b->order[i] = b->order[--g->end];
  }
}

/* Sorts a group by its next byte; the bytes that occur and the ends of their parts, by number. */
static int sort_group(uint8_t bytes[256], uint32_t ends[256], builder *b, const group *g) {
  uint32_t counts[256] = {0}, at[256], end = g->begin;
  int n = 0;
  for (uint32_t i = g->begin; i < g->end; i++) counts[byte_of(b, b->order[i], g->depth)]++;
  for (int byte = 0; byte < 256; byte++) {
    if (!counts[byte]) continue;
    at[byte] = end;
    ends[n] = end += counts[byte];
    bytes[n++] = (uint8_t)byte;
  }
  for (uint32_t i = g->begin; i < g->end; i++)
    b->sorted[at[byte_of(b, b->order[i], g->depth)]++] = b->order[i];
  memcpy(b->order + g->begin, b->sorted + g->begin, (g->end - g->begin) * sizeof *b->order);
  return n;
}

/* Gives a node its children. */
static mer_status expand(builder *b, group *g, mer_error *err) {
  uint8_t bytes[256];
  uint32_t ends[256], offset, begin = g->begin;
  int n = 1;
  mer_status status = MER_OK;
  take_ends(b, g);
  if (g->begin == g->end) return MER_OK;
  bytes[0] = byte_of(b, b->order[g->begin], g->depth);
  ends[0] = g->end;
  if (g->end - g->begin > 1) n = sort_group(bytes, ends, b, g);
  MER__CHECK(find_offset(&offset, b, bytes, n, err));
  b->used[offset] = true;
  b->trie->nodes[g->node].offset = offset & (MAX_NODES - 1);
  for (int i = 0; i < n; begin = ends[i++]) {
    uint32_t place = offset ^ bytes[i];
    unlink_place(b, place);
    b->trie->nodes[place] = (mer__trie_node){.byte = bytes[i], .id = MER__TRIE_INNER};
    MER__CHECK(push(b, (group){begin, ends[i], g->depth + 1, place}, err));
  }
cleanup:
  return status;
}

static mer_status build(builder *b, mer_error *err) {
  size_t n = (size_t)b->vocabulary->n_tokens, size;
  uint32_t n_used = 0;
  mer_status status;
  MER__CHECK(add_block(b, err));
  b->order = mer__malloc(n, sizeof *b->order);
  b->sorted = mer__malloc(n, sizeof *b->sorted);
  if (!b->order || !b->sorted) MER__CHECK(mer__fail_memory(err));
  for (uint32_t id = 0; id < n; id++) {
    mer__vocabulary_token(&size, b->vocabulary, (int32_t)id);
    if (size) b->order[n_used++] = id;
  }
  MER__CHECK(push(b, (group){0, n_used, 0, 0}, err));
  while (b->n_todo) {
    group g = b->todo[--b->n_todo];
    MER__CHECK(expand(b, &g, err));
  }
cleanup:
  return status;
}

mer_status mer__byte_trie_build(mer__byte_trie *trie, const mer__vocabulary *vocabulary,
                                const char *path, mer_error *err) {
  builder b = {.trie = trie, .vocabulary = vocabulary, .path = path};
  mer_status status = build(&b, err);
  mer__free(b.order);
  mer__free(b.sorted);
  mer__free(b.todo);
  mer__free(b.next);
  mer__free(b.previous);
  mer__free(b.used);
  return status;
}

void mer__byte_trie_clear(mer__byte_trie *trie) {
  mer__free(trie->nodes);
  *trie = (mer__byte_trie){0};
}
