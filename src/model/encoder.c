/* encoder.c: an encoder of texts or of sound by itself. */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/sized_options.h"
#include "encoder/encoder_type.h"
#include "encoder/text_input.h"
#include "model/model_state.h"

/* An encoder is a model that has nothing but one modality. */
struct mer_encoder {
  mer_model *model;
  mer_feature_extractor *extractor; /* of sound; else NULL */
};

void mer_encoder_close(mer_encoder *encoder) {
  if (!encoder) return;
  mer_model_close(encoder->model);
  mer_feature_extractor_free(encoder->extractor);
  mer__free(encoder);
}

static mer_status open_model(mer_model *model, const mer__encoder_type *type,
                             const mer__encoder_settings *settings, json_t *unused,
                             mer_error *err) {
  mer__network *network = &model->network;
  mer__modality *modality = &network->modalities[0];
  mer_status status;
  network->n_modalities = 1;
  MER__CHECK(
      mer__model_adopt(model, modality, type, type->tokenize ? "text" : "audio", settings, err));
  MER__CHECK(mer__network_build_encoders(network, err));
  if (settings->layer_sum) type->init(modality, &network->params, NULL);
  MER__CHECK(mer__model_load_encoder(model, modality, settings->folder, false, unused, err));
  MER__CHECK(mer__network_pack(network, err));
cleanup:
  return status;
}

static mer_status make_model(mer_model **out, const mer__encoder_type *type,
                             const mer__encoder_settings *settings, json_t *unused,
                             mer_error *err) {
  mer_model *model = mer__calloc(1, sizeof *model);
  *out = NULL;
  if (!model) return mer__fail_memory(err);
  mer_status status = open_model(model, type, settings, unused, err);
  if (status == MER_OK) *out = model;
  else mer_model_close(model);
  return status;
}

mer_status mer__model_of_encoder(mer_model **out, const mer__encoder_type *type, const char *folder,
                                 json_t *unused, mer_error *err) {
  const mer__encoder_settings settings = {.folder = folder, .max_length = MER__DEFAULT_LENGTH};
  return make_model(out, type, &settings, unused, err);
}

void mer_encoder_options_init(mer_encoder_options *options, size_t size) {
  const mer_encoder_options defaults = {.size = sizeof defaults, .pool = "mean"};
  mer__options_init(options, size, &defaults, sizeof defaults);
}

static mer_status read_options(mer__encoder_settings *settings, const mer_encoder_options *given,
                               mer_error *err) {
  mer_encoder_options o;
  mer_encoder_options_init(&o, sizeof o);
  mer_status status = mer__options_read(&o, sizeof o, given, "mer_encoder_options", err);
  if (status != MER_OK) return status;
  settings->layer_sum = o.layer_sum;
  const bool found = o.pool && mer__pool_find(&settings->pool, o.pool);
  if (found && settings->pool != MER__POOL_ATTENTION) return MER_OK; /* that is a classifier's */
  return mer__fail(err, MER_STATUS_INVALID, "pool is \"%.60s\", expected mean or mean-std",
                   o.pool ? o.pool : "");
}

static const mer__modality *only_one_of(const mer_encoder *encoder) {
  return &encoder->model->network.modalities[0];
}

static mer_status refuse_images(const mer__encoder_type *type, const char *folder, mer_error *err) {
  if (!type->image) return MER_OK;
  return mer__fail(err, MER_STATUS_UNSUPPORTED,
                   "%s: '%s' is an encoder of images, expected one of texts or sound", folder,
                   type->name);
}

/* A model whose one encoder hears and has no directory of its own, as it was trained from nothing;
 * NULL: the folder has something else. */
static mer_status open_trained(mer_model **model, const char *folder,
                               const mer__encoder_settings *settings, mer_error *err) {
  json_t *root = NULL;
  char *path = NULL;
  mer_status status;
  MER__CHECK(mer__encoder_config_read(&root, &path, folder, err));
  const json_t *all = json_object_get(json_object_get(root, "mer"), "modalities");
  const mer__encoder_type *type = mer__encoder_type_of_modality(json_array_get(all, 0));
  if (json_array_size(all) != 1 || !type || !type->backward || type->base_config) goto cleanup;
  if (settings->layer_sum || settings->pool != MER__POOL_MEAN)
    status = mer__fail(err, MER_STATUS_INVALID,
                       "%s: layers and pooling are those of an encoder of sound from a directory",
                       folder);
  else status = mer_model_open(model, folder, err);
cleanup:
  json_decref(root);
  mer__free(path);
  return status;
}

