/* bert_config.c: the shape of a BERT encoder, from Hugging Face's config.json. */
#include "model/bert_config.h"

#include <string.h>

#include "base/error.h"
#include "model/config_json.h"

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
  const struct {
    const char *key;
    int64_t *value, max;
  } fields[] = {{"vocab_size", &config->vocab_size, 10000000},
                {"hidden_size", &config->hidden_size, 65536},
                {"num_hidden_layers", &config->n_layers, 1000},
                {"num_attention_heads", &config->n_heads, 1024},
                {"intermediate_size", &config->intermediate_size, 1 << 20},
                {"max_position_embeddings", &config->max_positions, 1 << 20}};
  mer_status status = MER_OK;
  for (size_t i = 0; i < sizeof fields / sizeof fields[0] && status == MER_OK; i++)
    status = mer__config_integer(fields[i].value, root, fields[i].key, true, 1, fields[i].max, path,
                                 err);
  if (status != MER_OK) return status;
  if (config->hidden_size % config->n_heads != 0)
    return mer__fail(err, MER_STATUS_FORMAT,
                     "%s: hidden_size %lld is no multiple of num_attention_heads %lld", path,
                     (long long)config->hidden_size, (long long)config->n_heads);
  return mer__config_integer(&config->n_types, root, "type_vocab_size", false, 1, 1024, path, err);
}

static const struct {
  const char *name;
  mer_dtype dtype;
} dtypes[] = {{"f32", MER_DTYPE_F32}, {"bf16", MER_DTYPE_BF16}, {"int8", MER_DTYPE_I8}};
enum { N_DTYPES = sizeof dtypes / sizeof dtypes[0] };

const char *mer__bert_dtype_name(mer_dtype dtype) {
  for (int i = 0; i < N_DTYPES; i++)
    if (dtypes[i].dtype == dtype) return dtypes[i].name;
  return "?";
}

static mer_status read_dtype(mer__bert_config *config, const json_t *root, const char *path,
                             mer_error *err) {
  const char *name;
  mer_status status = mer__config_string(&name, root, MER__DTYPE_KEY, false, path, err);
  config->dtype = MER_DTYPE_F32;
  config->reduce_range = json_is_true(json_object_get(root, MER__REDUCE_RANGE_KEY));
  if (status != MER_OK || !name) return status;
  for (int i = 0; i < N_DTYPES; i++) {
    if (strcmp(dtypes[i].name, name) != 0) continue;
    config->dtype = dtypes[i].dtype;
    return MER_OK;
  }
  return mer__fail(err, MER_STATUS_UNSUPPORTED, "%s: '%s' is \"%s\", expected f32, bf16 or int8",
                   path, MER__DTYPE_KEY, name);
}

mer_status mer__bert_config_read(mer__bert_config *config, const json_t *root, const char *path,
                                 mer_error *err) {
  *config = (mer__bert_config){
      .n_types = 2, .layer_norm_epsilon = 1e-12, .hidden_dropout = 0.1, .attention_dropout = 0.1};
  mer_status status;
  MER__CHECK(require_text(root, "model_type", "bert", path, err));
  MER__CHECK(require_gelu(root, path, err));
  MER__CHECK(require_text(root, "position_embedding_type", "absolute", path, err));
  if (json_is_true(json_object_get(root, "is_decoder")))
    return mer__fail(err, MER_STATUS_UNSUPPORTED, "%s: a decoder, only encoders are supported",
                     path);
  MER__CHECK(read_sizes(config, root, path, err));
  MER__CHECK(
      mer__config_real(&config->layer_norm_epsilon, root, "layer_norm_eps", 0, 1, path, err));
  MER__CHECK(
      mer__config_real(&config->hidden_dropout, root, "hidden_dropout_prob", 0, 0.99, path, err));
  MER__CHECK(mer__config_real(&config->attention_dropout, root, "attention_probs_dropout_prob", 0,
                              0.99, path, err));
  MER__CHECK(read_dtype(config, root, path, err));
cleanup:
  return status;
}
