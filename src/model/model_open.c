/* model_open.c: opens model directories, and tells what they hold. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "encoder/config_json.h"
#include "encoder/encoder_type.h"
#include "model/checkpoint_config.h"
#include "model/model_state.h"
#include "tensor/json_memory.h"

/* Reads how the weights in an encoder directory are stored; one that is trained from nothing has
 * none. */
static mer_status read_dtype(mer_model *model, const char *folder, mer_error *err) {
  json_t *root = NULL;
  char *path = mer__path_join(folder, "config.json");
  if (!path) return mer__fail_memory(err);
  mer_status status = MER_OK;
  if (mer__path_is_there(path)) status = mer__config_read(&root, path, err);
  if (status == MER_OK) status = mer__model_parse_dtype(&model->network, root, path, err);
  json_decref(root);
  mer__free(path);
  return status;
}

mer_status mer__model_adopt(mer_model *model, mer__modality *modality,
                            const mer__encoder_type *type, const char *name,
                            const mer__encoder_settings *settings, mer_error *err) {
  mer_status status;
  MER__CHECK(mer__modality_create(modality, type, err));
  snprintf(modality->name, sizeof modality->name, "%s", name);
  MER__CHECK(type->adopt(modality, settings, err));
  if (settings->folder) status = read_dtype(model, settings->folder, err);
cleanup:
  return status;
}

/* The name of the first of an encoder's tensors, by which a prefix before all is found; NULL: no
 * encoder has a file of its own. */
static const char *anchor_of(const mer__network *network) {
  for (int m = 0; m < network->n_modalities; m++)
    if (network->modalities[m].type->base_config)
      return network->params.items[network->modalities[m].first_param].name;
  return NULL;
}

static mer_status list_unused(json_t *unused, const mer__tensor_files *files, mer_error *err) {
  int failed = 0;
  mer__json_watch();
  for (int64_t i = 0; unused && i < mer__tensor_files_count(files); i++)
    if (!mer__tensor_files_used(files, i))
      failed |= json_array_append_new(unused, json_string(mer__tensor_files_at(files, i)->name));
  return failed ? mer__fail_memory(err) : MER_OK;
}

/* Reads the parameters first .. last-1 from the folder's weights, which stay open if some of them
 * are int8. `anchor` is a name by which a prefix is found; the first `skipped` bytes of this and of
 * the parameters' names are not in the files. */
static mer_status load_params(mer_model *model, size_t first, size_t last, bool whole,
                              const char *anchor, size_t skipped, const char *folder,
                              json_t *unused, mer_error *err) {
  mer__network *network = &model->network;
  mer__params *params = &network->params;
  mer__tensor_files *files = NULL;
  mer__tensor_names names;
  mer_status status;
  MER__CHECK(mer__tensor_files_open(&files, folder, err));
  if (network->dtype == MER_DTYPE_I8) MER__CHECK(mer__tensor_files_expect_safetensors(files, err));
  MER__CHECK(mer__tensor_names_open(&names, files, anchor ? anchor + skipped : NULL, err));
  names.skipped = anchor;
  names.n_skipped = skipped;
  MER__CHECK(
      mer__params_load(params, first, last, whole, &names, mer__tensor_files_path(files), err));
  MER__CHECK(list_unused(unused, files, err));
  if (network->dtype == MER_DTYPE_I8) {
    params->files = files;
    files = NULL;
  }
cleanup:
  mer__tensor_files_close(files);
  return status;
}

mer_status mer__model_load_encoder(mer_model *model, const mer__modality *modality,
                                   const char *folder, bool whole, json_t *unused, mer_error *err) {
  const char *anchor = model->network.params.items[modality->first_param].name;
  const bool attends = mer__modality_attends(modality);
  /* Attention over images is declared last; a model that was trained without it can get it. */
  const size_t own = attends ? (size_t)modality->frames.keys.weight : modality->last_param;
  mer_status status = load_params(model, modality->first_param, own, whole, anchor,
                                  modality->prefix_size, folder, unused, err);
  if (status != MER_OK || !attends) return status;
  return load_params(model, own, modality->last_param, false, anchor, modality->prefix_size, folder,
                     unused, err);
}

mer_status mer__model_load_head(mer_model *model, int n_layers, const char *folder,
                                mer_error *err) {
  const size_t first = model->network.n_encoder_params;
  return load_params(model, first, first + 2 * (size_t)n_layers, true, anchor_of(&model->network),
                     0, folder, NULL, err);
}

