/* packing.h: a batch of utterances of different lengths, their tokens side by side without padding.
 */
#ifndef MER_NN_PACKING_H
#define MER_NN_PACKING_H

#include <stdint.h>

/** Where the utterances of a batch lie in its T rows. Borrowed memory. */
typedef struct mer__packing {
  int32_t n_utterances;
  const int32_t *offsets; /* [B+1]; tokens of utterance b are offsets[b] .. offsets[b+1]-1 */
} mer__packing;

/** Attention scores of the batch: the sum over b of A * T_b * T_b. */
int64_t mer__packing_n_scores(const mer__packing *packing, int n_heads);

#endif
