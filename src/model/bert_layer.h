/* bert_layer.h: one layer of the encoder, forward and backward:
 * h = norm(x + dropout(dense(attention(x)))), output = norm(h + dropout(down(gelu(up(h))))). */
#ifndef MER_MODEL_BERT_LAYER_H
#define MER_MODEL_BERT_LAYER_H

#include "model/bert.h"

/** Activations of one layer: T tokens, H hidden, I intermediate. R rows go on behind the attention:
 * all tokens, but in the last layer only the first of each utterance, as nothing else is used. */
typedef struct mer__layer_state {
  int64_t n_rows;       /* R */
  bool first_only;      /* R = B: the last layer */
  float *input;         /* [T, H] */
  float *residual;      /* [R, H]: the input's rows that go on */
  float *qkv;           /* [T, 3H] */
  float *probs;         /* attention, before dropout; NULL without training */
  float *context;       /* [R, H] */
  float *attention_sum; /* [R, H]: before its norm */
  float *attention_mean, *attention_rstd;
  float *attention_output;  /* [R, H]: h */
  float *up, *up_activated; /* [R, I] */
  float *output_sum;        /* [R, H]: before its norm */
  float *output_mean, *output_rstd;
} mer__layer_state;

/** What the layers of one pass have in common. */
typedef struct mer__bert_pass {
  const mer__bert *bert;
  const mer__params *params;
  const mer__packing *packing;
  mer__noise noise;
  float *scratch; /* of the attention */
} mer__bert_pass;

/** Gradients on their way through the layers; the buffers are used by each in turn. */
typedef struct mer__layer_gradients {
  float *dx;      /* [T, H]: of the layer's output [R, H], then of its input [T, H] */
  float *dsum;    /* [T, H]: of a sum before its norm */
  float *dbranch; /* [T, H]: of the branch that was added */
  float *dup;     /* [T, I] */
  float *dqkv;    /* [T, 3H] */
} mer__layer_gradients;

/** The dropout of place `site` (from 0) of layer l; the embeddings' is place 0 of layer -1. */
mer__dropout mer__bert_dropout(const mer__noise *noise, double rate, int64_t l, int site);

/** `output` [R, H] may be the input. */
void mer__bert_layer_forward(float *output, mer__layer_state *state, const mer__bert_pass *pass,
                             int64_t l);

/** From g->dx [R, H] to g->dx [T, H], adding the gradients of the layer's parameters. */
void mer__bert_layer_backward(mer__layer_gradients *g, const mer__layer_state *state,
                              const mer__bert_pass *pass, int64_t l);

#endif
