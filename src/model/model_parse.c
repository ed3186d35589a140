/* model_parse.c: config.json of a model directory: the object "mer", and how weights are stored. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "encoder/config_json.h"
#include "layers/weights.h"
#include "model/checkpoint_config.h"
#include "model/model_state.h"
#include "tensor/json_memory.h"

enum { MAX_WIDTH = 1 << 20 };

static const struct {
  const char *name;
  mer_dtype dtype;
} dtypes[] = {{"f32", MER_DTYPE_F32}, {"bf16", MER_DTYPE_BF16}, {"int8", MER_DTYPE_I8}};
enum { N_DTYPES = sizeof dtypes / sizeof dtypes[0] };

const char *mer__model_dtype_name(mer_dtype dtype) {
  for (int i = 0; i < N_DTYPES; i++)
    if (dtypes[i].dtype == dtype) return dtypes[i].name;
  return "?";
}

static mer_status parse_int8(mer__network *network, const json_t *root, const char *path,
                             mer_error *err) {
  int64_t layout = MER__INT8_LAYOUT; /* the first files did not say it */
  mer_status status =
      mer__config_switch(&network->reduce_range, root, "mer_reduce_range", path, err);
  if (status == MER_OK)
    status = mer__config_integer(&layout, root, "mer_int8_layout", false, 1, MAX_WIDTH, path, err);
  if (status != MER_OK || layout == MER__INT8_LAYOUT) return status;
  return mer__fail(err, MER_STATUS_UNSUPPORTED,
                   "%s: int8 of layout %lld, expected %d: quantize the model again", path,
                   (long long)layout, MER__INT8_LAYOUT);
}

mer_status mer__model_parse_dtype(mer__network *network, const json_t *root, const char *path,
                                  mer_error *err) {
  const char *name;
  network->dtype = MER_DTYPE_F32;
  network->reduce_range = false;
  mer_status status = mer__config_string(&name, root, "mer_dtype", false, path, err);
  if (status != MER_OK || !name) return status;
  for (int i = 0; i < N_DTYPES; i++) {
    if (strcmp(dtypes[i].name, name) != 0) continue;
    network->dtype = dtypes[i].dtype;
    return network->dtype == MER_DTYPE_I8 ? parse_int8(network, root, path, err) : MER_OK;
  }
  return mer__fail(err, MER_STATUS_UNSUPPORTED,
                   "%s: 'mer_dtype' is \"%s\", expected f32, bf16 or int8", path, name);
}

/* `key` is for messages: where the labels stand. */
static mer_status parse_labels(mer_model *model, const json_t *ours, const char *key,
                               const char *path, mer_error *err) {
  const json_t *labels = json_object_get(ours, "labels");
  size_t n = json_array_size(labels);
  if (n < 1 || n > MER__MAX_LABELS)
    return mer__fail(err, MER_STATUS_FORMAT, "%s: '%s' does not name 1 to %d labels", path, key,
                     MER__MAX_LABELS);
  model->network.n_labels = (int64_t)n;
  model->labels = mer__calloc(n, sizeof *model->labels);
  if (!model->labels) return mer__fail_memory(err);
  for (size_t i = 0; i < n; i++) {
    const char *label = json_string_value(json_array_get(labels, i));
    if (!label || !label[0])
      return mer__fail(err, MER_STATUS_FORMAT, "%s: '%s' holds no name at %zu", path, key, i);
    for (size_t j = 0; j < i; j++)
      if (strcmp(label, model->labels[j]) == 0)
        return mer__fail(err, MER_STATUS_FORMAT, "%s: '%s' holds '%s' twice", path, key, label);
    if (!(model->labels[i] = mer__strdup(label))) return mer__fail_memory(err);
  }
  return MER_OK;
}

/* A modality has a name of its own, which is not cut. */
static mer_status check_name(const mer__network *network, const char *name, const char *path,
                             mer_error *err) {
  if (!name[0] || strlen(name) >= sizeof network->modalities[0].name)
    return mer__fail(err, MER_STATUS_FORMAT,
                     "%s: the modality '%.60s' has no name of 1 to %zu bytes", path, name,
                     sizeof network->modalities[0].name - 1);
  for (int m = 0; m < network->n_modalities; m++)
    if (strcmp(network->modalities[m].name, name) == 0)
      return mer__fail(err, MER_STATUS_FORMAT, "%s: two modalities are called '%s'", path, name);
  return MER_OK;
}

