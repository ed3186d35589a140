/* transformer_layer.c: one layer of a transformer. Each of its two parts, attention and
 * feed-forward, adds what it makes of its input to that input; the arrangements differ in where the
 * part's norm stands: before the part (pre-norm), or after the sum (post-norm). */
#include "layers/transformer_layer.h"

#include <string.h>

#include "layers/affine.h"
#include "nn/dropout.h"
#include "nn/layer_norm.h"
#include "nn/rows.h"

/* Places where a layer draws dropout. That of the activation has its sites after all the others. */
enum { ON_PROBS, ON_ATTENTION, ON_OUTPUT, SITES_PER_LAYER };
enum { FIRST_ACTIVATION_SITE = SITES_PER_LAYER * (MER__TRANSFORMER_MAX_LAYERS + 1) };
_Static_assert(FIRST_ACTIVATION_SITE + MER__TRANSFORMER_MAX_LAYERS <= MER__TRANSFORMER_SITES,
               "each layer has its own");

mer__dropout mer__transformer_dropout(const mer__noise *noise, double rate, int64_t l, int site) {
  return mer__noise_dropout(noise, rate, (l + 1) * SITES_PER_LAYER + site);
}

/* A layer in a pass: sizes, parameters, dropout. */
typedef struct layer {
  const mer__transformer_config *config;
  const mer__transformer_layer *params;
  const mer__transformer_pass *shared;
  int64_t tokens, hidden, intermediate;
  mer__dropout on_probs, on_attention, on_activation, on_output;
  mer__attention_bias bias; /* if there is one */
} layer;

/* The bias that all layers share, with this one's gates. */
static mer__attention_bias bias_of(const mer__transformer_pass *t, const mer__transformer_acts *s) {
  if (!t->bias) return (mer__attention_bias){0};
  mer__attention_bias bias = *t->bias;
  if (!t->transformer->config.gated_bias) return bias;
  bias.gates = s->gates;
  bias.dgates = t->dgates;
  return bias;
}

static layer layer_of(const mer__transformer_pass *t, const mer__transformer_acts *s, int64_t l) {
  const mer__transformer_config *c = &t->transformer->config;
  const mer__noise *noise = &t->pass->noise;
  return (layer){
      .config = c,
      .params = &t->transformer->layers[l],
      .shared = t,
      .tokens = t->packing->offsets[t->packing->n_utterances],
      .hidden = c->hidden_size,
      .intermediate = c->intermediate_size,
      .on_probs = mer__transformer_dropout(noise, c->attention_dropout, l, ON_PROBS),
      .on_attention = mer__transformer_dropout(noise, c->no_sum_dropout ? 0 : c->hidden_dropout, l,
                                               ON_ATTENTION),
      .on_activation = mer__noise_dropout(noise, c->activation_dropout, FIRST_ACTIVATION_SITE + l),
      .on_output = mer__transformer_dropout(noise, c->hidden_dropout, l, ON_OUTPUT),
      .bias = bias_of(t, s)};
}

/* The four Linear layers. */
static mer__affine qkv_of(const layer *y) {
  const int64_t bias = y->config->no_key_bias ? MER__NO_BIAS : y->params->qkv_bias;
  return (mer__affine){y->params->qkv_weight, bias, y->hidden, 3 * y->hidden};
}
static mer__affine attention_of(const layer *y) {
  return (mer__affine){y->params->attention_weight, y->params->attention_bias, y->hidden,
                       y->hidden};
}
static mer__affine up_of(const layer *y) {
  return (mer__affine){y->params->up_weight, y->params->up_bias, y->hidden, y->intermediate};
}
static mer__affine down_of(const layer *y) {
  return (mer__affine){y->params->down_weight, y->params->down_bias, y->intermediate, y->hidden};
}

static void norm_forward(float *y, float *mean, float *rstd, const float *x, const layer *l,
                         int64_t gamma, int64_t beta, int64_t rows) {
  const mer__params *params = l->shared->pass->params;
  mer__layer_norm_forward(y, mean, rstd, x, mer__value(params, gamma), mer__value(params, beta),
                          rows, l->hidden, (float)l->config->layer_norm_epsilon);
}

static void norm_backward(float *dx, const float *dy, const float *x, const float *mean,
                          const float *rstd, const layer *l, int64_t gamma, int64_t beta,
                          int64_t rows) {
  const mer__params *params = l->shared->pass->params;
  mer__layer_norm_backward(dx, mer__grad(params, gamma), mer__grad(params, beta), dy, x, mean, rstd,
                           mer__value(params, gamma), rows, l->hidden);
}

/* What adapters add to the queries and values. */
static void adapters_forward(const mer__transformer_acts *s, const layer *l) {
  const mer__transformer_pass *t = l->shared;
  if (l->params->query.rank == 0) return;
  mer__low_rank_forward(s->qkv, 3 * l->hidden, s->attended, s->query_reduced, t->adapted,
                        &l->params->query, t->pass, l->tokens);
  mer__low_rank_forward(s->qkv + 2 * l->hidden, 3 * l->hidden, s->attended, s->value_reduced,
                        t->adapted, &l->params->value, t->pass, l->tokens);
}

