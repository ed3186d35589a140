/* embedding.h: the input of a text encoder: the sum of a word's, a position's and perhaps a segment
 * type's vector. */
#ifndef MER_NN_EMBEDDING_H
#define MER_NN_EMBEDDING_H

#include <stdint.h>

/** The rows of the tables that each of n tokens is made of; all are valid ones. */
typedef struct mer__embedding_ids {
  int64_t n;
  const int32_t *words, *positions; /* [n] */
  const int32_t *types;             /* [n]; NULL: all 0 */
} mer__embedding_ids;

/** y[t] = word[words[t]] + position[positions[t]] + type[types[t]], without the last if `type` is
 * NULL. y: [n, hidden]. */
void mer__embedding_forward(float *y, const mer__embedding_ids *ids, const float *word,
                            const float *position, const float *type, int64_t hidden);

/** Adds dy[t] to the rows of dword, dposition and, unless it is NULL, dtype that token t was made
 * of. In the order of the tokens whatever the number of threads, each of which takes some of the
 * columns. */
void mer__embedding_backward(float *dword, float *dposition, float *dtype, const float *dy,
                             const mer__embedding_ids *ids, int64_t hidden);

#endif
