/* int8_embedding.h: BERT's input from tables of int8. */
#ifndef MER_NN_INT8_EMBEDDING_H
#define MER_NN_INT8_EMBEDDING_H

#include "nn/int8_weights.h"
#include "nn/packing.h"

/** mer__embedding_forward with tables of int8, their rows side by side. */
void mer__int8_embedding_forward(float *y, const int32_t *ids, const int32_t *type_ids,
                                 const mer__packing *packing, const mer__int8_matrix *word,
                                 const mer__int8_matrix *position, const mer__int8_matrix *type);

#endif
