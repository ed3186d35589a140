/* int8_embedding.h: the input of a text encoder from tables of int8. */
#ifndef MER_NN_INT8_EMBEDDING_H
#define MER_NN_INT8_EMBEDDING_H

#include "nn/embedding.h"
#include "nn/int8_weights.h"

/** mer__embedding_forward with tables of int8, their rows side by side; `type` may be NULL. */
void mer__int8_embedding_forward(float *y, const mer__embedding_ids *ids,
                                 const mer__int8_matrix *word, const mer__int8_matrix *position,
                                 const mer__int8_matrix *type);

#endif