/* An encoder whose speakers' own mean and deviation are taken out stays frozen. */
static mer_status parse_by_speaker(mer__modality *modality, const json_t *object, const char *path,
                                   mer_error *err) {
  mer_status status = mer__config_switch(&modality->by_speaker, object, "by_speaker", path, err);
  if (status != MER_OK || !modality->by_speaker) return status;
  modality->frozen = true;
  if (modality->type->constants && json_is_true(json_object_get(object, "standardized")))
    return MER_OK;
  return mer__fail(
      err, MER_STATUS_FORMAT,
      "%s: 'by_speaker' of '%s', which is not an encoder of sound that is standardized", path,
      modality->name);
}

static mer_status parse_modality(mer__network *network, mer__modality *modality,
                                 const json_t *object, const json_t *root, const char *folder,
                                 const char *path, mer_error *err) {
  const char *name, *type_name;
  mer_status status;
  MER__CHECK(mer__config_string(&name, object, "name", true, path, err));
  MER__CHECK(mer__config_string(&type_name, object, "type", true, path, err));
  MER__CHECK(check_name(network, name, path, err));
  snprintf(modality->name, sizeof modality->name, "%s", name);
  const mer__encoder_type *type = mer__encoder_type_find(type_name);
  if (!type)
    return mer__fail(err, MER_STATUS_UNSUPPORTED, "%s: modality '%s' has the unknown type '%s'",
                     path, name, type_name);
  MER__CHECK(mer__modality_create(modality, type, err));
  MER__CHECK(type->parse(modality, object, root, folder, path, err));
  MER__CHECK(parse_by_speaker(modality, object, path, err));
cleanup:
  return status;
}

static mer_status parse_modalities(mer_model *model, const json_t *ours, const json_t *root,
                                   const char *folder, const char *path, mer_error *err) {
  mer__network *network = &model->network;
  const json_t *list = json_object_get(ours, "modalities");
  size_t n = json_array_size(list);
  if (n < 1 || n > MER_MAX_MODALITIES)
    return mer__fail(err, MER_STATUS_FORMAT, "%s: 'mer.modalities' is not a list of 1 to %d", path,
                     MER_MAX_MODALITIES);
  for (size_t m = 0; m < n; m++) {
    mer_status status = parse_modality(network, &network->modalities[m], json_array_get(list, m),
                                       root, folder, path, err);
    network->n_modalities = (int)m + 1; /* also of one at fault, which is cleared with the others */
    if (status != MER_OK) return status;
  }
  return MER_OK;
}

static mer_status parse_fusion(mer__fusion *fusion, const json_t *ours, const char *path,
                               mer_error *err) {
  const char *name;
  mer_status status = mer__config_string(&name, ours, "fusion", false, path, err);
  if (status != MER_OK) return status;
  fusion->type = mer__fusion_type_find(name ? name : "concat");
  if (!fusion->type)
    return mer__fail(err, MER_STATUS_UNSUPPORTED, "%s: the unknown fusion '%s'", path, name);
  status = mer__config_integer(&fusion->projection_width, ours, "projection", false, 0, MAX_WIDTH,
                               path, err);
  if (status != MER_OK || fusion->projection_width > 0 || !fusion->type->projects) return status;
  return mer__fail(err, MER_STATUS_FORMAT, "%s: the fusion '%s' needs a 'mer.projection'", path,
                   fusion->type->name);
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
    if (width < 1 || width > MAX_WIDTH)
      return mer__fail(err, MER_STATUS_FORMAT,
                       "%s: 'mer.hidden': entry %zu is not a whole number from 1 to %d", path,
                       i + 1, (int)MAX_WIDTH);
    network->hidden[i] = width;
  }
  network->n_hidden = (int)n;
  if (n > 0 && network->fusion.type->gives_scores)
    return mer__fail(err, MER_STATUS_FORMAT,
                     "%s: 'mer.hidden' is not empty, but the fusion '%s' has "
                     "no head after it",
                     path, network->fusion.type->name);
  return mer__config_real(&network->dropout, ours, "dropout", 0, 0.99, path, err);
}

static const struct {
  const char *name;
  mer_target target;
} targets[] = {
    {"label", MER_TARGET_LABEL}, {"labels", MER_TARGET_LABELS}, {"values", MER_TARGET_VALUES}};
enum { N_TARGETS = sizeof targets / sizeof targets[0] };

const char *mer__model_target_name(mer_target target) { return targets[target].name; }

