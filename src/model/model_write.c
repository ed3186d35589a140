/* model_write.c: writes a model directory. At its top level config.json is Hugging Face's, so that
 * transformers loads the encoder; what is ours stands in its object "mer". */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "base/folder_file.h"
#include "encoder/config_json.h"
#include "layers/low_rank.h"
#include "layers/weights.h"
#include "model/checkpoint_config.h"
#include "model/model_state.h"
#include "tensor/finite.h"
#include "tensor/json_memory.h"

static json_t *describe_modality(const mer__modality *modality) {
  json_t *object = json_pack("{s:s, s:s}", "name", modality->name, "type", modality->type->name);
  int failed = object ? modality->type->describe(modality, object) : -1;
  if (modality->by_speaker) failed |= json_object_set_new(object, "by_speaker", json_true());
  if (!failed) return object;
  json_decref(object);
  return NULL;
}

/* Appends to an array that may be NULL; a NULL item makes it fail. */
static int append(json_t *array, json_t *item) { return json_array_append_new(array, item); }

/* The object "mer"; NULL if memory is out. */
static json_t *describe(const mer_model *model) {
  const mer__network *network = &model->network;
  json_t *labels = json_array(), *modalities = json_array(), *hidden = json_array();
  int failed = 0;
  for (int64_t i = 0; i < network->n_labels; i++)
    failed |= append(labels, json_string(model->labels[i]));
  for (int m = 0; m < network->n_modalities; m++)
    failed |= append(modalities, describe_modality(&network->modalities[m]));
  for (int i = 0; i < network->n_hidden; i++)
    failed |= append(hidden, json_integer(network->hidden[i]));
  json_t *object =
      json_pack("{s:i, s:s, s:o, s:o, s:s, s:I, s:o, s:f, s:O?}", "format", 1, "kind", model->kind,
                "labels", labels, "modalities", modalities, "fusion", network->fusion.type->name,
                "projection", (json_int_t)network->fusion.projection_width, "hidden", hidden,
                "dropout", network->dropout, "training", model->training);
  if (network->checkpoint_head)
    failed |= json_object_set_new(object, "head", json_string("checkpoint"));
  if (network->target != MER_TARGET_LABEL)
    failed |=
        json_object_set_new(object, "target", json_string(mer__model_target_name(network->target)));
  if (model->temperature > 0)
    failed |= json_object_set_new(object, "temperature", json_real(model->temperature));
  if (!failed) return object;
  json_decref(object);
  return NULL;
}

/* The keys that an encoder brings; NULL: none does. */
static const json_t *base_config_of(const mer__network *network) {
  for (int m = 0; m < network->n_modalities; m++)
    if (network->modalities[m].type->base_config)
      return network->modalities[m].type->base_config(&network->modalities[m]);
  return NULL;
}

/* Says how the encoders' weights are stored; 0 or -1. */
static int describe_dtype(json_t *root, const mer__network *network, mer_dtype dtype) {
  if (dtype == MER_DTYPE_F32) return 0;
  int failed = json_object_set_new(root, "mer_dtype", json_string(mer__model_dtype_name(dtype)));
  if (dtype != MER_DTYPE_I8) return failed;
  if (network->reduce_range) failed |= json_object_set_new(root, "mer_reduce_range", json_true());
  return failed | json_object_set_new(root, "mer_int8_layout", json_integer(MER__INT8_LAYOUT));
}

