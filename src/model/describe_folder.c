/* describe_folder.c: what a directory holds, as JSON: its config.json, and what was found when it
 * was opened. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "encoder/config_json.h"
#include "encoder/encoder_type.h"
#include "model/checkpoint_config.h"
#include "model/model_state.h"
#include "tensor/json_memory.h"
#include "tensor/tensor_files.h"

/* The names of what an encoder takes. */
static const char *const inputs[] = {[MER__INPUT_TEXT] = "text",
                                     [MER__INPUT_SOUND] = "sound",
                                     [MER__INPUT_IMAGE] = "image",
                                     [MER__INPUT_VECTOR] = "vector"};

/* Sets a value, unless there is none. The functions here return 0, or -1 if memory is out. */
static int set(json_t *object, const char *key, json_t *value) {
  return value ? json_object_set(object, key, value) : 0;
}

static int set_integer(json_t *object, const char *key, int64_t value) {
  return json_object_set_new(object, key, json_integer(value));
}

static int set_text(json_t *object, const char *key, const char *value) {
  return json_object_set_new(object, key, json_string(value));
}

/* What Hugging Face's part says. */
static int describe_config(json_t *object, const json_t *root) {
  int failed =
      set(object, "architecture", json_array_get(json_object_get(root, "architectures"), 0));
  return failed | set(object, "model_type", json_object_get(root, "model_type"));
}

/* The rate of the sound that a network takes, and the size of its images after preprocessing. */
static int describe_media(json_t *object, const mer__network *network) {
  int failed = 0;
  for (int m = 0; m < network->n_modalities; m++) {
    const mer__modality *modality = &network->modalities[m];
    if (modality->input == MER__INPUT_SOUND)
      failed |= set_integer(object, "rate_hz", modality->features.rate_hz);
    if (modality->input == MER__INPUT_IMAGE)
      failed |= json_object_set_new(
          object, "image_size",
          json_pack("{s:I, s:I}", "height", (json_int_t)modality->images->height, "width",
                    (json_int_t)modality->images->width));
  }
  return failed;
}

static int describe_encoder(json_t *object, const mer__modality *modality) {
  mer_encoder_info i = {0};
  int failed = set_text(object, "input", inputs[modality->input]);
  if (!modality->type->inform) return failed;
  modality->type->inform(&i, modality);
  const struct {
    const char *key;
    int64_t value;
  } sizes[] = {{"hidden_size", i.hidden_size}, {"layers", i.n_layers},
               {"heads", i.n_heads},           {"intermediate_size", i.intermediate_size},
               {"vocab_size", i.vocab_size},   {"max_positions", i.max_positions}};
  for (size_t n = 0; n < sizeof sizes / sizeof sizes[0]; n++)
    if (sizes[n].value) failed |= set_integer(object, sizes[n].key, sizes[n].value);
  return failed;
}

/* The classifier that stands on the encoder and is not used, if there is one. */
static int describe_unused_head(json_t *object, const json_t *root) {
  const size_t n = mer__checkpoint_excess_labels(root);
  if (n == 0) return 0;
  return set_integer(object, "n_labels", (int64_t)n) |
         set_text(object, "classifier", "more labels than a model answers; train a model upon it");
}

/* The object "mer" of config.json, or what stands for it. */
static int describe_model(json_t *object, const mer_model *model) {
  json_t *ours = mer__json_parse(model->config_text, strlen(model->config_text), 0, NULL);
  int failed = !ours || json_object_update(object, ours) != 0;
  failed |= set_text(object, "target", mer__model_target_name(model->network.target));
  json_object_del(object, "format");
  json_decref(ours);
  return failed;
}

/* JSON text of an object; it is released. `failed`: memory was out. */
static mer_status to_text(char **json, json_t *object, int failed, mer_error *err) {
  char *text = failed ? NULL : mer__json_dump(object, JSON_REAL_PRECISION(9));
  *json = text ? mer__strdup(text) : NULL;
  free(text);
  json_decref(object);
  return *json ? MER_OK : mer__fail_memory(err);
}

/* JSON text of `model`, whose config.json is `root`. */
static mer_status describe(char **json, const mer_model *model, const json_t *root, json_t *unused,
                           mer_error *err) {
  const bool is_encoder = !model->kind[0];
  mer__json_watch();
  json_t *object = json_object();
  int failed = set_text(object, "type", is_encoder ? "encoder" : "model");
  failed |= describe_config(object, root);
  failed |= set_text(object, "dtype", mer_model_dtype(model));
  failed |= set_integer(object, "parameters", mer_model_n_parameters(model));
  failed |= is_encoder ? describe_encoder(object, &model->network.modalities[0])
                       : describe_model(object, model);
  failed |= describe_unused_head(object, root);
  failed |= describe_media(object, &model->network);
  failed |= set(object, "unused", unused);
  return to_text(json, object, failed, err);
}

/* JSON text of tensors that no encoder of ours reads; `root` is what is said of them, or NULL. */
static mer_status describe_tensors(char **json, const mer__tensor_files *files, const json_t *root,
                                   mer_error *err) {
  const int64_t n = mer__tensor_files_count(files);
  int64_t n_parameters = 0;
  for (int64_t i = 0; i < n; i++) n_parameters += mer__tensor_files_at(files, i)->n_elements;
  mer__json_watch();
  json_t *object = json_object();
  int failed = set_text(object, "type", "tensors");
  failed |= set_text(object, "encoder", "none that is known");
  failed |= describe_config(object, root);
  failed |= set(object, "rate_hz", json_object_get(root, "sampling_rate"));
  failed |= set_integer(object, "parameters", n_parameters);
  failed |= set_integer(object, "tensors", n);
  return to_text(json, object, failed, err);
}

/* Whether config.json, of which NULL says that there is none, is that of an encoder of ours. */
static bool is_known(const json_t *root) {
  const char *name = json_string_value(json_object_get(root, "model_type"));
  const mer__encoder_type *type = mer__encoder_type_find(name ? name : "bert");
  return root && type && type->base_config;
}

static mer_status open_encoder(mer_model **model, const char *folder, json_t *unused,
                               mer_error *err) {
  const mer__encoder_type *type;
  mer_status status = mer__encoder_type_of_folder(&type, folder, err);
  return status == MER_OK ? mer__model_of_encoder(model, type, folder, unused, err) : status;
}

mer_status mer_describe_folder(char **json, const char *folder, mer_error *err) {
  mer_model *model = NULL;
  json_t *root = NULL, *unused = json_array();
  char *path = NULL;
  mer__tensor_files *files = NULL;
  *json = NULL;
  if (!unused) return mer__fail_memory(err);
  mer_status status = mer__encoder_config_read(&root, &path, folder, err);
  const bool is_model = mer_model_is_in(folder);
  const bool is_other = !is_model && !is_known(root);
  if ((status == MER_OK || status == MER_STATUS_NOT_FOUND) && is_other &&
      mer__tensor_files_open(&files, folder, NULL) == MER_OK) {
    status = describe_tensors(json, files, root, err);
    goto cleanup;
  }
  MER__CHECK(status);
  MER__CHECK(is_model && mer__checkpoint_excess_labels(root) == 0
                 ? mer__model_open(&model, folder, unused, err)
                 : open_encoder(&model, folder, unused, err));
  MER__CHECK(describe(json, model, root, unused, err));
cleanup:
  mer_model_close(model);
  mer__tensor_files_close(files);
  json_decref(unused);
  json_decref(root);
  mer__free(path);
  return status;
}
