/* text_encoder.c: an instance of a text encoder of any family: settings, parameters, passes. */
#include "encoder/text_encoder.h"

#include <string.h>

#include "base/error.h"
#include "encoder/config_json.h"
#include "encoder/encoder_type.h"
#include "encoder/own_tokens.h"
#include "encoder/text_turns.h"
#include "layers/pooling.h"
#include "text/tokenizer_files.h"

enum { CNN_FILTERS = 128 }; /* of each width */

/* What forward keeps for backward. */
typedef struct text_state {
  mer__text_embeddings_state embeddings;
  mer__transformer_state layers;
  mer__own_tokens own; /* if the vector is made of theirs */
  mer__token_cnn_state cnn;
} text_state;

/* The type is the first member of its row of the table. */
static const mer__text_family *family_of(const mer__modality *modality) {
  return (const mer__text_family *)modality->type;
}

static mer_status open_parts(mer__modality *modality, const json_t *root, const char *folder,
                             const char *path, mer_error *err) {
  mer__text_encoder *e = modality->self;
  modality->input = MER__INPUT_TEXT;
  mer_status status = mer__text_config_read(&e->config, family_of(modality), root, path, err);
  if (status != MER_OK) return status;
  e->layers.config = e->config.layers;
  e->embeddings.hidden = e->config.layers.hidden_size;
  e->embeddings.layer_norm_epsilon = e->config.layers.layer_norm_epsilon;
  return mer__text_input_open(&e->text, root, folder, e->config.vocab_size, err);
}

mer_status mer__text_encoder_adopt(mer__modality *modality, const mer__encoder_settings *settings,
                                   mer_error *err) {
  mer__text_encoder *e = modality->self;
  json_t *root = NULL;
  char *path = NULL;
  mer_status status = mer__encoder_config_read(&root, &path, settings->folder, err);
  if (status == MER_OK && json_object_get(root, "mer") && !json_object_get(root, "vocab_size"))
    status =
        mer__fail(err, MER_STATUS_INVALID, "%s: this model has no text encoder", settings->folder);
  if (status == MER_OK) status = open_parts(modality, root, settings->folder, path, err);
  if (status == MER_OK)
    status = mer__text_length(&e->text.max_length, settings->max_length, e->config.max_length, err);
  modality->turns = settings->turns;
  if (status == MER_OK && settings->turns.pool && settings->classifier)
    status = mer__fail(err, MER_STATUS_INVALID,
                       "%s: its classifier takes the first token's vector, not another",
                       settings->folder);
  if (status == MER_OK)
    status =
        mer__text_turns_check(&modality->turns, e->text.tokenizer, e->text.max_length, path, err);
  json_decref(root);
  mer__free(path);
  return status;
}

mer_status mer__text_encoder_parse(mer__modality *modality, const json_t *object,
                                   const json_t *root, const char *folder, const char *path,
                                   mer_error *err) {
  mer__text_encoder *e = modality->self;
  mer_status status = open_parts(modality, root, folder, path, err);
  if (status != MER_OK) return status;
  e->text.max_length = e->config.max_length;
  MER__CHECK(mer__config_integer(&e->text.max_length, object, "max_length", false, 3,
                                 e->config.max_length, path, err));
  MER__CHECK(mer__text_turns_parse(&modality->turns, object, path, err));
  modality->frozen = modality->turns.lstm;
  MER__CHECK(
      mer__text_turns_check(&modality->turns, e->text.tokenizer, e->text.max_length, path, err));
cleanup:
  return status;
}

int mer__text_encoder_describe(const mer__modality *modality, json_t *object) {
  const mer__text_encoder *e = modality->self;
  const int failed = json_object_set_new(object, "max_length", json_integer(e->text.max_length));
  return failed | mer__text_turns_describe(&modality->turns, object);
}

const json_t *mer__text_encoder_base_config(const mer__modality *modality) {
  return ((const mer__text_encoder *)modality->self)->text.base_config;
}

mer_status mer__text_encoder_write_files(const mer__modality *modality, const char *folder,
                                         mer_error *err) {
  return mer__tokenizer_write(mer__text_encoder_tokenizer(modality), folder, err);
}

void mer__text_encoder_clear(mer__modality *modality) {
  mer__text_encoder *e = modality->self;
  mer__text_input_clear(&e->text);
  mer__transformer_clear(&e->layers);
}

