/* own_tokens.h: the vector of a text as the mean over the last hidden states of its own tokens: not
 * of special ones, nor of the turns around it. */
#ifndef MER_ENCODER_OWN_TOKENS_H
#define MER_ENCODER_OWN_TOKENS_H

#include "encoder/modality.h"
#include "layers/pass.h"
#include "nn/packing.h"

/** A bit of a token's type, within the inputs of an encoder: it is one of the utterance itself. */
enum { MER__OWN_TOKEN = 1 << 8 };

/** The own tokens of a batch. */
typedef struct mer__own_tokens {
  int32_t *rows;        /* their rows in the batch */
  mer__packing packing; /* of these rows */
} mer__own_tokens;

/** Lists those of inputs [n], in the arena. MER_STATUS_NO_MEMORY. */
mer_status mer__own_tokens_list(mer__own_tokens *own, const mer__input *const *inputs, int64_t n,
                                mer__arena *arena, mer_error *err);
/** vectors [B, H] of hidden states [T, H]; zeros for an utterance without own tokens.
 * MER_STATUS_NO_MEMORY. */
mer_status mer__own_tokens_forward(float *vectors, const mer__own_tokens *own, const float *hidden,
                                   int64_t width, mer__arena *arena, mer_error *err);
/** The gradient of hidden states [T, H], which is written, for that of the vectors [B, H].
 * MER_STATUS_NO_MEMORY. */
mer_status mer__own_tokens_backward(float *dhidden, const mer__own_tokens *own,
                                    const float *dvectors, int64_t n_tokens, int64_t width,
                                    mer__arena *arena, mer_error *err);

#endif
