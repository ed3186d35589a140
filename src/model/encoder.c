/* encoder.c: a text encoder by itself. */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "model/model_state.h"

enum { DEFAULT_MAX_LENGTH = 128 };

/* An encoder is a model that has nothing but a text modality. */
struct mer_encoder {
  mer_model *model;
};

void mer_encoder_close(mer_encoder *encoder) {
  if (!encoder) return;
  mer_model_close(encoder->model);
  mer__free(encoder);
}

mer_status mer_encoder_open(mer_encoder **out, const char *folder, mer_error *err) {
  mer_status status;
  mer_encoder *encoder = mer__calloc(1, sizeof *encoder);
  *out = NULL;
  if (!encoder || !(encoder->model = mer__calloc(1, sizeof *encoder->model))) {
    mer__free(encoder);
    return mer__fail_memory(err);
  }
  mer__network *network = &encoder->model->network;
  mer__modality *text = &network->modalities[0];
  MER__CHECK(mer__model_adopt_encoder(encoder->model, text, folder, DEFAULT_MAX_LENGTH, err));
  network->n_modalities = 1;
  MER__CHECK(text->type->declare(text, &network->params, err));
  text->last_param = network->params.n_items;
  MER__CHECK(mer__params_allocate(&network->params, err));
  MER__CHECK(mer__model_load_encoder(encoder->model, text, folder, err));
  MER__CHECK(mer__model_pack(encoder->model, err));
  *out = encoder;
  encoder = NULL;
cleanup:
  mer_encoder_close(encoder);
  return status;
}

mer_model *mer__encoder_model(mer_encoder *encoder) { return encoder->model; }

mer_status mer_encoder_quantize(mer_encoder *encoder, mer_error *err) {
  return mer__model_quantize(encoder->model, false, err);
}

mer_encoder_info mer_encoder_describe(const mer_encoder *encoder) {
  const mer__bert_config *c = &encoder->model->network.modalities[0].bert.config;
  return (mer_encoder_info){c->hidden_size,
                            c->n_layers,
                            c->n_heads,
                            c->intermediate_size,
                            c->vocab_size,
                            c->max_positions,
                            encoder->model->network.params.size,
                            mer_model_dtype(encoder->model)};
}

const mer_tokenizer *mer_encoder_tokenizer(const mer_encoder *encoder) {
  return encoder->model->tokenizer;
}

mer_status mer_encoder_embed(float *cls, const mer_encoder *encoder, const char *const *texts,
                             int64_t n, int64_t max_length, const mer_monitor *monitor,
                             mer_error *err) {
  const mer_model *model = encoder->model;
  mer_status status = MER_OK;
  mer_tokens *tokens = mer__calloc((size_t)n, sizeof *tokens);
  mer__input *inputs = mer__calloc((size_t)n, sizeof *inputs);
  int64_t most = model->network.modalities[0].bert.config.max_positions;
  if (max_length == 0) max_length = DEFAULT_MAX_LENGTH;
  if (!tokens || !inputs) status = mer__fail_memory(err);
  for (int64_t i = 0; i < n && status == MER_OK; i++) {
    status = mer_tokenizer_encode(&tokens[i], model->tokenizer, texts[i], strlen(texts[i]), NULL, 0,
                                  (int32_t)(max_length < most ? max_length : most), err);
    inputs[i] = (mer__input){true, tokens[i].ids, tokens[i].type_ids, tokens[i].n, NULL};
  }
  if (status == MER_OK) status = mer__model_embed(cls, model, 0, inputs, n, monitor, "embed", err);
  for (int64_t i = 0; tokens && i < n; i++) mer_tokens_clear(&tokens[i]);
  mer__free(tokens);
  mer__free(inputs);
  return status;
}