mer_status mer__text_encoder_tokenize(mer__input *input, mer_tokens *tokens,
                                      const mer__modality *modality, const char *text, size_t size,
                                      const mer_context *context, mer__turn_ids *kept,
                                      mer_error *err) {
  const mer__text_encoder *e = modality->self;
  return mer__text_input_tokenize(input, tokens, &e->text, &modality->turns, text, size, context,
                                  kept, err);
}

const mer_tokenizer *mer__text_encoder_tokenizer(const mer__modality *modality) {
  return ((const mer__text_encoder *)modality->self)->text.tokenizer;
}

void mer__text_encoder_inform(mer_encoder_info *info, const mer__modality *modality) {
  const mer__text_config *c = &((const mer__text_encoder *)modality->self)->config;
  info->hidden_size = c->layers.hidden_size;
  info->n_layers = c->layers.n_layers;
  info->n_heads = c->layers.n_heads;
  info->intermediate_size = c->layers.intermediate_size;
  info->vocab_size = c->vocab_size;
  info->max_positions = c->max_length;
}

void mer__text_encoder_head(mer__checkpoint_head *head, const mer__modality *modality) {
  const mer__text_config *c = &((const mer__text_encoder *)modality->self)->config;
  *head = family_of(modality)->head;
  head->hidden = c->layers.hidden_size;
  head->dropout = c->classifier_dropout;
}

/* An encoder directory may lack it; it is trained however many layers are frozen. */
static mer_status declare_cnn(mer__token_cnn *cnn, mer__params *params, mer_error *err) {
  const int group = params->group;
  params->added = true;
  params->group = MER__GROUP_HEAD;
  mer_status status = mer__token_cnn_declare(cnn, params, "cnn", err);
  params->added = false;
  params->group = group;
  return status;
}

mer_status mer__text_encoder_declare(mer__modality *modality, mer__params *params, mer_error *err) {
  mer__text_encoder *e = modality->self;
  const mer__text_config *c = &e->config;
  const mer__text_pool pool = modality->turns.pool;
  e->layers.config.result = pool == MER__TEXT_CLS ? MER__FIRST_ROWS : MER__ALL_ROWS;
  e->cnn = (mer__token_cnn){.in = c->layers.hidden_size, .filters = CNN_FILTERS};
  modality->width = pool == MER__TEXT_CNN ? mer__token_cnn_width(&e->cnn) : c->layers.hidden_size;
  mer_status status = mer__text_embeddings_declare(&e->embeddings, params, c->vocab_size,
                                                   c->n_positions, c->n_types, err);
  if (status == MER_OK)
    status = mer__transformer_declare(&e->layers, params, &family_of(modality)->names, err);
  if (status != MER_OK || pool != MER__TEXT_CNN) return status;
  return declare_cnn(&e->cnn, params, err);
}

void mer__text_encoder_init(const mer__modality *modality, mer__params *params, mer__rng *rng) {
  const mer__text_encoder *e = modality->self;
  if (modality->turns.pool == MER__TEXT_CNN) mer__token_cnn_init(&e->cnn, params, rng);
}

int64_t mer__text_encoder_n_rows(const mer__modality *modality, const mer__input *input) {
  (void)modality;
  return input->length;
}

int64_t mer__text_encoder_token_table(const mer__modality *modality) {
  return ((const mer__text_encoder *)modality->self)->embeddings.word;
}

static int64_t n_tokens(const text_state *state) {
  return state->layers.packing.offsets[state->layers.packing.n_utterances];
}

/* Room for the states of the own tokens; NULL: memory is out. */
static float *take_own(const text_state *state, int64_t width, mer__arena *arena) {
  return mer__arena_alloc(arena, (size_t)(mer__own_tokens_count(&state->own) * width),
                          sizeof(float));
}

