/* encoder.c: a text encoder by itself. */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "encoder/encoder_type.h"
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

static mer_status open_model(mer_model *model, const mer__encoder_type *type, const char *folder,
                             json_t *unused, mer_error *err) {
  mer__network *network = &model->network;
  mer__modality *modality = &network->modalities[0];
  const mer__encoder_settings settings = {.folder = folder, .max_length = DEFAULT_MAX_LENGTH};
  mer_status status;
  network->n_modalities = 1;
  MER__CHECK(
      mer__model_adopt(model, modality, type, type->tokenize ? "text" : "audio", &settings, err));
  MER__CHECK(mer__network_build_encoders(network, err));
  MER__CHECK(mer__model_load_encoder(model, modality, folder, unused, err));
  MER__CHECK(mer__network_pack(network, err));
cleanup:
  return status;
}

mer_status mer__model_of_encoder(mer_model **out, const mer__encoder_type *type, const char *folder,
                                 json_t *unused, mer_error *err) {
  mer_model *model = mer__calloc(1, sizeof *model);
  *out = NULL;
  if (!model) return mer__fail_memory(err);
  mer_status status = open_model(model, type, folder, unused, err);
  if (status == MER_OK) *out = model;
  else mer_model_close(model);
  return status;
}

mer_status mer_encoder_open(mer_encoder **out, const char *folder, mer_error *err) {
  *out = NULL;
  if (!folder || !*folder) return mer__fail_no_name(err);
  mer_encoder *encoder = mer__calloc(1, sizeof *encoder);
  const mer__encoder_type *type;
  if (!encoder) return mer__fail_memory(err);
  mer_status status = mer__text_type_of_folder(&type, folder, err);
  if (status == MER_OK) status = mer__model_of_encoder(&encoder->model, type, folder, NULL, err);
  if (status == MER_OK) *out = encoder;
  else mer_encoder_close(encoder);
  return status;
}

mer_model *mer__encoder_model(mer_encoder *encoder) { return encoder->model; }

mer_status mer_encoder_quantize(mer_encoder *encoder, mer_error *err) {
  return mer__network_quantize(&encoder->model->network, false, err);
}

static const mer__modality *text_of(const mer_encoder *encoder) {
  return &encoder->model->network.modalities[0];
}

mer_encoder_info mer_encoder_describe(const mer_encoder *encoder) {
  mer_encoder_info info = {.n_parameters = encoder->model->network.params.size,
                           .dtype = mer_model_dtype(encoder->model)};
  text_of(encoder)->type->inform(&info, text_of(encoder));
  return info;
}

const mer_tokenizer *mer_encoder_tokenizer(const mer_encoder *encoder) {
  return text_of(encoder)->type->tokenizer(text_of(encoder));
}

mer_status mer_encoder_embed(float *cls, const mer_encoder *encoder, const char *const *texts,
                             int64_t n, int64_t max_length, const mer_monitor *monitor,
                             mer_error *err) {
  if (n < 0) return mer__fail(err, MER_STATUS_INVALID, "%lld texts", (long long)n);
  const int64_t most = mer_encoder_describe(encoder).max_positions;
  mer_status status = MER_OK;
  mer_tokens *tokens = mer__calloc((size_t)n, sizeof *tokens);
  mer__input *inputs = mer__calloc((size_t)n, sizeof *inputs);
  if (max_length == 0) max_length = DEFAULT_MAX_LENGTH;
  if (!tokens || !inputs) status = mer__fail_memory(err);
  for (int64_t i = 0; i < n && status == MER_OK; i++) {
    status =
        mer_tokenizer_encode(&tokens[i], mer_encoder_tokenizer(encoder), texts[i], strlen(texts[i]),
                             NULL, 0, (int32_t)(max_length < most ? max_length : most), err);
    inputs[i] = (mer__input){
        .present = true, .length = tokens[i].n, .tokens = {tokens[i].ids, tokens[i].type_ids}};
  }
  if (status == MER_OK)
    status = mer__model_embed(cls, encoder->model, 0, inputs, n, monitor, "embed", err);
  for (int64_t i = 0; tokens && i < n; i++) mer_tokens_clear(&tokens[i]);
  mer__free(tokens);
  mer__free(inputs);
  return status;
}