static mer_status write_config(const mer_model *model, mer_dtype dtype, const char *folder,
                               mer_error *err) {
  const json_t *base = base_config_of(&model->network);
  const bool is_encoder = !model->kind[0];
  mer__json_watch();
  json_t *root = base ? json_copy((json_t *)base) : json_object();
  int failed = describe_dtype(root, &model->network, dtype);
  if (!is_encoder) failed |= json_object_set_new(root, "mer", describe(model));
  if (model->network.checkpoint_head) failed |= mer__checkpoint_update(root, model);
  char *text = failed ? NULL : mer__json_dump(root, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
  mer_status status = text ? mer__folder_write(folder, "config.json", text, strlen(text), err)
                           : mer__fail_memory(err);
  free(text);
  json_decref(root);
  return status;
}

mer_status mer__model_write_tensors(const mer_model *model, const mer_tensor *tensors,
                                    int64_t n_tensors, mer_dtype dtype, const char *folder,
                                    mer_error *err) {
  const mer_metadata metadata[] = {{"format", "pt"}};
  mer_status status;
  char *path = mer__path_join(folder, "model.safetensors");
  if (!path) return mer__fail_memory(err);
  MER__CHECK(mer_safetensors_write(path, tensors, n_tensors, metadata, 1, err));
  MER__CHECK(write_config(model, dtype, folder, err));
  for (int m = 0; m < model->network.n_modalities; m++) {
    const mer__modality *modality = &model->network.modalities[m];
    if (modality->type->write_files) MER__CHECK(modality->type->write_files(modality, folder, err));
  }
cleanup:
  mer__free(path);
  return status;
}

/* The values with the adapters in the weights, the caller's; NULL: memory is out. */
static float *merge(const mer__params *params, const float *values) {
  float *merged = mer__malloc((size_t)params->size, sizeof *merged);
  if (!merged) return NULL;
  memcpy(merged, values, (size_t)params->size * sizeof *merged);
  mer__low_rank_merge(merged, params);
  return merged;
}

/* Leaves out adapters; how many tensors there are then. */
static int64_t drop_adapters(mer_tensor *tensors, const mer__params *params) {
  int64_t n = 0;
  for (size_t i = 0; i < params->n_items; i++)
    if (params->items[i].adapts < 0) tensors[n++] = tensors[i];
  return n;
}

mer_status mer__model_write(const mer_model *model, const float *values, const char *folder,
                            mer_error *err) {
  const mer__params *params = &model->network.params;
  mer_tensor *tensors = mer__calloc(params->n_items, sizeof *tensors);
  float *reordered = mer__malloc((size_t)mer__params_reordered_size(params), sizeof *reordered);
  float *merged = model->network.adapter_rank > 0 ? merge(params, values) : NULL;
  const bool complete = tensors && reordered && (merged || model->network.adapter_rank == 0);
  const float *written = merged ? merged : values;
  mer_status status = complete ? MER_OK : mer__fail_memory(err);
  if (status == MER_OK && !mer__all_finite(written, params->size))
    status = mer__fail(err, MER_STATUS_INVALID,
                       "the trained parameters are not finite, so no model is written; a lower "
                       "learning rate may help");
  if (status == MER_OK) {
    mer__params_tensors(tensors, reordered, params, written);
    status = mer__model_write_tensors(model, tensors, drop_adapters(tensors, params), MER_DTYPE_F32,
                                      folder, err);
  }
  mer__free(merged);
  mer__free(reordered);
  mer__free(tensors);
  return status;
}

/* Whether a folder is a model of mer, or an encoder that mer has quantized. What has no readable
 * config.json is neither. */
static mer_status is_ours(bool *ours, const char *folder, mer_error *err) {
  json_t *root = NULL;
  char *path = mer__path_join(folder, "config.json");
  if (!path) return mer__fail_memory(err);
  mer_error fault = {0};
  mer_status status = mer__path_is_file(path) ? mer__config_read(&root, path, &fault) : MER_OK;
  *ours = json_is_object(json_object_get(root, "mer")) ||
          json_is_string(json_object_get(root, "mer_dtype"));
  json_decref(root);
  mer__free(path);
  return status == MER_STATUS_IO || status == MER_STATUS_NO_MEMORY
             ? mer__fail(err, status, "%s", fault.message)
             : MER_OK;
}

const mer__output_kind mer__model_output = {
    (const char *const[]){"config.json", "model.safetensors", MER__ENCODER_FILES, MER__TRAINING_LOG,
                          NULL},
    (const char *const[]){MER__CHECKPOINT, MER__RESERVE, NULL}, is_ours};
