/* model_open.c: opens model and encoder directories. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "base/folder_file.h"
#include "model/config_json.h"
#include "model/model_state.h"

enum { MAX_LABELS = 64 };

mer__modality *mer__model_text(mer_model *model) {
  for (int m = 0; m < model->network.n_modalities; m++)
    if (model->network.modalities[m].type == &mer__modality_bert)
      return &model->network.modalities[m];
  return NULL;
}

static mer_status check_vocabulary(const mer_model *model, const mer__bert_config *config,
                                   const char *folder, mer_error *err) {
  int32_t size = mer_tokenizer_size(model->tokenizer);
  if (size <= config->vocab_size) return MER_OK;
  return mer__fail(err, MER_STATUS_FORMAT,
                   "%s: the tokenizer has %d tokens, but config.json says vocab_size %lld", folder,
                   size, (long long)config->vocab_size);
}

/* Keeps the configuration of an encoder, without what is ours. */
static void keep_encoder_config(mer_model *model, json_t *root) {
  model->encoder_config = json_incref(root);
  json_object_del(root, "mer");
  json_object_del(root, MER__DTYPE_KEY);
  json_object_del(root, MER__REDUCE_RANGE_KEY);
}

/* config.json, or bert_config.json where only that is there: the first releases called it so. */
static mer_status encoder_config_path(char **path, const char *folder, mer_error *err) {
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

mer_status mer__model_adopt_encoder(mer_model *model, mer__modality *modality, const char *folder,
                                    int64_t max_length, mer_error *err) {
  mer_status status;
  json_t *root = NULL;
  char *path = NULL;
  MER__CHECK(encoder_config_path(&path, folder, err));
  MER__CHECK(mer__config_read(&root, path, err));
  MER__CHECK(mer__bert_config_read(&modality->bert.config, root, path, err));
  keep_encoder_config(model, root);
  MER__CHECK(mer_tokenizer_open(&model->tokenizer, folder, err));
  MER__CHECK(check_vocabulary(model, &modality->bert.config, folder, err));
  modality->type = &mer__modality_bert;
  snprintf(modality->name, sizeof modality->name, "text");
  modality->max_length = max_length < modality->bert.config.max_positions
                             ? max_length
                             : modality->bert.config.max_positions;
cleanup:
  json_decref(root);
  mer__free(path);
  return status;
}

/* Reads the parameters first .. last-1 from the folder's model.safetensors, which stays mapped if
 * some of them are int8. `encoder` is that of the model, or NULL. */
static mer_status load_params(mer__params *params, size_t first, size_t last,
                              const mer__modality *encoder, const char *folder, mer_error *err) {
  static const char *const others[] = {"model.safetensors.index.json", "pytorch_model.bin",
                                       "pytorch_model.bin.index.json", "tf_model.h5",
                                       "flax_model.msgpack",           NULL};
  const char *anchor = encoder ? params->items[encoder->first_param].name : NULL;
  mer_safetensors *file = NULL;
  mer__tensor_names names;
  char *path = NULL;
  mer_status status;
  MER__CHECK(mer__expect_file(&path, folder, "model.safetensors", others, err));
  MER__CHECK(mer_safetensors_open(&file, path, err));
  MER__CHECK(mer__tensor_names_open(&names, file, anchor, path, err));
  MER__CHECK(mer__params_load(params, first, last, &names, path, err));
  if (params->int8.n > 0) {
    params->int8.file = file;
    file = NULL;
  }
cleanup:
  mer_safetensors_close(file);
  mer__free(path);
  return status;
}

mer_status mer__model_load_encoder(mer_model *model, const mer__modality *modality,
                                   const char *folder, mer_error *err) {
  return load_params(&model->network.params, modality->first_param, modality->last_param, modality,
                     folder, err);
}

void mer_model_close(mer_model *model) {
  if (!model) return;
  for (int64_t i = 0; model->labels && i < model->network.n_labels; i++)
    mer__free(model->labels[i]);
  mer__free(model->labels);
  mer__network_clear(&model->network);
  mer_tokenizer_close(model->tokenizer);
  json_decref(model->encoder_config);
  json_decref(model->training);
  free(model->config_text);
  mer__free(model);
}

static mer_status parse_labels(mer_model *model, const json_t *ours, const char *path,
                               mer_error *err) {
  const json_t *labels = json_object_get(ours, "labels");
  size_t n = json_array_size(labels);
  if (n < 1 || n > MAX_LABELS)
    return mer__fail(err, MER_STATUS_FORMAT, "%s: 'mer.labels' is not a list of 1 to %d labels",
                     path, MAX_LABELS);
  model->network.n_labels = (int64_t)n;
  model->labels = mer__calloc(n, sizeof *model->labels);
  if (!model->labels) return mer__fail_memory(err);
  for (size_t i = 0; i < n; i++) {
    const char *label = json_string_value(json_array_get(labels, i));
    if (!label)
      return mer__fail(err, MER_STATUS_FORMAT, "%s: 'mer.labels' holds no text at %zu", path, i);
    if (!(model->labels[i] = mer__strdup(label))) return mer__fail_memory(err);
  }
  return MER_OK;
}

static mer_status parse_modality(mer__modality *modality, const json_t *object, const json_t *root,
                                 const char *path, mer_error *err) {
  const char *name, *type;
  mer_status status;
  MER__CHECK(mer__config_string(&name, object, "name", true, path, err));
  MER__CHECK(mer__config_string(&type, object, "type", true, path, err));
  snprintf(modality->name, sizeof modality->name, "%s", name);
  modality->type = mer__modality_type_find(type);
  if (!modality->type)
    return mer__fail(err, MER_STATUS_UNSUPPORTED, "%s: modality '%s' has the unknown type '%s'",
                     path, name, type);
  status = modality->type->parse(modality, object, root, path, err);
cleanup:
  return status;
}

static mer_status parse_modalities(mer_model *model, const json_t *ours, const json_t *root,
                                   const char *path, mer_error *err) {
  mer__network *network = &model->network;
  const json_t *list = json_object_get(ours, "modalities");
  size_t n = json_array_size(list);
  if (n < 1 || n > MER_MAX_MODALITIES)
    return mer__fail(err, MER_STATUS_FORMAT, "%s: 'mer.modalities' is not a list of 1 to %d", path,
                     MER_MAX_MODALITIES);
  for (; network->n_modalities < (int)n; network->n_modalities++) {
    mer__modality *modality = &network->modalities[network->n_modalities];
    mer_status status = parse_modality(
        modality, json_array_get(list, (size_t)network->n_modalities), root, path, err);
    if (status != MER_OK) return status;
  }
  return MER_OK;
}

static mer_status parse_head(mer__network *network, const json_t *ours, const char *path,
                             mer_error *err) {
  const json_t *hidden = json_object_get(ours, "hidden");
  size_t n = json_array_size(hidden);
  if (n > MER__MLP_MAX_LAYERS - 1)
    return mer__fail(err, MER_STATUS_FORMAT, "%s: 'mer.hidden' has more than %d layers", path,
                     MER__MLP_MAX_LAYERS - 1);
  for (size_t i = 0; i < n; i++) {
    json_int_t width = json_integer_value(json_array_get(hidden, i));
    if (width < 1 || width > 1 << 20)
      return mer__fail(err, MER_STATUS_FORMAT, "%s: 'mer.hidden' holds no width at %zu", path, i);
    network->hidden[i] = width;
  }
  network->n_hidden = (int)n;
  mer_status status = mer__config_integer(&network->projection_width, ours, "projection", false, 0,
                                          1 << 20, path, err);
  if (status != MER_OK) return status;
  return mer__config_real(&network->dropout, ours, "dropout", 0, 0.99, path, err);
}

static mer_status parse_model(mer_model *model, const json_t *root, const char *path,
                              mer_error *err) {
  const json_t *ours = json_object_get(root, "mer");
  const char *kind;
  int64_t format;
  mer_status status;
  if (!json_is_object(ours))
    return mer__fail(err, MER_STATUS_FORMAT,
                     "%s: no object 'mer', so this is no model that mer has trained", path);
  MER__CHECK(mer__config_integer(&format, ours, "format", true, 1, 1, path, err));
  MER__CHECK(mer__config_string(&kind, ours, "kind", true, path, err));
  snprintf(model->kind, sizeof model->kind, "%s", kind);
  MER__CHECK(parse_labels(model, ours, path, err));
  MER__CHECK(parse_modalities(model, ours, root, path, err));
  MER__CHECK(parse_head(&model->network, ours, path, err));
  model->training = json_incref(json_object_get(ours, "training"));
  model->config_text = json_dumps(ours, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
  if (!model->config_text) status = mer__fail_memory(err);
cleanup:
  return status;
}

static mer_status open_text_parts(mer_model *model, json_t *root, const char *folder,
                                  mer_error *err) {
  const mer__modality *text = mer__model_text(model);
  if (!text) return MER_OK;
  keep_encoder_config(model, root);
  mer_status status = mer_tokenizer_open(&model->tokenizer, folder, err);
  return status == MER_OK ? check_vocabulary(model, &text->bert.config, folder, err) : status;
}

mer_status mer_model_open(mer_model **out, const char *folder, mer_error *err) {
  mer_status status;
  json_t *root = NULL;
  char *path = mer__path_join(folder, "config.json");
  mer_model *model = mer__calloc(1, sizeof *model);
  *out = NULL;
  if (!path || !model) {
    status = mer__fail_memory(err);
    goto cleanup;
  }
  MER__CHECK(mer__config_read(&root, path, err));
  MER__CHECK(parse_model(model, root, path, err));
  MER__CHECK(open_text_parts(model, root, folder, err));
  MER__CHECK(mer__network_build(&model->network, err));
  MER__CHECK(load_params(&model->network.params, 0, model->network.params.n_items,
                         mer__model_text(model), folder, err));
  MER__CHECK(mer__model_pack(model, err));
  *out = model;
  model = NULL;
cleanup:
  json_decref(root);
  mer__free(path);
  mer_model_close(model);
  return status;
}

const char *mer_model_kind(const mer_model *model) { return model->kind; }

int32_t mer_model_n_labels(const mer_model *model) { return (int32_t)model->network.n_labels; }

const char *mer_model_label(const mer_model *model, int32_t index) {
  return index >= 0 && index < model->network.n_labels ? model->labels[index] : NULL;
}

int64_t mer_model_n_parameters(const mer_model *model) { return model->network.params.size; }

const char *mer_model_dtype(const mer_model *model) {
  for (int m = 0; m < model->network.n_modalities; m++) {
    const mer__modality *modality = &model->network.modalities[m];
    if (modality->type->has_encoder) return mer__bert_dtype_name(modality->bert.config.dtype);
  }
  return "f32";
}

const char *mer_model_config(const mer_model *model) { return model->config_text; }

int mer_model_n_modalities(const mer_model *model) { return model->network.n_modalities; }

mer_modality_info mer_model_modality(const mer_model *model, int index) {
  const mer__modality *m = &model->network.modalities[index];
  return (mer_modality_info){m->name, m->type->has_encoder, m->from_sound, m->width, m->features};
}