/* Adds to dx, of what the attention read; `own` [T, H]. */
static void adapters_backward(float *dx, const float *dqkv, float *own,
                              const mer__transformer_acts *s, const layer *l) {
  const mer__transformer_pass *t = l->shared;
  if (l->params->query.rank == 0) return;
  mer__low_rank_backward(dx, dqkv, 3 * l->hidden, s->attended, s->query_reduced, t->adapted,
                         t->dreduced, own, &l->params->query, t->pass, l->tokens);
  mer__low_rank_backward(dx, dqkv + 2 * l->hidden, 3 * l->hidden, s->attended, s->value_reduced,
                         t->adapted, t->dreduced, own, &l->params->value, t->pass, l->tokens);
}

/* Queries, keys and values. A key without a bias has zeros in the place of one. */
static void qkv_forward(const mer__transformer_acts *s, const layer *l) {
  const mer__pass *pass = l->shared->pass;
  const size_t n = (size_t)l->hidden;
  if (!l->config->no_key_bias) {
    mer__affine_forward(s->qkv, s->attended, pass, qkv_of(l), l->tokens);
    return;
  }
  float *bias = l->shared->qkv_bias;
  memcpy(bias, mer__value(pass->params, l->params->qkv_bias), n * sizeof *bias);
  memset(bias + n, 0, n * sizeof *bias);
  memcpy(bias + 2 * n, mer__value(pass->params, l->params->qkv_bias + 1), n * sizeof *bias);
  mer__affine_forward_with(s->qkv, s->attended, bias, pass, qkv_of(l), l->tokens);
}

static void qkv_backward(float *dx, const float *dqkv, const mer__transformer_acts *s,
                         const layer *l) {
  const mer__pass *pass = l->shared->pass;
  mer__affine_backward(dx, dqkv, s->attended, pass, qkv_of(l), l->tokens);
  if (!l->config->no_key_bias || !mer__is_trained(pass->params, l->params->qkv_bias)) return;
  float *dbias = l->shared->qkv_bias;
  float *dquery = mer__grad(pass->params, l->params->qkv_bias);
  float *dvalue = mer__grad(pass->params, l->params->qkv_bias + 1);
  memset(dbias, 0, 3 * (size_t)l->hidden * sizeof *dbias);
  mer__rows_sum_add(dbias, dqkv, l->tokens, 3 * l->hidden);
  for (int64_t i = 0; i < l->hidden; i++) {
    dquery[i] += dbias[i];
    dvalue[i] += dbias[2 * l->hidden + i];
  }
}

static mer__attention attention_pass(const mer__transformer_acts *s, const layer *l) {
  const int n_heads = (int)l->config->n_heads;
  return (mer__attention){.packing = l->shared->packing,
                          .n_heads = n_heads,
                          .head_size = (int)(l->hidden / n_heads),
                          .first_only = s->first_only,
                          .dropout = &l->on_probs,
                          .bias = l->shared->bias ? &l->bias : NULL,
                          .scratch = l->shared->scratch};
}

static void gates_forward(const mer__transformer_acts *s, const layer *l) {
  const int64_t n_heads = l->config->n_heads;
  if (l->config->gated_bias)
    mer__bias_gate_forward(s->gates, s->gate_halves, s->attended, l->params->gate,
                           l->shared->pass->params, l->tokens, n_heads, l->hidden / n_heads);
}

/* Adds to dx, of what the attention read. */
static void gates_backward(float *dx, const mer__transformer_acts *s, const layer *l) {
  const int64_t n_heads = l->config->n_heads;
  if (l->config->gated_bias)
    mer__bias_gate_backward(dx, l->shared->dgates, s->gate_halves, s->attended, l->params->gate,
                            l->shared->pass->params, l->tokens, n_heads, l->hidden / n_heads);
}

/* From the input to attention_sum. */
static void attention_forward(mer__transformer_acts *s, const layer *l) {
  const mer__transformer_layer *p = l->params;
  const mer__attention attention = attention_pass(s, l);
  if (l->config->pre_norm)
    norm_forward(s->attended, s->attention_mean, s->attention_rstd, s->input, l, p->attention_gamma,
                 p->attention_beta, l->tokens);
  qkv_forward(s, l);
  adapters_forward(s, l);
  gates_forward(s, l);
  mer__attention_forward(s->context, s->probs, s->qkv, &attention);
  if (s->first_only)
    mer__rows_gather(s->residual, s->input, l->shared->packing->offsets, s->n_rows, l->hidden);
  mer__affine_forward(s->attention_sum, s->context, l->shared->pass, attention_of(l), s->n_rows);
  mer__dropout_add(s->attention_sum, s->attention_sum, s->residual, s->n_rows * l->hidden,
                   &l->on_attention);
}

