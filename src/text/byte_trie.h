/* byte_trie.h: all tokens that a text begins with, found in one pass over its bytes: a double array
 * (Aoe, "An Efficient Digital Search Algorithm by Using a Double-Array Structure", 1989) in which,
 * as in Darts-clone, a child's place is its parent's offset XOR the byte. */
#ifndef MER_TEXT_BYTE_TRIE_H
#define MER_TEXT_BYTE_TRIE_H

#include "text/vocabulary.h"

/** A node. Its children are at `offset` XOR their byte. */
typedef struct mer__trie_node {
  uint32_t offset : 24; /* no two nodes with children have the same; 0: no children */
  uint32_t byte : 8;    /* that leads here */
  int32_t id;           /* of the token that ends here, or one of these: */
} mer__trie_node;

enum {
  MER__TRIE_INNER = -1, /* no token ends at this node */
  MER__TRIE_EMPTY = -2  /* a place without a node; so is the root, to which nothing leads */
};

/** Zero-initialize. */
typedef struct mer__byte_trie {
  mer__trie_node *nodes; /* the root is the first; a multiple of 256 */
  uint32_t n_nodes;
} mer__byte_trie;

/** Takes the tokens of a vocabulary, without the empty ones; of equal ones the last. `path` for
 * messages. MER_STATUS_LIMIT (over 2^24 nodes), MER_STATUS_NO_MEMORY; clear it in any case. */
mer_status mer__byte_trie_build(mer__byte_trie *trie, const mer__vocabulary *vocabulary,
                                const char *path, mer_error *err);
/** Accepts a zeroed one. */
void mer__byte_trie_clear(mer__byte_trie *trie);

/** The child of a node by a byte, NULL if there is none. No place is outside, as children lie in
 * the 256 places of their offset. */
static inline const mer__trie_node *mer__byte_trie_child(const mer__byte_trie *trie,
                                                         const mer__trie_node *node, uint8_t byte) {
  const mer__trie_node *child = &trie->nodes[node->offset ^ byte];
  return child->byte == byte && child->id != MER__TRIE_EMPTY ? child : NULL;
}

#endif
