/* transformer_layer.h: one layer of a transformer, forward and backward. */
#ifndef MER_LAYERS_TRANSFORMER_LAYER_H
#define MER_LAYERS_TRANSFORMER_LAYER_H

#include "layers/transformer.h"

/** Activations of one layer: T rows, H hidden, I intermediate. R rows go on after the attention:
 * all of them, or in the last layer only the first of each utterance, if nothing else is used. */
typedef struct mer__transformer_acts {
  int64_t n_rows;  /* R */
  bool first_only; /* R = B */
  float *input;    /* [T, H] */
  float *attended; /* [T, H]: what the attention reads: the input, or its norm (pre-norm) */
  float *residual; /* [R, H]: the input's rows that go on */
  float *qkv;      /* [T, 3H] */
  float *query_reduced, *value_reduced;   /* [T, R]: of adapters of rank R */
  float *gates, *gate_halves;             /* [T, A], [T, A, 2]: of a gated bias */
  float *probs;                           /* attention, before dropout; NULL without training */
  float *context;                         /* [R, H] */
  float *attention_sum;                   /* [R, H]: with the residual */
  float *attention_mean, *attention_rstd; /* [T]: of the attention's norm */
  float *fed;                             /* [R, H]: what `up` reads: the norm of attention_sum */
  float *up, *up_activated;               /* [R, I] */
  float *output_sum;                      /* [R, H]: before its norm (post-norm) */
  float *output_mean, *output_rstd;       /* [R]: of the feed-forward part's norm */
} mer__transformer_acts;

/** What the layers of one pass have in common. */
typedef struct mer__transformer_pass {
  const mer__transformer *transformer;
  const mer__pass *pass;
  const mer__packing *packing;
  const mer__attention_bias *bias; /* NULL: none */
  float *scratch;                  /* of the attention */
  float *dgates;                   /* [T, A]: backward through a gated bias */
  float *adapted, *dreduced;       /* [T, H], [T, R]: of adapters of rank R */
  float *qkv_bias;                 /* [3H]: the bias of the three, or its gradient, put together */
} mer__transformer_pass;

/** Gradients on their way through the layers; the buffers are used by each in turn. */
typedef struct mer__transformer_gradients {
  float *dx;      /* [T, H]: of the layer's output [R, H], then of its input [T, H] */
  float *dsum;    /* [T, H]: of a sum with a residual */
  float *dbranch; /* [T, H]: of the branch that was added */
  float *dup;     /* [T, I] */
  float *dqkv;    /* [T, 3H] */
} mer__transformer_gradients;

/** The dropout of place `site` (from 0) of layer l; the input's is place 0 of layer -1. */
mer__dropout mer__transformer_dropout(const mer__noise *noise, double rate, int64_t l, int site);

/** `output` [R, H] may be the input. */
void mer__transformer_layer_forward(float *output, mer__transformer_acts *acts,
                                    const mer__transformer_pass *p, int64_t l);

/** From g->dx [R, H] to g->dx [T, H], adding the gradients of the layer's parameters. */
void mer__transformer_layer_backward(mer__transformer_gradients *g,
                                     const mer__transformer_acts *acts,
                                     const mer__transformer_pass *p, int64_t l);

#endif
