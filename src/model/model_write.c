/* model_write.c: writes a model directory. At its top level config.json is Hugging Face's, so that
 * transformers loads the encoder; what is ours stands in its object "mer". */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "model/model_state.h"

static json_t *describe_modality(const mer__modality *modality) {
  json_t *object = json_pack("{s:s, s:s}", "name", modality->name, "type", modality->type->name);
  if (object && modality->type->describe(modality, object) == 0) return object;
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
  json_t *object = json_pack("{s:i, s:s, s:o, s:o, s:I, s:o, s:f, s:O?}", "format", 1, "kind",
                             model->kind, "labels", labels, "modalities", modalities, "projection",
                             (json_int_t)network->projection_width, "hidden", hidden, "dropout",
                             network->dropout, "training", model->training);
  if (!failed) return object;
  json_decref(object);
  return NULL;
}

static mer_status write_text(const char *folder, const char *name, const char *text, size_t size,
                             mer_error *err) {
  char *path = mer__path_join(folder, name);
  mer_status status = path ? mer__file_write(path, text, size, err) : mer__fail_memory(err);
  mer__free(path);
  return status;
}

static mer_status write_config(const mer_model *model, const char *folder, mer_error *err) {
  json_t *root = model->encoder_config ? json_copy(model->encoder_config) : json_object();
  bool failed = json_object_set_new(root, "mer", describe(model)) != 0;
  char *text = failed ? NULL : json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
  mer_status status =
      text ? write_text(folder, "config.json", text, strlen(text), err) : mer__fail_memory(err);
  free(text);
  json_decref(root);
  return status;
}

static mer_status write_weights(const mer_model *model, const float *values, const char *folder,
                                mer_error *err) {
  const mer__params *params = &model->network.params;
  const mer_metadata metadata[] = {{"format", "pt"}};
  char *path = mer__path_join(folder, "model.safetensors");
  mer_tensor *tensors = mer__calloc(params->n_items, sizeof *tensors);
  mer_status status = MER_NO_MEMORY;
  if (path && tensors) {
    mer__params_tensors(tensors, params, values);
    status = mer_safetensors_write(path, tensors, (int64_t)params->n_items, metadata, 1, err);
  } else {
    mer__fail_memory(err);
  }
  mer__free(tensors);
  mer__free(path);
  return status;
}

mer_status mer__model_write(const mer_model *model, const float *values, const char *folder,
                            mer_error *err) {
  mer_status status;
  MER__CHECK(write_weights(model, values, folder, err));
  MER__CHECK(write_config(model, folder, err));
  if (model->tokenizer) {
    size_t size;
    const char *vocabulary = mer_tokenizer_vocabulary(model->tokenizer, &size);
    MER__CHECK(write_text(folder, "vocab.txt", vocabulary, size, err));
  }
  if (model->tokenizer_config)
    MER__CHECK(write_text(folder, "tokenizer_config.json", model->tokenizer_config,
                          strlen(model->tokenizer_config), err));
cleanup:
  return status;
}
