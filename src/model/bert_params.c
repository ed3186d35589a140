/* bert_params.c: declares the parameters of a BERT encoder under Hugging Face's names. */
#include "base/error.h"
#include "model/bert.h"

/* The three projections are one matrix [3H, H] in the block, and so are their biases. */
static void declare_attention(mer__bert_layer *layer, mer__params *params, int l, int64_t hidden) {
  const char *const parts[3] = {"query", "key", "value"};
  for (int i = 0; i < 3; i++) {
    int64_t offset = mer__params_add(params, hidden, hidden,
                                     "encoder.layer.%d.attention.self.%s.weight", l, parts[i]);
    if (i == 0) layer->qkv_weight = offset;
  }
  for (int i = 0; i < 3; i++) {
    int64_t offset =
        mer__params_add(params, hidden, 0, "encoder.layer.%d.attention.self.%s.bias", l, parts[i]);
    if (i == 0) layer->qkv_bias = offset;
  }
  layer->attention_weight =
      mer__params_add(params, hidden, hidden, "encoder.layer.%d.attention.output.dense.weight", l);
  layer->attention_bias =
      mer__params_add(params, hidden, 0, "encoder.layer.%d.attention.output.dense.bias", l);
  layer->attention_gamma =
      mer__params_add(params, hidden, 0, "encoder.layer.%d.attention.output.LayerNorm.weight", l);
  layer->attention_beta =
      mer__params_add(params, hidden, 0, "encoder.layer.%d.attention.output.LayerNorm.bias", l);
}

/* Returns the offset of the last parameter: -1 tells that one could not be declared. */
static int64_t declare_layer(mer__bert_layer *layer, mer__params *params, int l,
                             const mer__bert_config *c) {
  declare_attention(layer, params, l, c->hidden_size);
  layer->up_weight = mer__params_add(params, c->intermediate_size, c->hidden_size,
                                     "encoder.layer.%d.intermediate.dense.weight", l);
  layer->up_bias = mer__params_add(params, c->intermediate_size, 0,
                                   "encoder.layer.%d.intermediate.dense.bias", l);
  layer->down_weight = mer__params_add(params, c->hidden_size, c->intermediate_size,
                                       "encoder.layer.%d.output.dense.weight", l);
  layer->down_bias =
      mer__params_add(params, c->hidden_size, 0, "encoder.layer.%d.output.dense.bias", l);
  layer->output_gamma =
      mer__params_add(params, c->hidden_size, 0, "encoder.layer.%d.output.LayerNorm.weight", l);
  return layer->output_beta = mer__params_add(params, c->hidden_size, 0,
                                              "encoder.layer.%d.output.LayerNorm.bias", l);
}

mer_status mer__bert_check_int8(const mer__bert_config *config, mer_error *err) {
  if (config->intermediate_size <= MER__INT8_MAX_COLUMNS) return MER_OK;
  return mer__fail(err, MER_STATUS_LIMIT,
                   "intermediate_size %lld is too wide for int8, at most %d are not",
                   (long long)config->intermediate_size, MER__INT8_MAX_COLUMNS);
}

mer__storage mer__bert_int8_storage(const mer__bert *bert, const mer__param *param) {
  if (param->rank < 2) return MER__STORED_F32;
  bool is_table =
      param->offset == bert->word || param->offset == bert->position || param->offset == bert->type;
  if (is_table) return MER__STORED_INT8_ROWS;
  return bert->config.reduce_range ? MER__STORED_INT8_REDUCED : MER__STORED_INT8_PANELS;
}

mer_status mer__bert_declare(mer__bert *bert, mer__params *params, mer_error *err) {
  const mer__bert_config *c = &bert->config;
  const size_t first = params->n_items, expected = first + 5 + (size_t)c->n_layers * 16;
  bert->layers = mer__calloc((size_t)c->n_layers, sizeof *bert->layers);
  if (!bert->layers) return mer__fail_memory(err);
  bert->word =
      mer__params_add(params, c->vocab_size, c->hidden_size, "embeddings.word_embeddings.weight");
  bert->position = mer__params_add(params, c->max_positions, c->hidden_size,
                                   "embeddings.position_embeddings.weight");
  bert->type = mer__params_add(params, c->n_types, c->hidden_size,
                               "embeddings.token_type_embeddings.weight");
  bert->gamma = mer__params_add(params, c->hidden_size, 0, "embeddings.LayerNorm.weight");
  bert->beta = mer__params_add(params, c->hidden_size, 0, "embeddings.LayerNorm.bias");
  for (int l = 0; l < c->n_layers; l++)
    if (declare_layer(&bert->layers[l], params, l, c) < 0) break;
  if (params->n_items != expected)
    return mer__fail(err, MER_STATUS_LIMIT, "the encoder is too large, or memory is out");
  if (c->dtype != MER_DTYPE_I8) return MER_OK;
  for (size_t i = first; i < expected; i++)
    params->items[i].storage = mer__bert_int8_storage(bert, &params->items[i]);
  return mer__bert_check_int8(c, err);
}

void mer__bert_clear(mer__bert *bert) {
  mer__free(bert->layers);
  *bert = (mer__bert){0};
}
