/* bert.h: the BERT encoder on packed batches, forward and backward (Devlin et al., 2019; the
 * post-norm arrangement and the tensor names are those of Hugging Face's BertModel, without its
 * pooler).
 *
 * Only real tokens are computed: T is their number in the batch, and attention runs within each
 * utterance. */
#ifndef MER_MODEL_BERT_H
#define MER_MODEL_BERT_H

#include "base/alloc.h"
#include "model/bert_config.h"
#include "model/noise.h"
#include "model/params.h"
#include "nn/packing.h"

/** Offsets of one layer's parameters in the block; query, key and value stand together. */
typedef struct mer__bert_layer {
  int64_t qkv_weight, qkv_bias;             /* [3H, H], [3H] */
  int64_t attention_weight, attention_bias; /* [H, H], [H] */
  int64_t attention_gamma, attention_beta;  /* [H] */
  int64_t up_weight, up_bias;               /* [I, H], [I] */
  int64_t down_weight, down_bias;           /* [H, I], [H] */
  int64_t output_gamma, output_beta;        /* [H] */
} mer__bert_layer;

/** Zero-initialize. */
typedef struct mer__bert {
  mer__bert_config config;
  int64_t word, position, type, gamma, beta; /* of the embeddings */
  mer__bert_layer *layers;                   /* [n_layers] */
} mer__bert;

/** Token ids of a batch, packed. */
typedef struct mer__token_batch {
  const int32_t *ids, *type_ids; /* [T] */
  mer__packing packing;
} mer__token_batch;

/** What forward keeps for backward; lives in the arena of the batch. */
typedef struct mer__bert_state mer__bert_state;

/** Declares the parameters of `bert->config`. MER_STATUS_NO_MEMORY, MER_STATUS_LIMIT (or too wide
 * for int8). */
mer_status mer__bert_declare(mer__bert *bert, mer__params *params, mer_error *err);
void mer__bert_clear(mer__bert *bert);

/** MER_STATUS_LIMIT: a layer is too wide for int8 weights. */
mer_status mer__bert_check_int8(const mer__bert_config *config, mer_error *err);
/** How a parameter of the encoder is kept where the weights are int8. */
mer__storage mer__bert_int8_storage(const mer__bert *bert, const mer__param *param);

/** Last hidden state of each utterance's first token, `[CLS]`, into `cls` [B, H]. Each utterance
 * has 1 to max_positions tokens with ids below vocab_size. `*state` (may be NULL if not training)
 * is for backward. MER_STATUS_NO_MEMORY. */
mer_status mer__bert_forward(float *cls, mer__bert_state **state, const mer__bert *bert,
                             const mer__params *params, const mer__token_batch *batch,
                             mer__arena *arena, const mer__noise *noise, mer_error *err);

/** Adds the gradients of `dcls` [B, H] to those of the parameters. MER_STATUS_NO_MEMORY. */
mer_status mer__bert_backward(const mer__bert *bert, mer__params *params,
                              const mer__bert_state *state, const float *dcls, mer__arena *arena,
                              mer_error *err);

#endif
