/* transformer_declare.c: the parameters of a stack of transformer layers. */
#include "base/error.h"
#include "layers/transformer.h"

static int64_t add(mer__params *params, mer__param_role role, int64_t rows, int64_t columns,
                   const mer__transformer_names *names, int l, const char *name) {
  return mer__params_add(params, role, rows, columns, "%s.%d.%s.%s", names->layers, l, name,
                         role == MER__LINEAR ? "weight" : "bias");
}

/* A Linear layer's weight [out, in] and bias. */
static void add_linear(int64_t *weight, int64_t *bias, mer__params *params, int64_t out, int64_t in,
                       const mer__transformer_names *names, int l, const char *name) {
  *weight = add(params, MER__LINEAR, out, in, names, l, name);
  *bias = add(params, MER__VECTOR, out, 0, names, l, name);
}

static void add_norm(int64_t *gamma, int64_t *beta, mer__params *params, int64_t hidden,
                     const mer__transformer_names *names, int l, const char *name) {
  *gamma =
      mer__params_add(params, MER__VECTOR, hidden, 0, "%s.%d.%s.weight", names->layers, l, name);
  *beta = add(params, MER__VECTOR, hidden, 0, names, l, name);
}

/* The three projections are one matrix [3H, H] in the block, and so are their biases. */
static void add_qkv(mer__transformer_layer *layer, mer__params *params,
                    const mer__transformer_config *c, const mer__transformer_names *names, int l) {
  const int64_t hidden = c->hidden_size;
  layer->qkv_weight = add(params, MER__LINEAR, hidden, hidden, names, l, names->query);
  add(params, MER__LINEAR, hidden, hidden, names, l, names->key);
  add(params, MER__LINEAR, hidden, hidden, names, l, names->value);
  layer->qkv_bias = add(params, MER__VECTOR, hidden, 0, names, l, names->query);
  if (!c->no_key_bias) add(params, MER__VECTOR, hidden, 0, names, l, names->key);
  add(params, MER__VECTOR, hidden, 0, names, l, names->value);
}

static void add_gate(mer__bias_gate *gate, mer__params *params, const mer__transformer_config *c,
                     const mer__transformer_names *names, int l) {
  enum { GATE_ROWS = 8 };
  gate->weight = mer__params_add(params, MER__VECTOR, GATE_ROWS, c->hidden_size / c->n_heads,
                                 "%s.%d.%s.weight", names->layers, l, names->gate);
  gate->bias = add(params, MER__VECTOR, GATE_ROWS, 0, names, l, names->gate);
  gate->constant = mer__params_add(params, MER__VECTOR, c->n_heads, 0, "%s.%d.%s", names->layers, l,
                                   names->gate_constant);
  const int64_t by_head[] = {1, c->n_heads, 1, 1};
  mer__params_set_file_shape(params, gate->constant, 4, by_head);
}

/* Adapters of query and value, which are the first and the third of the three. */
static void add_adapters(mer__transformer_layer *p, mer__params *params) {
  const bool complete = p->qkv_weight >= 0 && (size_t)p->qkv_weight + 2 < params->n_items;
  if (!complete || !mer__low_rank_declare(&p->query, params, p->qkv_weight)) return;
  mer__low_rank_declare(&p->value, params, p->qkv_weight + 2);
}

static void add_layer(mer__transformer_layer *p, mer__params *params,
                      const mer__transformer_config *c, const mer__transformer_names *names, int l,
                      bool adapted) {
  const int64_t hidden = c->hidden_size, wide = c->intermediate_size;
  params->group = MER__GROUP_LAYER + l;
  add_qkv(p, params, c, names, l);
  add_linear(&p->attention_weight, &p->attention_bias, params, hidden, hidden, names, l,
             names->attention);
  add_norm(&p->attention_gamma, &p->attention_beta, params, hidden, names, l,
           names->attention_norm);
  add_linear(&p->up_weight, &p->up_bias, params, wide, hidden, names, l, names->up);
  add_linear(&p->down_weight, &p->down_bias, params, hidden, wide, names, l, names->down);
  add_norm(&p->output_gamma, &p->output_beta, params, hidden, names, l, names->output_norm);
  if (c->gated_bias) add_gate(&p->gate, params, c, names, l);
  if (adapted) add_adapters(p, params);
}

/* What the layers share. It belongs to the last one's group, or the bias, which the first one uses,
 * to the stem's. */
static void add_shared(mer__transformer *t, mer__params *params,
                       const mer__transformer_names *names) {
  const mer__transformer_config *c = &t->config;
  if (c->pre_norm) {
    t->final_gamma =
        mer__params_add(params, MER__VECTOR, c->hidden_size, 0, "%s.weight", names->final_norm);
    t->final_beta =
        mer__params_add(params, MER__VECTOR, c->hidden_size, 0, "%s.bias", names->final_norm);
  }
  if (c->n_buckets == 0) return;
  params->group = MER__GROUP_STEM;
  t->relative_bias = mer__relative_bias_declare(params, c->n_buckets, c->max_distance, c->n_heads,
                                                names->relative_bias);
}

mer_status mer__transformer_declare(mer__transformer *t, mer__params *params,
                                    const mer__transformer_names *names, mer_error *err) {
  const mer__transformer_config *c = &t->config;
  const size_t of_layer = 16 - (c->no_key_bias ? 1 : 0) + (c->gated_bias ? 3 : 0);
  mer_status status = mer__params_first_trained_layer(&t->first_trained, params, c->n_layers, err);
  t->stem_trained = mer__params_trains(params, MER__GROUP_STEM);
  if (status != MER_OK) return status;
  const int64_t first_adapted = params->adapter_rank > 0 ? t->first_trained : c->n_layers;
  const size_t expected = params->n_items + of_layer * (size_t)c->n_layers + (c->pre_norm ? 2 : 0) +
                          (c->n_buckets > 0 ? 1 : 0) + 4 * (size_t)(c->n_layers - first_adapted);
  t->layers = mer__calloc((size_t)c->n_layers, sizeof *t->layers);
  if (!t->layers) return mer__fail_memory(err);
  for (int l = 0; l < c->n_layers; l++)
    add_layer(&t->layers[l], params, c, names, l, l >= first_adapted);
  add_shared(t, params, names);
  return params->n_items == expected ? MER_OK : mer__params_fail(params, err);
}

void mer__transformer_clear(mer__transformer *t) {
  mer__free(t->layers);
  *t = (mer__transformer){0};
}
