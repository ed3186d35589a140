/* transformer_layer.c: one layer of a transformer, forward and backward. */
#include "layers/transformer_layer.h"

#include "layers/affine.h"
#include "nn/activation.h"
#include "nn/attention.h"
#include "nn/dropout.h"
#include "nn/layer_norm.h"
#include "nn/rows.h"

/* Places where a layer draws dropout. */
enum { ON_PROBS, ON_ATTENTION, ON_OUTPUT, SITES_PER_LAYER };

mer__dropout mer__transformer_dropout(const mer__noise *noise, double rate, int64_t l, int site) {
  return mer__noise_dropout(noise, rate, (l + 1) * SITES_PER_LAYER + site);
}

/* Sizes of a pass. */
typedef struct sizes {
  int64_t tokens, hidden, intermediate;
  int n_heads, head_size;
} sizes;

static sizes sizes_of(const mer__transformer_pass *t) {
  const mer__transformer_config *c = &t->transformer->config;
  return (sizes){t->packing->offsets[t->packing->n_utterances], c->hidden_size,
                 c->intermediate_size, (int)c->n_heads, (int)(c->hidden_size / c->n_heads)};
}

/* The four Linear layers. */
static mer__affine qkv_of(const mer__transformer_layer *p, sizes z) {
  return (mer__affine){p->qkv_weight, p->qkv_bias, z.hidden, 3 * z.hidden};
}
static mer__affine attention_of(const mer__transformer_layer *p, sizes z) {
  return (mer__affine){p->attention_weight, p->attention_bias, z.hidden, z.hidden};
}
static mer__affine up_of(const mer__transformer_layer *p, sizes z) {
  return (mer__affine){p->up_weight, p->up_bias, z.hidden, z.intermediate};
}
static mer__affine down_of(const mer__transformer_layer *p, sizes z) {
  return (mer__affine){p->down_weight, p->down_bias, z.intermediate, z.hidden};
}

static void attention_forward(mer__transformer_acts *s, const mer__transformer_pass *t, int64_t l) {
  const mer__transformer_config *c = &t->transformer->config;
  const mer__transformer_layer *p = &t->transformer->layers[l];
  const sizes z = sizes_of(t);
  mer__dropout on_probs =
      mer__transformer_dropout(&t->pass->noise, c->attention_dropout, l, ON_PROBS);
  mer__dropout on_sum =
      mer__transformer_dropout(&t->pass->noise, c->hidden_dropout, l, ON_ATTENTION);
  mer__affine_forward(s->qkv, s->input, t->pass, qkv_of(p, z), z.tokens);
  mer__attention_forward(s->context, s->probs, s->qkv, t->packing, z.n_heads, z.head_size,
                         s->first_only, &on_probs, t->scratch);
  if (s->first_only)
    mer__rows_gather(s->residual, s->input, t->packing->offsets, s->n_rows, z.hidden);
  mer__affine_forward(s->attention_sum, s->context, t->pass, attention_of(p, z), s->n_rows);
  mer__dropout_add(s->attention_sum, s->attention_sum, s->residual, s->n_rows * z.hidden, &on_sum);
  mer__layer_norm_forward(s->attention_output, s->attention_mean, s->attention_rstd,
                          s->attention_sum, mer__value(t->pass->params, p->attention_gamma),
                          mer__value(t->pass->params, p->attention_beta), s->n_rows, z.hidden,
                          (float)c->layer_norm_epsilon);
}

