/* transformer.h: a stack of transformer layers on packed batches, forward and backward (Vaswani et
 * al., 2017), in either arrangement:
 * post-norm (BERT): h = norm(x + dropout(dense(attention(x)))),
 *                   output = norm(h + dropout(down(activation(up(h)))));
 * pre-norm (Whisper, ViT): h = x + dropout(dense(attention(norm(x)))),
 *                   output = h + dropout(down(activation(up(norm(h))))), and a norm after the last.
 * Encoders differ in what makes the input, in the configuration and in the names of parameters.
 *
 * Only real rows (tokens, frames) are computed: T is their number in the batch, and attention runs
 * within each utterance. */
#ifndef MER_LAYERS_TRANSFORMER_H
#define MER_LAYERS_TRANSFORMER_H

#include "layers/bias_gate.h"
#include "layers/low_rank.h"
#include "layers/pass.h"
#include "layers/relative_bias.h"
#include "nn/activation.h"
#include "nn/packing.h"

/** What a stack gives. */
typedef enum mer__transformer_result {
  MER__FIRST_ROWS, /* [B, H]: the last layer's output of each utterance's first row */
  MER__ALL_ROWS,   /* [T, H]: of every row */
} mer__transformer_result;

typedef struct mer__transformer_config {
  int64_t n_layers, hidden_size, n_heads, intermediate_size;
  mer__activation_kind activation;
  bool pre_norm;
  bool no_key_bias;                /* as Whisper */
  int64_t n_buckets, max_distance; /* of the relative bias, shared by all layers; 0: none */
  bool gated_bias;                 /* of each query and head (bias_gate.h) */
  double layer_norm_epsilon;
  double hidden_dropout, attention_dropout, activation_dropout; /* rates while training */
  bool no_sum_dropout; /* nothing of the attention's result is dropped (DistilBERT) */
  mer__transformer_result result;
} mer__transformer_config;

/** Sees the hidden states [T, H] of a pass, from number 0, the stack's input, to number n_layers,
 * the result (MER__ALL_ROWS). While training they stay where they are until backward has ended. */
typedef struct mer__hidden_tap {
  void *self;
  void (*forward)(void *self, int64_t number, const float *hidden);
  /** Adds to the gradient of hidden states; from the last to the first. */
  void (*backward)(void *self, int64_t number, float *dhidden);
} mer__hidden_tap;

/** Names of one layer's parameters, after `layers` and the layer's number; each is followed by
 * ".weight" or ".bias". Then names in full: of the norm after the last layer (pre-norm), to be
 * followed by the same, and of the relative bias. */
typedef struct mer__transformer_names {
  const char *layers; /* "encoder.layer" */
  const char *query, *key, *value, *attention, *attention_norm, *up, *down, *output_norm;
  const char *gate, *gate_constant; /* of a gated bias; the constant is [1, n_heads, 1, 1] */
  const char *final_norm, *relative_bias;
} mer__transformer_names;

/** Indices of one layer's parameters; the weights of query, key and value were declared one after
 * the other, and so were their biases: three, or two without the key's. */
typedef struct mer__transformer_layer {
  int64_t qkv_weight, qkv_bias;             /* [3H, H], [3H] or [2H] */
  int64_t attention_weight, attention_bias; /* [H, H], [H] */
  int64_t attention_gamma, attention_beta;  /* [H] */
  int64_t up_weight, up_bias;               /* [I, H], [I] */
  int64_t down_weight, down_bias;           /* [H, I], [H] */
  int64_t output_gamma, output_beta;        /* [H] */
  mer__bias_gate gate;                      /* of a gated bias */
  mer__low_rank query, value;               /* adapters; rank 0: there are none */
} mer__transformer_layer;

/** Zero-initialize. */
typedef struct mer__transformer {
  mer__transformer_config config;
  mer__transformer_layer *layers;   /* [n_layers] */
  int64_t final_gamma, final_beta;  /* [H]: of pre-norm */
  mer__relative_bias relative_bias; /* if there is one */
  int64_t first_trained;            /* no parameter of the layers before it is trained */
  bool stem_trained;                /* something of what makes the input is */
} mer__transformer;

enum {
  MER__TRANSFORMER_MAX_LAYERS = 1000, /* each has its own sites of dropout */
  MER__TRANSFORMER_SITES = 4100,      /* sites of the stack; those from here on are the encoder's */
};

/** Declares the parameters of `transformer->config`, each layer a group. MER_STATUS_LIMIT (too
 * large), MER_STATUS_INVALID (all layers are to be frozen), MER_STATUS_NO_MEMORY. */
mer_status mer__transformer_declare(mer__transformer *transformer, mer__params *params,
                                    const mer__transformer_names *names, mer_error *err);
void mer__transformer_clear(mer__transformer *transformer);

/** What forward keeps for backward; lives in the arena of the batch. */
typedef struct mer__transformer_state {
  mer__packing packing;
  float *input;                         /* [T, H]: to be filled before forward */
  const mer__hidden_tap *tap;           /* may be set before it */
  struct mer__transformer_acts *layers; /* [n_layers] */
  float *last;                          /* [R, H]: the last layer's output, before the final norm */
  float *mean, *rstd;                   /* [R], [R]: of the final norm */
  mer__attention_bias bias;             /* of the scores, if there is one */
} mer__transformer_state;

/** Memory for the activations of a batch. MER_STATUS_NO_MEMORY. */
mer_status mer__transformer_begin(mer__transformer_state *state,
                                  const mer__transformer *transformer, const mer__packing *packing,
                                  const mer__pass *pass, mer_error *err);
/** `result`: see mer__transformer_result. */
mer_status mer__transformer_forward(float *result, mer__transformer_state *state,
                                    const mer__transformer *transformer, const mer__pass *pass,
                                    mer_error *err);
/** Adds the parameters' gradients for `dresult`, and for those that the tap adds; NULL: for these
 * alone. `*dinput` [T, H] becomes the gradient of the input, in the arena, or NULL if nothing of
 * what makes it is trained. MER_STATUS_NO_MEMORY. */
mer_status mer__transformer_backward(float **dinput, const mer__transformer_state *state,
                                     const mer__transformer *transformer, const float *dresult,
                                     const mer__pass *pass, mer_error *err);

/** The dropout of the input, which its maker applies. */
mer__dropout mer__transformer_input_dropout(const mer__transformer *transformer,
                                            const mer__pass *pass);

#endif