/* The vectors as what becomes of the last hidden states of the own tokens. */
static mer_status forward_own(float *vectors, text_state *state, const mer__text_encoder *e,
                              const mer__input *const *inputs, int64_t n, bool by_cnn,
                              const mer__pass *pass, mer_error *err) {
  const int64_t width = e->config.layers.hidden_size;
  float *hidden = mer__arena_alloc(pass->arena, (size_t)(n_tokens(state) * width), sizeof *hidden);
  float *own;
  mer_status status;
  if (!hidden) return mer__fail_memory(err);
  MER__CHECK(mer__transformer_forward(hidden, &state->layers, &e->layers, pass, err));
  MER__CHECK(mer__own_tokens_list(&state->own, inputs, n, pass->arena, err));
  if (!(own = take_own(state, width, pass->arena))) return mer__fail_memory(err);
  mer__own_tokens_gather(own, &state->own, hidden, width);
  if (by_cnn)
    MER__CHECK(
        mer__token_cnn_forward(vectors, &state->cnn, &e->cnn, own, &state->own.packing, pass, err));
  else mer__pool_forward(vectors, width, MER__POOL_MEAN, own, &state->own.packing, width);
cleanup:
  return status;
}

mer_status mer__text_encoder_forward(float *vectors, void **state_out,
                                     const mer__modality *modality, const mer__input *const *inputs,
                                     int64_t n, const mer__pass *pass, mer_error *err) {
  const mer__text_encoder *e = modality->self;
  const mer__dropout dropout = mer__transformer_input_dropout(&e->layers, pass);
  mer_status status;
  text_state *state = *state_out = mer__arena_alloc(pass->arena, 1, sizeof *state);
  if (!state) return mer__fail_memory(err);
  mer__token_batch *batch = &state->embeddings.batch;
  MER__CHECK(mer__token_batch_join(batch, inputs, n, e->config.padding, e->config.n_types,
                                   pass->arena, err));
  MER__CHECK(mer__transformer_begin(&state->layers, &e->layers, &batch->packing, pass, err));
  MER__CHECK(mer__text_embeddings_forward(state->layers.input, &state->embeddings, &e->embeddings,
                                          &dropout, pass, err));
  const mer__text_pool pool = modality->turns.pool;
  if (pool == MER__TEXT_CLS)
    return mer__transformer_forward(vectors, &state->layers, &e->layers, pass, err);
  MER__CHECK(forward_own(vectors, state, e, inputs, n, pool == MER__TEXT_CNN, pass, err));
cleanup:
  return status;
}

/* The gradient of the last hidden states, for that of the vectors. */
static mer_status backward_own(float **dhidden, const text_state *state, const mer__text_encoder *e,
                               const float *dvectors, bool by_cnn, const mer__pass *pass,
                               mer_error *err) {
  const int64_t width = e->config.layers.hidden_size, n_own = mer__own_tokens_count(&state->own);
  float *drows = take_own(state, width, pass->arena);
  mer_status status = MER_OK;
  *dhidden = mer__arena_alloc(pass->arena, (size_t)(n_tokens(state) * width), sizeof **dhidden);
  if (!drows || !*dhidden) return mer__fail_memory(err);
  if (by_cnn) {
    status = mer__token_cnn_backward(drows, dvectors, &state->cnn, &e->cnn, pass, err);
  } else {
    memset(drows, 0, (size_t)(n_own * width) * sizeof *drows);
    mer__pool_backward(drows, dvectors, NULL, width, MER__POOL_MEAN, NULL, &state->own.packing,
                       width);
  }
  if (status == MER_OK)
    mer__own_tokens_scatter(*dhidden, &state->own, drows, n_tokens(state), width);
  return status;
}

mer_status mer__text_encoder_backward(const mer__modality *modality, const void *kept,
                                      const float *dvectors, const mer__pass *pass,
                                      mer_error *err) {
  const mer__text_encoder *e = modality->self;
  const text_state *state = kept;
  const mer__dropout dropout = mer__transformer_input_dropout(&e->layers, pass);
  const mer__text_pool pool = modality->turns.pool;
  float *dinput, *dhidden = NULL;
  mer_status status = MER_OK;
  if (pool != MER__TEXT_CLS)
    status = backward_own(&dhidden, state, e, dvectors, pool == MER__TEXT_CNN, pass, err);
  if (status == MER_OK)
    status = mer__transformer_backward(&dinput, &state->layers, &e->layers,
                                       dhidden ? dhidden : dvectors, pass, err);
  if (status != MER_OK || !dinput) return status;
  return mer__text_embeddings_backward(dinput, &state->embeddings, &e->embeddings, &dropout, pass,
                                       err);
}
