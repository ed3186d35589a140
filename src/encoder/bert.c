/* bert.c: the BERT encoder: embeddings, and a stack of transformer layers. */
#include "encoder/bert.h"

#include "base/error.h"
#include "base/file.h"
#include "encoder/bert_config.h"
#include "encoder/config_json.h"
#include "encoder/text_input.h"
#include "nn/embedding.h"
#include "nn/int8_embedding.h"
#include "nn/layer_norm.h"
#include "text/tokenizer_files.h"

typedef struct bert {
  mer__text_input text;
  mer__bert_config config;
  int64_t word, position, type, gamma, beta; /* of the embeddings */
  mer__transformer layers;
} bert;

/* What forward keeps for backward. */
typedef struct bert_state {
  mer__token_batch batch;
  float *sum, *mean, *rstd; /* [T, H], [T], [T]: of the embeddings, before the norm */
  mer__transformer_state layers;
} bert_state;

static mer_status open_parts(bert *b, const json_t *root, const char *folder, const char *path,
                             mer_error *err) {
  mer_status status = mer__bert_config_read(&b->config, root, path, err);
  if (status != MER_OK) return status;
  b->layers.config = b->config.layers;
  return mer__text_input_open(&b->text, root, folder, b->config.vocab_size, err);
}

/* config.json, or bert_config.json where only that is there: the first releases called it so. */
static mer_status config_path(char **path, const char *folder, mer_error *err) {
  *path = mer__path_join(folder, "bert_config.json");
  char *usual = mer__path_join(folder, "config.json");
  if (!*path || !usual || mer__path_is_file(usual) || !mer__path_is_file(*path)) {
    mer__free(*path);
    *path = usual;
  } else {
    mer__free(usual);
  }
  return *path ? MER_OK : mer__fail_memory(err);
}

static mer_status adopt(mer__modality *modality, const mer__encoder_settings *settings,
                        mer_error *err) {
  bert *b = modality->self;
  json_t *root = NULL;
  char *path;
  mer_status status = config_path(&path, settings->folder, err);
  if (status == MER_OK) status = mer__config_read(&root, path, err);
  if (status == MER_OK && json_object_get(root, "mer") && !json_object_get(root, "vocab_size"))
    status =
        mer__fail(err, MER_STATUS_INVALID, "%s: this model has no text encoder", settings->folder);
  if (status == MER_OK) status = open_parts(b, root, settings->folder, path, err);
  const int64_t most = b->config.max_positions;
  b->text.max_length = settings->max_length < most ? settings->max_length : most;
  modality->input = MER__INPUT_TEXT;
  json_decref(root);
  mer__free(path);
  return status;
}

static mer_status parse(mer__modality *modality, const json_t *object, const json_t *root,
                        const char *folder, const char *path, mer_error *err) {
  bert *b = modality->self;
  modality->input = MER__INPUT_TEXT;
  mer_status status = open_parts(b, root, folder, path, err);
  if (status != MER_OK) return status;
  return mer__config_integer(&b->text.max_length, object, "max_length", true, 3,
                             b->config.max_positions, path, err);
}

static int describe(const mer__modality *modality, json_t *object) {
  const bert *b = modality->self;
  return json_object_set_new(object, "max_length", json_integer(b->text.max_length));
}

static const json_t *base_config(const mer__modality *modality) {
  return ((const bert *)modality->self)->text.base_config;
}

static mer_status write_files(const mer__modality *modality, const char *folder, mer_error *err) {
  return mer__tokenizer_write(((const bert *)modality->self)->text.tokenizer, folder, err);
}

static void clear(mer__modality *modality) {
  bert *b = modality->self;
  mer__text_input_clear(&b->text);
  mer__transformer_clear(&b->layers);
}

static mer_status tokenize(mer__input *input, mer_tokens *tokens, const mer__modality *modality,
                           const char *text, size_t size, mer_error *err) {
  const bert *b = modality->self;
  return mer__text_input_tokenize(input, tokens, &b->text, text, size, err);
}

static const mer_tokenizer *tokenizer(const mer__modality *modality) {
  return ((const bert *)modality->self)->text.tokenizer;
}

static void inform(mer_encoder_info *info, const mer__modality *modality) {
  const mer__bert_config *c = &((const bert *)modality->self)->config;
  info->hidden_size = c->layers.hidden_size;
  info->n_layers = c->layers.n_layers;
  info->n_heads = c->layers.n_heads;
  info->intermediate_size = c->layers.intermediate_size;
  info->vocab_size = c->vocab_size;
  info->max_positions = c->max_positions;
}

static mer_status declare(mer__modality *modality, mer__params *params, mer_error *err) {
  static const mer__transformer_names names = {
      .layers = "encoder.layer",
      .query = "attention.self.query",
      .key = "attention.self.key",
      .value = "attention.self.value",
      .attention = "attention.output.dense",
      .attention_norm = "attention.output.LayerNorm",
      .up = "intermediate.dense",
      .down = "output.dense",
      .output_norm = "output.LayerNorm",
  };
  bert *b = modality->self;
  const mer__bert_config *c = &b->config;
  const int64_t hidden = c->layers.hidden_size;
  const size_t expected = params->n_items + 5;
  modality->width = hidden;
  b->word = mer__params_add(params, MER__TABLE, c->vocab_size, hidden,
                            "embeddings.word_embeddings.weight");
  b->position = mer__params_add(params, MER__TABLE, c->max_positions, hidden,
                                "embeddings.position_embeddings.weight");
  b->type = mer__params_add(params, MER__TABLE, c->n_types, hidden,
                            "embeddings.token_type_embeddings.weight");
  b->gamma = mer__params_add(params, MER__VECTOR, hidden, 0, "embeddings.LayerNorm.weight");
  b->beta = mer__params_add(params, MER__VECTOR, hidden, 0, "embeddings.LayerNorm.bias");
  if (params->n_items != expected) return mer__params_fail(params, err);
  return mer__transformer_declare(&b->layers, params, &names, err);
}

