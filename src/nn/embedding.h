/* embedding.h: BERT's input: the sum of a word's, a position's and a segment type's vector. */
#ifndef MER_NN_EMBEDDING_H
#define MER_NN_EMBEDDING_H

#include "nn/packing.h"

/** y[t] = word[ids[t]] + position[t - start of its utterance] + type[type_ids[t]].
 * y: [T, H]; ids: [T]; type_ids: [T], or NULL for all 0. The ids are valid rows of the tables. */
void mer__embedding_forward(float *y, const int32_t *ids, const int32_t *type_ids,
                            const mer__packing *packing, const float *word, const float *position,
                            const float *type, int64_t hidden);

/** Adds dy[t] to the rows of dword, dposition and dtype that token t was made of. In the order of
 * the tokens whatever the number of threads, each of which takes some of the columns. */
void mer__embedding_backward(float *dword, float *dposition, float *dtype, const float *dy,
                             const int32_t *ids, const int32_t *type_ids,
                             const mer__packing *packing, int64_t hidden);

#endif
