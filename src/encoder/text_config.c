/* text_config.c: the shape of a text encoder, from Hugging Face's config.json. */
#include <string.h>

#include "base/error.h"
#include "encoder/config_json.h"
#include "encoder/text_encoder.h"

/* A text field must have the one value that is implemented; a missing field means that value. */
static mer_status require_text(const json_t *root, const char *key, const char *expected,
                               const char *path, mer_error *err) {
  const char *found;
  mer_status status = mer__config_string(&found, root, key, false, path, err);
  if (status != MER_OK || !found || strcmp(found, expected) == 0) return status;
  return mer__fail(err, MER_STATUS_UNSUPPORTED, "%s: '%s' is \"%s\", only \"%s\" is supported",
                   path, key, found, expected);
}

static mer_status read_sizes(mer__text_config *config, const mer__text_family *family,
                             const json_t *root, const char *path, mer_error *err) {
  mer__transformer_config *c = &config->layers;
  const mer__text_keys *keys = family->keys;
  const struct {
    const char *key;
    int64_t *value, max;
  } fields[] = {{"vocab_size", &config->vocab_size, 10000000},
                {keys->hidden_size, &c->hidden_size, 65536},
                {keys->n_layers, &c->n_layers, MER__TRANSFORMER_MAX_LAYERS},
                {keys->n_heads, &c->n_heads, 1024},
                {keys->intermediate_size, &c->intermediate_size, 1 << 20},
                {"max_position_embeddings", &config->n_positions, 1 << 20}};
  mer_status status = MER_OK;
  for (size_t i = 0; i < sizeof fields / sizeof fields[0] && status == MER_OK; i++)
    status = mer__config_integer(fields[i].value, root, fields[i].key, true, 1, fields[i].max, path,
                                 err);
  if (status != MER_OK) return status;
  return mer__config_multiple(keys->hidden_size, c->hidden_size, keys->n_heads, c->n_heads, path,
                              err);
}

/* Where the positions of a text begin, and how many are left for it. */
static mer_status read_positions(mer__text_config *config, const mer__text_family *family,
                                 const json_t *root, const char *path, mer_error *err) {
  config->padding = -1;
  if (family->counts_from_padding) {
    config->padding = 1;
    mer_status status = mer__config_integer(&config->padding, root, "pad_token_id", false, 0,
                                            config->vocab_size - 1, path, err);
    if (status != MER_OK) return status;
  }
  config->max_length = config->n_positions - (config->padding + 1);
  if (config->max_length >= 1) return MER_OK;
  return mer__fail(err, MER_STATUS_FORMAT,
                   "%s: max_position_embeddings %lld leaves no position after padding %lld", path,
                   (long long)config->n_positions, (long long)config->padding);
}

static mer_status read_tables(mer__text_config *config, const mer__text_family *family,
                              const json_t *root, const char *path, mer_error *err) {
  mer__transformer_config *c = &config->layers;
  mer_status status = MER_OK;
  c->max_distance = family->max_distance;
  if (family->has_types) {
    config->n_types = 2;
    status =
        mer__config_integer(&config->n_types, root, "type_vocab_size", false, 1, 1024, path, err);
  }
  if (status != MER_OK || !family->buckets) return status;
  c->n_buckets = family->n_buckets;
  status = mer__config_integer(&c->n_buckets, root, family->buckets, false, 4, 4096, path, err);
  if (status != MER_OK) return status;
  return mer__relative_bias_check(c->n_buckets, c->max_distance, family->buckets, path, err);
}

static mer_status read_dropout(mer__text_config *config, const mer__text_family *family,
                               const json_t *root, const char *path, mer_error *err) {
  mer__transformer_config *c = &config->layers;
  const mer__text_keys *keys = family->keys;
  mer_status status;
  c->no_sum_dropout = family->no_sum_dropout;
  c->hidden_dropout = c->attention_dropout = 0.1;
  MER__CHECK(mer__config_real(&c->hidden_dropout, root, keys->hidden_dropout, 0, 0.99, path, err));
  MER__CHECK(
      mer__config_real(&c->attention_dropout, root, keys->attention_dropout, 0, 0.99, path, err));
  config->classifier_dropout = family->head.dropout > 0 ? family->head.dropout : c->hidden_dropout;
  MER__CHECK(mer__config_real(&config->classifier_dropout, root, keys->classifier_dropout, 0, 0.99,
                              path, err));
cleanup:
  return status;
}

mer_status mer__text_config_read(mer__text_config *config, const mer__text_family *family,
                                 const json_t *root, const char *path, mer_error *err) {
  mer__transformer_config *c = &config->layers;
  mer_status status;
  *config = (mer__text_config){.layers = {.layer_norm_epsilon = 1e-12}};
  MER__CHECK(require_text(root, "model_type", family->type.name, path, err));
  MER__CHECK(mer__config_activation(&c->activation, root, family->keys->activation, path, err));
  MER__CHECK(require_text(root, "position_embedding_type", "absolute", path, err));
  bool is_decoder = false;
  MER__CHECK(mer__config_switch(&is_decoder, root, "is_decoder", path, err));
  if (is_decoder)
    return mer__fail(err, MER_STATUS_UNSUPPORTED, "%s: a decoder, only encoders are supported",
                     path);
  MER__CHECK(read_sizes(config, family, root, path, err));
  MER__CHECK(read_positions(config, family, root, path, err));
  MER__CHECK(read_tables(config, family, root, path, err));
  MER__CHECK(mer__config_real(&c->layer_norm_epsilon, root, "layer_norm_eps", 0, 1, path, err));
  MER__CHECK(read_dropout(config, family, root, path, err));
cleanup:
  return status;
}
