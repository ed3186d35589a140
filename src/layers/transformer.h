/* transformer.h: a stack of transformer layers on packed batches, forward and backward (Vaswani et
 * al., 2017; the post-norm arrangement of BERT, Devlin et al., 2019):
 * h = norm(x + dropout(dense(attention(x)))), output = norm(h + dropout(down(gelu(up(h))))).
 * The result is the first row of each utterance. Encoders differ in what makes the input and in the
 * names of the parameters.
 *
 * Only real rows (tokens, frames) are computed: T is their number in the batch, and attention runs
 * within each utterance. */
#ifndef MER_LAYERS_TRANSFORMER_H
#define MER_LAYERS_TRANSFORMER_H

#include "layers/pass.h"
#include "nn/packing.h"

typedef struct mer__transformer_config {
  int64_t n_layers, hidden_size, n_heads, intermediate_size;
  double layer_norm_epsilon;
  double hidden_dropout, attention_dropout; /* rates while training */
} mer__transformer_config;

/** Names of one layer's parameters, after `layers` and the layer's number; each is followed by
 * ".weight" or ".bias". */
typedef struct mer__transformer_names {
  const char *layers; /* "encoder.layer" */
  const char *query, *key, *value, *attention, *attention_norm, *up, *down, *output_norm;
} mer__transformer_names;

/** Indices of one layer's parameters; query, key and value were declared one after the other. */
typedef struct mer__transformer_layer {
  int64_t qkv_weight, qkv_bias;             /* [3H, H], [3H] */
  int64_t attention_weight, attention_bias; /* [H, H], [H] */
  int64_t attention_gamma, attention_beta;  /* [H] */
  int64_t up_weight, up_bias;               /* [I, H], [I] */
  int64_t down_weight, down_bias;           /* [H, I], [H] */
  int64_t output_gamma, output_beta;        /* [H] */
} mer__transformer_layer;

/** Zero-initialize. */
typedef struct mer__transformer {
  mer__transformer_config config;
  mer__transformer_layer *layers; /* [n_layers] */
} mer__transformer;

/** Most layers: each has its own sites of dropout. */
enum { MER__TRANSFORMER_MAX_LAYERS = 1000 };

/** Declares the parameters of `transformer->config`, each layer a group. MER_STATUS_LIMIT (too
 * large), MER_STATUS_NO_MEMORY. */
mer_status mer__transformer_declare(mer__transformer *transformer, mer__params *params,
                                    const mer__transformer_names *names, mer_error *err);
void mer__transformer_clear(mer__transformer *transformer);

/** What forward keeps for backward; lives in the arena of the batch. */
typedef struct mer__transformer_state {
  mer__packing packing;
  float *input;                         /* [T, H]: to be filled before forward */
  struct mer__transformer_acts *layers; /* [n_layers] */
} mer__transformer_state;

/** Memory for the activations of a batch. MER_STATUS_NO_MEMORY. */
mer_status mer__transformer_begin(mer__transformer_state *state,
                                  const mer__transformer *transformer, const mer__packing *packing,
                                  const mer__pass *pass, mer_error *err);
/** `first` [B, H]: the last layer's output of each utterance's first row. */
mer_status mer__transformer_forward(float *first, mer__transformer_state *state,
                                    const mer__transformer *transformer, const mer__pass *pass,
                                    mer_error *err);
/** Adds the parameters' gradients for `dfirst` [B, H]; `*dinput` [T, H] becomes the gradient of the
 * input, in the arena. MER_STATUS_NO_MEMORY. */
mer_status mer__transformer_backward(float **dinput, const mer__transformer_state *state,
                                     const mer__transformer *transformer, const float *dfirst,
                                     const mer__pass *pass, mer_error *err);

/** The dropout of the input, which its maker applies. */
mer__dropout mer__transformer_input_dropout(const mer__transformer *transformer,
                                            const mer__pass *pass);

#endif