/* Takes g->dsum, the gradient of attention_sum, to g->dx, that of the layer's input. */
static void attention_backward(mer__transformer_gradients *g, const mer__transformer_acts *s,
                               const layer *l) {
  const mer__transformer_layer *p = l->params;
  const mer__attention attention = attention_pass(s, l);
  const mer__dropout none = {0};
  mer__dropout_apply(g->dbranch, g->dsum, s->n_rows * l->hidden, &l->on_attention);
  mer__affine_backward(g->dx, g->dbranch, s->context, l->shared->pass, attention_of(l), s->n_rows);
  mer__attention_backward(g->dqkv, g->dx, s->qkv, s->probs, &attention);
  qkv_backward(g->dx, g->dqkv, s, l);
  adapters_backward(g->dx, g->dqkv, g->dbranch, s, l);
  gates_backward(g->dx, s, l);
  if (l->config->pre_norm)
    norm_backward(g->dx, g->dx, s->input, s->attention_mean, s->attention_rstd, l,
                  p->attention_gamma, p->attention_beta, l->tokens);
  if (s->first_only)
    mer__rows_scatter_add(g->dx, g->dsum, l->shared->packing->offsets, s->n_rows, l->hidden);
  else mer__dropout_add(g->dx, g->dx, g->dsum, l->tokens * l->hidden, &none);
}

/* What the feed-forward part reads, which is the norm of attention_sum in either arrangement, goes
 * through it; then the sum with the part's input. */
static void feed_forward(float *output, mer__transformer_acts *s, const layer *l) {
  const mer__transformer_layer *p = l->params;
  const mer__pass *pass = l->shared->pass;
  const bool pre = l->config->pre_norm;
  const float *residual = pre ? s->attention_sum : s->fed;
  float *sum = pre ? output : s->output_sum;
  if (pre)
    norm_forward(s->fed, s->output_mean, s->output_rstd, s->attention_sum, l, p->output_gamma,
                 p->output_beta, s->n_rows);
  else
    norm_forward(s->fed, s->attention_mean, s->attention_rstd, s->attention_sum, l,
                 p->attention_gamma, p->attention_beta, s->n_rows);
  mer__affine_activated_forward(s->up_activated, s->up, s->fed, pass, up_of(l), s->n_rows,
                                l->config->activation);
  mer__dropout_apply(s->up_activated, s->up_activated, s->n_rows * l->intermediate,
                     &l->on_activation);
  mer__affine_forward(sum, s->up_activated, pass, down_of(l), s->n_rows);
  mer__dropout_add(sum, sum, residual, s->n_rows * l->hidden, &l->on_output);
  if (!pre)
    norm_forward(output, s->output_mean, s->output_rstd, s->output_sum, l, p->output_gamma,
                 p->output_beta, s->n_rows);
}

/* The branch: takes g->dsum, the gradient of the sum, to g->dx, that of what the part read. */
static void feed_forward_branch_backward(mer__transformer_gradients *g,
                                         const mer__transformer_acts *s, const layer *l) {
  const mer__pass *pass = l->shared->pass;
  const int64_t n = s->n_rows * l->intermediate;
  mer__dropout_apply(g->dbranch, g->dsum, s->n_rows * l->hidden, &l->on_output);
  mer__affine_backward(g->dup, g->dbranch, s->up_activated, pass, down_of(l), s->n_rows);
  mer__dropout_apply(g->dup, g->dup, n, &l->on_activation);
  mer__activation_backward(l->config->activation, g->dup, g->dup, s->up, n);
  mer__affine_backward(g->dx, g->dup, s->fed, pass, up_of(l), s->n_rows);
}

/* Takes g->dx, the gradient of the output, to g->dsum, that of attention_sum. */
static void feed_forward_backward(mer__transformer_gradients *g, const mer__transformer_acts *s,
                                  const layer *l) {
  const mer__transformer_layer *p = l->params;
  const mer__dropout none = {0};
  const int64_t n = s->n_rows * l->hidden;
  if (l->config->pre_norm) {
    memcpy(g->dsum, g->dx, (size_t)n * sizeof *g->dx);
    feed_forward_branch_backward(g, s, l);
    norm_backward(g->dx, g->dx, s->attention_sum, s->output_mean, s->output_rstd, l,
                  p->output_gamma, p->output_beta, s->n_rows);
    mer__dropout_add(g->dsum, g->dsum, g->dx, n, &none);
  } else {
    norm_backward(g->dsum, g->dx, s->output_sum, s->output_mean, s->output_rstd, l, p->output_gamma,
                  p->output_beta, s->n_rows);
    feed_forward_branch_backward(g, s, l);
    mer__dropout_add(g->dx, g->dx, g->dsum, n, &none);
    norm_backward(g->dsum, g->dx, s->attention_sum, s->attention_mean, s->attention_rstd, l,
                  p->attention_gamma, p->attention_beta, s->n_rows);
  }
}

void mer__transformer_layer_forward(float *output, mer__transformer_acts *acts,
                                    const mer__transformer_pass *t, int64_t l) {
  const layer own = layer_of(t, acts, l);
  attention_forward(acts, &own);
  feed_forward(output, acts, &own);
}

void mer__transformer_layer_backward(mer__transformer_gradients *g,
                                     const mer__transformer_acts *acts,
                                     const mer__transformer_pass *t, int64_t l) {
  const layer own = layer_of(t, acts, l);
  feed_forward_backward(g, acts, &own);
  attention_backward(g, acts, &own);
}