static int64_t n_rows(const mer__modality *modality, const mer__input *input) {
  (void)modality;
  return input->length;
}

static int64_t token_table(const mer__modality *modality) {
  return ((const bert *)modality->self)->word;
}

static int64_t n_tokens(const mer__token_batch *batch) {
  return batch->packing.offsets[batch->packing.n_utterances];
}

static void sum_embeddings(float *y, const mer__token_batch *t, const bert *b,
                           const mer__params *params) {
  if (params->items[b->word].storage == MER__STORED_INT8_ROWS)
    mer__int8_embedding_forward(y, t->ids, t->type_ids, &t->packing, &params->items[b->word].int8,
                                &params->items[b->position].int8, &params->items[b->type].int8);
  else
    mer__embedding_forward(y, t->ids, t->type_ids, &t->packing, mer__value(params, b->word),
                           mer__value(params, b->position), mer__value(params, b->type),
                           b->config.layers.hidden_size);
}

static mer_status embed(bert_state *state, const bert *b, const mer__pass *pass, mer_error *err) {
  const mer__params *params = pass->params;
  const int64_t tokens = n_tokens(&state->batch), hidden = b->config.layers.hidden_size;
  const mer__dropout dropout = mer__transformer_input_dropout(&b->layers, pass);
  float *x = state->layers.input;
  state->sum = mer__arena_alloc(pass->arena, (size_t)(tokens * hidden), sizeof(float));
  state->mean = mer__arena_alloc(pass->arena, (size_t)tokens, sizeof(float));
  state->rstd = mer__arena_alloc(pass->arena, (size_t)tokens, sizeof(float));
  if (!state->sum || !state->mean || !state->rstd) return mer__fail_memory(err);
  sum_embeddings(state->sum, &state->batch, b, params);
  mer__layer_norm_forward(x, state->mean, state->rstd, state->sum, mer__value(params, b->gamma),
                          mer__value(params, b->beta), tokens, hidden,
                          (float)b->config.layers.layer_norm_epsilon);
  mer__dropout_apply(x, x, tokens * hidden, &dropout);
  return MER_OK;
}

/* `dx` [T, H] is the gradient of the layers' input; it is overwritten. */
static mer_status embed_backward(const bert_state *state, const bert *b, float *dx,
                                 const mer__pass *pass, mer_error *err) {
  const mer__params *params = pass->params;
  const mer__token_batch *t = &state->batch;
  const int64_t tokens = n_tokens(t), hidden = b->config.layers.hidden_size;
  const mer__dropout dropout = mer__transformer_input_dropout(&b->layers, pass);
  float *dsum = mer__arena_alloc(pass->arena, (size_t)(tokens * hidden), sizeof(float));
  if (!dsum) return mer__fail_memory(err);
  mer__dropout_apply(dx, dx, tokens * hidden, &dropout);
  mer__layer_norm_backward(dsum, mer__grad(params, b->gamma), mer__grad(params, b->beta), dx,
                           state->sum, state->mean, state->rstd, mer__value(params, b->gamma),
                           tokens, hidden);
  mer__embedding_backward(mer__grad(params, b->word), mer__grad(params, b->position),
                          mer__grad(params, b->type), dsum, t->ids, t->type_ids, &t->packing,
                          hidden);
  return MER_OK;
}

static mer_status forward(float *vectors, void **state_out, const mer__modality *modality,
                          const mer__input *const *inputs, int64_t n, const mer__pass *pass,
                          mer_error *err) {
  const bert *b = modality->self;
  mer_status status;
  bert_state *state = *state_out = mer__arena_alloc(pass->arena, 1, sizeof *state);
  if (!state) return mer__fail_memory(err);
  MER__CHECK(mer__token_batch_join(&state->batch, inputs, n, pass->arena, err));
  MER__CHECK(mer__transformer_begin(&state->layers, &b->layers, &state->batch.packing, pass, err));
  MER__CHECK(embed(state, b, pass, err));
  MER__CHECK(mer__transformer_forward(vectors, &state->layers, &b->layers, pass, err));
cleanup:
  return status;
}

static mer_status backward(const mer__modality *modality, const void *kept, const float *dvectors,
                           const mer__pass *pass, mer_error *err) {
  const bert *b = modality->self;
  const bert_state *state = kept;
  float *dinput;
  mer_status status =
      mer__transformer_backward(&dinput, &state->layers, &b->layers, dvectors, pass, err);
  return status == MER_OK ? embed_backward(state, b, dinput, pass, err) : status;
}

const mer__encoder_type mer__encoder_bert = {
    .name = "bert",
    .size = sizeof(bert),
    .adopt = adopt,
    .parse = parse,
    .describe = describe,
    .base_config = base_config,
    .write_files = write_files,
    .clear = clear,
    .tokenize = tokenize,
    .tokenizer = tokenizer,
    .inform = inform,
    .declare = declare,
    .n_rows = n_rows,
    .forward = forward,
    .backward = backward,
    .token_table = token_table,
};