static mer_status parse_target(mer__network *network, const json_t *ours, const char *path,
                               mer_error *err) {
  const char *name;
  mer_status status = mer__config_string(&name, ours, "target", false, path, err);
  network->target = MER_TARGET_LABEL;
  if (status != MER_OK || !name) return status;
  for (int i = 0; i < N_TARGETS; i++) {
    if (strcmp(targets[i].name, name) != 0) continue;
    network->target = targets[i].target;
    return MER_OK;
  }
  return mer__fail(err, MER_STATUS_UNSUPPORTED,
                   "%s: 'mer.target' is \"%.60s\", expected label, labels or values", path, name);
}

/* Who made the head: "mer" (of the widths `hidden`), or the encoder's checkpoint. */
static mer_status parse_head_kind(mer__network *network, const json_t *ours, const char *path,
                                  mer_error *err) {
  const char *name;
  mer_status status = mer__config_string(&name, ours, "head", false, path, err);
  if (status != MER_OK || !name || strcmp(name, "mer") == 0) return status;
  if (strcmp(name, "checkpoint") != 0)
    return mer__fail(err, MER_STATUS_UNSUPPORTED,
                     "%s: 'mer.head' is \"%.60s\", expected mer or checkpoint", path, name);
  network->checkpoint_head = true;
  if (network->n_modalities == 1 && network->modalities[0].type->head &&
      network->fusion.projection_width == 0)
    return MER_OK;
  return mer__fail(err, MER_STATUS_FORMAT,
                   "%s: 'mer.head' is that of a checkpoint, which one encoder without a projection "
                   "can have",
                   path);
}

static mer_status parse_ours(mer_model *model, const json_t *ours, const json_t *root,
                             const char *folder, const char *path, mer_error *err) {
  const char *kind;
  int64_t format;
  mer_status status;
  MER__CHECK(mer__config_integer(&format, ours, "format", true, 0, INT64_MAX, path, err));
  if (format != 1)
    return mer__fail(err, MER_STATUS_UNSUPPORTED,
                     "%s: 'format' is %lld, but this mer reads 1: another version wrote the model",
                     path, (long long)format);
  MER__CHECK(mer__config_string(&kind, ours, "kind", true, path, err));
  snprintf(model->kind, sizeof model->kind, "%s", kind);
  MER__CHECK(mer__model_parse_dtype(&model->network, root, path, err));
  MER__CHECK(parse_labels(model, ours, json_object_get(root, "mer") ? "mer.labels" : "id2label",
                          path, err));
  MER__CHECK(parse_modalities(model, ours, root, folder, path, err));
  MER__CHECK(parse_fusion(&model->network.fusion, ours, path, err));
  MER__CHECK(parse_head(&model->network, ours, path, err));
  MER__CHECK(parse_head_kind(&model->network, ours, path, err));
  MER__CHECK(parse_target(&model->network, ours, path, err));
  MER__CHECK(mer__config_real(&model->temperature, ours, "temperature", mer__least_temperature,
                              mer__most_temperature, path, err));
  model->training = json_incref(json_object_get(ours, "training"));
  mer__json_watch();
  model->config_text = mer__json_dump(ours, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
  if (!model->config_text) status = mer__fail_memory(err);
cleanup:
  return status;
}

/* A classifier that others have trained, as the object "mer". */
static mer_status describe_checkpoint(json_t **ours, const json_t *root, const char *path,
                                      mer_error *err) {
  const size_t n = mer__checkpoint_excess_labels(root);
  if (n == 0) return mer__checkpoint_describe(ours, root, path, err);
  return mer__fail(err, MER_STATUS_LIMIT,
                   "%s: a classifier of %zu labels, but a model answers at most %d: train a model "
                   "of your own labels upon it",
                   path, n, MER__MAX_LABELS);
}

mer_status mer__model_parse(mer_model *model, const json_t *root, const char *folder,
                            const char *path, mer_error *err) {
  json_t *ours = json_incref(json_object_get(root, "mer"));
  mer_status status = MER_OK;
  if (!ours && mer__checkpoint_is_classifier(root))
    status = describe_checkpoint(&ours, root, path, err);
  if (status == MER_OK && !json_is_object(ours))
    status = mer__fail(err, MER_STATUS_FORMAT,
                       "%s: no object 'mer', so this is not a model that mer has trained, and its "
                       "architecture is not that of a classifier",
                       path);
  if (status == MER_OK) status = parse_ours(model, ours, root, folder, path, err);
  json_decref(ours);
  return status;
}
