/* text_embeddings.h: the input of a text encoder: the sum of a word's, a position's and, in some
 * families, a segment type's vector, after a layer norm and dropout. */
#ifndef MER_ENCODER_TEXT_EMBEDDINGS_H
#define MER_ENCODER_TEXT_EMBEDDINGS_H

#include "encoder/text_input.h"
#include "layers/pass.h"

/** Indices of the parameters, and the shape. */
typedef struct mer__text_embeddings {
  int64_t word, position, type, gamma, beta; /* type -1: there is none */
  int64_t hidden;
  double layer_norm_epsilon;
} mer__text_embeddings;

/** Declares the tables of the given rows (n_types 0: no types). MER_STATUS_LIMIT,
 * MER_STATUS_NO_MEMORY. */
mer_status mer__text_embeddings_declare(mer__text_embeddings *e, mer__params *params,
                                        int64_t n_words, int64_t n_positions, int64_t n_types,
                                        mer_error *err);

/** What forward keeps for backward. */
typedef struct mer__text_embeddings_state {
  mer__token_batch batch;
  float *sum, *mean, *rstd; /* [T, H], [T], [T]: before the norm */
} mer__text_embeddings_state;

/** x [T, H]. MER_STATUS_NO_MEMORY. */
mer_status mer__text_embeddings_forward(float *x, mer__text_embeddings_state *state,
                                        const mer__text_embeddings *e, const mer__dropout *dropout,
                                        const mer__pass *pass, mer_error *err);
/** Adds the parameters' gradients for dx [T, H], which is overwritten. MER_STATUS_NO_MEMORY. */
mer_status mer__text_embeddings_backward(float *dx, const mer__text_embeddings_state *state,
                                         const mer__text_embeddings *e, const mer__dropout *dropout,
                                         const mer__pass *pass, mer_error *err);

#endif