static mer_status open_encoder(mer_encoder *encoder, const char *folder,
                               const mer_encoder_options *options, bool any, mer_error *err) {
  mer__encoder_settings settings = {.folder = folder, .max_length = MER__DEFAULT_LENGTH};
  const mer__encoder_type *type;
  mer_status status;
  MER__CHECK(read_options(&settings, options, err));
  MER__CHECK(open_trained(&encoder->model, folder, &settings, err));
  if (!encoder->model) {
    MER__CHECK(mer__encoder_type_of_folder(&type, folder, err));
    if (!any) MER__CHECK(refuse_images(type, folder, err));
    if (type->tokenize && (settings.layer_sum || settings.pool != MER__POOL_MEAN))
      MER__CHECK(mer__fail(err, MER_STATUS_INVALID,
                           "%s: layers and pooling are chosen of encoders of sound alone", folder));
    MER__CHECK(make_model(&encoder->model, type, &settings, NULL, err));
  }
  if (only_one_of(encoder)->input == MER__INPUT_SOUND)
    MER__CHECK(
        mer_feature_extractor_create(&encoder->extractor, &only_one_of(encoder)->features, err));
cleanup:
  return status;
}

static mer_status open_folder(mer_encoder **out, const char *folder,
                              const mer_encoder_options *options, bool any, mer_error *err) {
  *out = NULL;
  if (!folder || !*folder) return mer__fail_no_name(err);
  mer_encoder *encoder = mer__calloc(1, sizeof *encoder);
  if (!encoder) return mer__fail_memory(err);
  mer_status status = open_encoder(encoder, folder, options, any, err);
  if (status == MER_OK) *out = encoder;
  else mer_encoder_close(encoder);
  return status;
}

mer_status mer_encoder_open_with(mer_encoder **out, const char *folder,
                                 const mer_encoder_options *options, mer_error *err) {
  return open_folder(out, folder, options, false, err);
}

mer_status mer__encoder_open_any(mer_encoder **out, const char *folder, mer_error *err) {
  return open_folder(out, folder, NULL, true, err);
}

mer_status mer_encoder_open(mer_encoder **out, const char *folder, mer_error *err) {
  return mer_encoder_open_with(out, folder, NULL, err);
}

mer_model *mer__encoder_model(const mer_encoder *encoder) { return encoder->model; }

const mer_feature_extractor *mer__encoder_extractor(const mer_encoder *encoder) {
  return encoder->extractor;
}

mer_status mer_encoder_quantize(mer_encoder *encoder, mer_error *err) {
  if (!mer__network_has_weights(&encoder->model->network))
    return mer__fail(err, MER_STATUS_INVALID, "the encoder has no weights that could be rounded");
  return mer__network_quantize(&encoder->model->network, false, err);
}

mer_encoder_info mer_encoder_describe(const mer_encoder *encoder) {
  mer_encoder_info info = {.n_parameters = encoder->model->network.params.size,
                           .dtype = mer_model_dtype(encoder->model),
                           .hears = encoder->extractor != NULL};
  const mer__modality *modality = only_one_of(encoder);
  if (modality->type->inform) modality->type->inform(&info, modality);
  else info.hidden_size = modality->width;
  return info;
}

const mer_tokenizer *mer_encoder_tokenizer(const mer_encoder *encoder) {
  const mer__modality *modality = only_one_of(encoder);
  return modality->type->tokenizer ? modality->type->tokenizer(modality) : NULL;
}

mer_status mer_encoder_embed(float *cls, const mer_encoder *encoder, const char *const *texts,
                             int64_t n, int64_t max_length, const mer_monitor *monitor,
                             mer_error *err) {
  if (n < 0) return mer__fail(err, MER_STATUS_INVALID, "%lld texts", (long long)n);
  if (!mer_encoder_tokenizer(encoder))
    return mer__fail(err, MER_STATUS_INVALID, "the encoder takes sound, not texts");
  if (max_length == 0) max_length = MER__DEFAULT_LENGTH;
  mer_status status =
      mer__text_length(&max_length, max_length, mer_encoder_describe(encoder).max_positions, err);
  if (status != MER_OK) return status;
  mer_tokens *tokens = mer__calloc((size_t)n, sizeof *tokens);
  mer__input *inputs = mer__calloc((size_t)n, sizeof *inputs);
  if (!tokens || !inputs) status = mer__fail_memory(err);
  for (int64_t i = 0; i < n && status == MER_OK; i++) {
    status = mer_tokenizer_encode(&tokens[i], mer_encoder_tokenizer(encoder), texts[i],
                                  strlen(texts[i]), NULL, 0, (int32_t)max_length, err);
    inputs[i] = (mer__input){
        .present = true, .length = tokens[i].n, .tokens = {tokens[i].ids, tokens[i].type_ids}};
  }
  if (status == MER_OK)
    status = mer__model_embed(cls, encoder->model, 0, inputs, n, NULL, monitor, "embed", err);
  for (int64_t i = 0; tokens && i < n; i++) mer_tokens_clear(&tokens[i]);
  mer__free(tokens);
  mer__free(inputs);
  return status;
}
