/* bert_config.c: the shape of a BERT encoder, from Hugging Face's config.json. */
#include "encoder/bert_config.h"

#include <string.h>

#include "base/error.h"
#include "encoder/config_json.h"

/* A text field must have the one value that is implemented; a missing field means that value. */
static mer_status require_text(const json_t *root, const char *key, const char *expected,
                               const char *path, mer_error *err) {
  const char *found;
  mer_status status = mer__config_string(&found, root, key, false, path, err);
  if (status != MER_OK || !found || strcmp(found, expected) == 0) return status;
  return mer__fail(err, MER_STATUS_UNSUPPORTED, "%s: '%s' is \"%s\", only \"%s\" is supported",
                   path, key, found, expected);
}

/* "gelu_python" is the same function, written out. */
static mer_status require_gelu(const json_t *root, const char *path, mer_error *err) {
  const char *found = json_string_value(json_object_get(root, "hidden_act"));
  if (found && strcmp(found, "gelu_python") == 0) return MER_OK;
  return require_text(root, "hidden_act", "gelu", path, err);
}

static mer_status read_sizes(mer__bert_config *config, const json_t *root, const char *path,
                             mer_error *err) {
  mer__transformer_config *c = &config->layers;
  const struct {
    const char *key;
    int64_t *value, max;
  } fields[] = {{"vocab_size", &config->vocab_size, 10000000},
                {"hidden_size", &c->hidden_size, 65536},
                {"num_hidden_layers", &c->n_layers, MER__TRANSFORMER_MAX_LAYERS},
                {"num_attention_heads", &c->n_heads, 1024},
                {"intermediate_size", &c->intermediate_size, 1 << 20},
                {"max_position_embeddings", &config->max_positions, 1 << 20}};
  mer_status status = MER_OK;
  for (size_t i = 0; i < sizeof fields / sizeof fields[0] && status == MER_OK; i++)
    status = mer__config_integer(fields[i].value, root, fields[i].key, true, 1, fields[i].max, path,
                                 err);
  if (status != MER_OK) return status;
  if (c->hidden_size % c->n_heads != 0)
    return mer__fail(err, MER_STATUS_FORMAT,
                     "%s: hidden_size %lld is not a multiple of num_attention_heads %lld", path,
                     (long long)c->hidden_size, (long long)c->n_heads);
  return mer__config_integer(&config->n_types, root, "type_vocab_size", false, 1, 1024, path, err);
}

mer_status mer__bert_config_read(mer__bert_config *config, const json_t *root, const char *path,
                                 mer_error *err) {
  mer__transformer_config *c = &config->layers;
  *config = (mer__bert_config){
      .n_types = 2,
      .layers = {.layer_norm_epsilon = 1e-12, .hidden_dropout = 0.1, .attention_dropout = 0.1}};
  mer_status status;
  MER__CHECK(require_text(root, "model_type", "bert", path, err));
  MER__CHECK(require_gelu(root, path, err));
  MER__CHECK(require_text(root, "position_embedding_type", "absolute", path, err));
  if (json_is_true(json_object_get(root, "is_decoder")))
    return mer__fail(err, MER_STATUS_UNSUPPORTED, "%s: a decoder, only encoders are supported",
                     path);
  MER__CHECK(read_sizes(config, root, path, err));
  MER__CHECK(mer__config_real(&c->layer_norm_epsilon, root, "layer_norm_eps", 0, 1, path, err));
  MER__CHECK(mer__config_real(&c->hidden_dropout, root, "hidden_dropout_prob", 0, 0.99, path, err));
  MER__CHECK(mer__config_real(&c->attention_dropout, root, "attention_probs_dropout_prob", 0, 0.99,
                              path, err));
cleanup:
  return status;
}