/* Takes g->dx from the gradient of attention_output to that of the layer's input. */
static void attention_backward(mer__transformer_gradients *g, const mer__transformer_acts *s,
                               const mer__transformer_pass *t, int64_t l) {
  const mer__transformer_config *c = &t->transformer->config;
  const mer__transformer_layer *p = &t->transformer->layers[l];
  const sizes z = sizes_of(t);
  mer__dropout none = {0};
  mer__dropout on_probs =
      mer__transformer_dropout(&t->pass->noise, c->attention_dropout, l, ON_PROBS);
  mer__dropout on_sum =
      mer__transformer_dropout(&t->pass->noise, c->hidden_dropout, l, ON_ATTENTION);
  mer__layer_norm_backward(g->dsum, mer__grad(t->pass->params, p->attention_gamma),
                           mer__grad(t->pass->params, p->attention_beta), g->dx, s->attention_sum,
                           s->attention_mean, s->attention_rstd,
                           mer__value(t->pass->params, p->attention_gamma), s->n_rows, z.hidden);
  mer__dropout_apply(g->dbranch, g->dsum, s->n_rows * z.hidden, &on_sum);
  mer__affine_backward(g->dx, g->dbranch, s->context, t->pass, attention_of(p, z), s->n_rows);
  mer__attention_backward(g->dqkv, g->dx, s->qkv, s->probs, t->packing, z.n_heads, z.head_size,
                          s->first_only, &on_probs, t->scratch);
  mer__affine_backward(g->dx, g->dqkv, s->input, t->pass, qkv_of(p, z), z.tokens);
  if (s->first_only)
    mer__rows_scatter_add(g->dx, g->dsum, t->packing->offsets, s->n_rows, z.hidden);
  else mer__dropout_add(g->dx, g->dx, g->dsum, z.tokens * z.hidden, &none);
}

static void feed_forward(float *output, mer__transformer_acts *s, const mer__transformer_pass *t,
                         int64_t l) {
  const mer__transformer_config *c = &t->transformer->config;
  const mer__transformer_layer *p = &t->transformer->layers[l];
  const sizes z = sizes_of(t);
  mer__dropout on_sum = mer__transformer_dropout(&t->pass->noise, c->hidden_dropout, l, ON_OUTPUT);
  mer__affine_gelu_forward(s->up_activated, s->up, s->attention_output, t->pass, up_of(p, z),
                           s->n_rows);
  mer__affine_forward(s->output_sum, s->up_activated, t->pass, down_of(p, z), s->n_rows);
  mer__dropout_add(s->output_sum, s->output_sum, s->attention_output, s->n_rows * z.hidden,
                   &on_sum);
  mer__layer_norm_forward(output, s->output_mean, s->output_rstd, s->output_sum,
                          mer__value(t->pass->params, p->output_gamma),
                          mer__value(t->pass->params, p->output_beta), s->n_rows, z.hidden,
                          (float)c->layer_norm_epsilon);
}

/* Takes g->dx from the gradient of the output to that of attention_output. */
static void feed_forward_backward(mer__transformer_gradients *g, const mer__transformer_acts *s,
                                  const mer__transformer_pass *t, int64_t l) {
  const mer__transformer_config *c = &t->transformer->config;
  const mer__transformer_layer *p = &t->transformer->layers[l];
  const sizes z = sizes_of(t);
  mer__dropout none = {0};
  mer__dropout on_sum = mer__transformer_dropout(&t->pass->noise, c->hidden_dropout, l, ON_OUTPUT);
  mer__layer_norm_backward(g->dsum, mer__grad(t->pass->params, p->output_gamma),
                           mer__grad(t->pass->params, p->output_beta), g->dx, s->output_sum,
                           s->output_mean, s->output_rstd,
                           mer__value(t->pass->params, p->output_gamma), s->n_rows, z.hidden);
  mer__dropout_apply(g->dbranch, g->dsum, s->n_rows * z.hidden, &on_sum);
  mer__affine_backward(g->dup, g->dbranch, s->up_activated, t->pass, down_of(p, z), s->n_rows);
  mer__gelu_backward(g->dup, g->dup, s->up, s->n_rows * z.intermediate);
  mer__affine_backward(g->dx, g->dup, s->attention_output, t->pass, up_of(p, z), s->n_rows);
  mer__dropout_add(g->dx, g->dx, g->dsum, s->n_rows * z.hidden, &none);
}

void mer__transformer_layer_forward(float *output, mer__transformer_acts *acts,
                                    const mer__transformer_pass *t, int64_t l) {
  attention_forward(acts, t, l);
  feed_forward(output, acts, t, l);
}

void mer__transformer_layer_backward(mer__transformer_gradients *g,
                                     const mer__transformer_acts *acts,
                                     const mer__transformer_pass *t, int64_t l) {
  feed_forward_backward(g, acts, t, l);
  attention_backward(g, acts, t, l);
}
