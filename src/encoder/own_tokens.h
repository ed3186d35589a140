/* own_tokens.h: the last hidden states of a text's own tokens: not of special ones, nor of the
 * turns around it. Its vector is their mean, or what convolutions make of them. */
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
/** How many they are. */
static inline int64_t mer__own_tokens_count(const mer__own_tokens *own) {
  return own->packing.offsets[own->packing.n_utterances];
}
/** Their rows [count, H] of hidden states [T, H]. */
void mer__own_tokens_gather(float *rows, const mer__own_tokens *own, const float *hidden,
                            int64_t width);
/** The gradient of hidden states [T, H], which is written, for that of the rows. */
void mer__own_tokens_scatter(float *dhidden, const mer__own_tokens *own, const float *drows,
                             int64_t n_tokens, int64_t width);

#endif