mer_status mer__model_open(mer_model **out, const char *folder, json_t *unused, mer_error *err) {
  *out = NULL;
  if (!folder || !*folder) return mer__fail_no_name(err);
  mer_status status;
  json_t *root = NULL;
  char *path = mer__path_join(folder, "config.json");
  mer_model *model = mer__calloc(1, sizeof *model);
  if (!path || !model) {
    status = mer__fail_memory(err);
    goto cleanup;
  }
  mer__network *network = &model->network;
  MER__CHECK(mer__config_read(&root, path, err));
  MER__CHECK(mer__model_parse(model, root, folder, path, err));
  MER__CHECK(mer__network_build(network, err));
  MER__CHECK(load_params(model, 0, network->params.n_items, true, anchor_of(network), 0, folder,
                         unused, err));
  MER__CHECK(mer__network_pack(network, err));
  *out = model;
  model = NULL;
cleanup:
  json_decref(root);
  mer__free(path);
  mer_model_close(model);
  return status;
}

mer_status mer_model_open(mer_model **out, const char *folder, mer_error *err) {
  return mer__model_open(out, folder, NULL, err);
}

void mer_model_close(mer_model *model) {
  if (!model) return;
  for (int64_t i = 0; model->labels && i < model->network.n_labels; i++)
    mer__free(model->labels[i]);
  mer__free(model->labels);
  mer__label_map_free(model->label_map);
  for (int m = 0; m < MER_MAX_MODALITIES && model->parts[m]; m++) {
    mer_model_close(model->parts[m]);
    model->network.n_modalities = 0; /* they were the parts' */
  }
  mer__network_clear(&model->network);
  json_decref(model->training);
  free(model->config_text);
  mer__free(model);
}

bool mer_model_is_in(const char *folder) {
  json_t *root = NULL;
  char *path = NULL;
  const bool found = mer__encoder_config_read(&root, &path, folder, NULL) == MER_OK &&
                     (json_object_get(root, "mer") || mer__checkpoint_is_classifier(root));
  json_decref(root);
  mer__free(path);
  return found;
}

mer_target mer_model_target(const mer_model *model) { return model->network.target; }

const char *mer_model_kind(const mer_model *model) { return model->kind; }

int32_t mer_model_n_labels(const mer_model *model) {
  return model->label_map ? model->label_map->n : (int32_t)model->network.n_labels;
}

const char *mer_model_label(const mer_model *model, int32_t index) {
  if (index < 0 || index >= mer_model_n_labels(model)) return NULL;
  return model->label_map ? model->label_map->labels[index] : model->labels[index];
}

mer_status mer_model_map_labels(mer_model *model, const char *map, const char *const *labels,
                                int32_t n_labels, mer_error *err) {
  mer__label_map *made;
  mer_status status =
      mer__label_map_create(&made, model->network.target, map, (const char *const *)model->labels,
                            (int32_t)model->network.n_labels, labels, n_labels, err);
  if (status != MER_OK) return status;
  mer__label_map_free(model->label_map);
  model->label_map = made;
  return MER_OK;
}

const char *mer_model_dropped_label(const mer_model *model, int32_t index) {
  const mer__label_map *map = index < 0 ? NULL : model->label_map;
  for (int32_t i = 0; map && i < map->n_from; i++)
    if (map->to[i] < 0 && index-- == 0) return model->labels[i];
  return NULL;
}

int64_t mer_model_n_parameters(const mer_model *model) { return model->network.params.size; }

const char *mer_model_dtype(const mer_model *model) {
  return mer__model_dtype_name(model->network.dtype);
}

const char *mer_model_config(const mer_model *model) { return model->config_text; }

int mer_model_n_modalities(const mer_model *model) { return model->network.n_modalities; }

/* Of a model that does not say how long the clips of its training were. */
static const double USUAL_LONGEST_S = 60;

static double longest_s(const mer_model *model, int modality) {
  const mer_model *part = model->parts[0] ? model->parts[modality] : model;
  const json_t *longest = json_object_get(part->training, "max_duration");
  const double seconds = longest ? json_number_value(longest) : USUAL_LONGEST_S;
  return seconds > 0 ? seconds : 0;
}

mer_modality_info mer_model_modality(const mer_model *model, int index) {
  if (index < 0 || index >= model->network.n_modalities) return (mer_modality_info){0};
  const mer__modality *m = &model->network.modalities[index];
  const bool hears = m->input == MER__INPUT_SOUND;
  return (mer_modality_info){.name = m->name,
                             .is_text = m->input == MER__INPUT_TEXT,
                             .from_sound = hears,
                             .from_image = m->input == MER__INPUT_IMAGE,
                             .by_speaker = m->by_speaker,
                             .width = m->width,
                             .features = hears ? &m->features : NULL,
                             .max_duration_s = hears ? longest_s(model, index) : 0};
}
