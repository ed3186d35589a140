/* outline.c: from options to a network whose layers and widths are not all known yet. */
#include "train/outline.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "encoder/config_json.h"
#include "encoder/encoder_type.h"
#include "encoder/image_recipe.h"
#include "model/checkpoint_config.h"
#include "train/trained_before.h"

/* Widths of the reference experiment. */
enum { TEXT_HIDDEN = 128, HIDDEN_1 = 256, HIDDEN_2 = 128, PROJECTION = 128 };
static const double head_dropout = 0.2, cnn_dropout = 0.5;

static mer_status copy_labels(mer_model *model, const mer_dataset *dataset, mer_error *err) {
  int32_t n = mer_dataset_n_labels(dataset);
  model->labels = mer__calloc((size_t)n, sizeof *model->labels);
  if (!model->labels) return mer__fail_memory(err);
  model->network.n_labels = n;
  model->network.target = mer_dataset_target(dataset);
  for (int32_t i = 0; i < n; i++)
    if (!(model->labels[i] = mer__strdup(mer_dataset_label(dataset, i))))
      return mer__fail_memory(err);
  return MER_OK;
}

const char *mer__outline_speech_folder(const mer_train_options *options) {
  const char *given = options->speech_encoder;
  return !mer__encoder_type_without_folder(given) && mer__path_is_folder(given) ? given : NULL;
}

const char *mer__outline_folder(const mer_train_options *options, const char *name) {
  if (strcmp(name, "text") == 0) return options->encoder;
  if (strcmp(name, "image") == 0)
    return mer__image_recipe_find(options->image_encoder) ? NULL : options->image_encoder;
  return strcmp(name, "audio") == 0 ? mer__outline_speech_folder(options) : NULL;
}

/* What the modality `name` is trained from nothing by, if that is an encoder of images, or NULL. */
static const mer__image_recipe *recipe_of(const mer_train_options *options, const char *name) {
  return strcmp(name, "image") == 0 ? mer__image_recipe_find(options->image_encoder) : NULL;
}

static mer_status refuse_folder(const char *folder, bool is_audio, mer_error *err) {
  json_t *root = NULL;
  char *path = NULL;
  mer_status status = mer__encoder_config_read(&root, &path, folder, err);
  const mer__encoder_type *own =
      is_audio ? mer__encoder_type_of_modality(mer__config_modality(root, "audio")) : NULL;
  if (status == MER_OK && own && !own->base_config)
    status = mer__fail(err, MER_STATUS_UNSUPPORTED,
                       "%s: its sound is encoded by '%s', which is always trained from nothing "
                       "and cannot begin from a directory",
                       folder, own->name);
  else if (status == MER_OK)
    status = mer__fail(err, MER_STATUS_INVALID, "%s: not an encoder of %s", folder,
                       is_audio ? "sound" : "images");
  json_decref(root);
  mer__free(path);
  return status;
}

/* Text is read by an encoder from a directory, sound by the one that is asked for, images by one
 * from a directory or by a recipe, and everything else is a vector. The name of an encoder of sound
 * is checked with the options; a folder may hold another kind. */
static mer_status choose_encoder(const mer__encoder_type **type, const char *name,
                                 const mer_train_options *options, mer_error *err) {
  if (strcmp(name, "text") == 0) return mer__text_type_of_folder(type, options->encoder, err);
  const bool is_audio = strcmp(name, "audio") == 0;
  const char *folder = mer__outline_folder(options, name);
  const mer__image_recipe *recipe = recipe_of(options, name);
  if (recipe) {
    *type = mer__encoder_type_find(recipe->type);
    return MER_OK;
  }
  *type = mer__encoder_type_without_folder(is_audio ? options->speech_encoder : "vector");
  if (!folder) return MER_OK;
  mer_status status = mer__encoder_type_of_folder(type, folder, err);
  if (status != MER_OK) return status;
  if (!(*type)->accept_values || ((*type)->image != NULL) == is_audio)
    return refuse_folder(folder, is_audio, err);
  if (!is_audio || !options->augment || (*type)->augments) return MER_OK;
  return mer__fail(err, MER_STATUS_UNSUPPORTED,
                   "%s: '%s' does not change its inputs at random; crnn and whisper do", folder,
                   (*type)->name);
}

static mer_status adopt(mer_model *model, mer__modality *modality, const char *name,
                        const mer_train_options *options, mer_error *err) {
  const bool is_text = strcmp(name, "text") == 0;
  mer__pool_kind pool = MER__POOL_MEAN;
  mer__pool_find(&pool, options->pool); /* which is checked */
  const mer__encoder_settings settings = {.folder = mer__outline_folder(options, name),
                                          .recipe = recipe_of(options, name),
                                          .max_length = options->max_length,
                                          .turns = {.past = options->context,
                                                    .future = options->future,
                                                    .names = options->speaker_names,
                                                    .lstm = options->turns_lstm,
                                                    .pool = options->cnn_head    ? MER__TEXT_CNN
                                                            : options->text_mean ? MER__TEXT_MEAN
                                                                                 : MER__TEXT_CLS},
                                          .standardize = options->standardize,
                                          .layer_sum = options->layer_sum,
                                          .pool = pool,
                                          .trim_db = options->trim_db,
                                          .augment = options->augment,
                                          .attend_frames = options->attend_frames,
                                          .noise = options->noise,
                                          .padded = options->padded,
                                          .classifier = model->network.checkpoint_head,
                                          .features = options->features.features};
  if (is_text && !options->encoder)
    return mer__fail(err, MER_STATUS_INVALID, "an encoder directory is needed for text");
  const mer__encoder_type *type;
  mer_status status = choose_encoder(&type, name, options, err);
  if (status == MER_OK) status = mer__model_adopt(model, modality, type, name, &settings, err);
  if (status == MER_OK && model->network.dtype == MER_DTYPE_I8)
    status = mer__fail(err, MER_STATUS_UNSUPPORTED,
                       "%s: is int8, which cannot be trained upon; take the directory that it was "
                       "made from",
                       settings.folder);
  if (status == MER_OK && is_text)
    status = mer__trained_turns_tell(settings.folder, &settings.turns, options->monitor, err);
  if (status == MER_OK && settings.folder && strcmp(name, "audio") == 0)
    status = mer__trained_pooling_check(settings.folder, modality, options->keep_head,
                                        options->monitor, err);
  if (status == MER_OK && settings.folder && strcmp(name, "image") == 0)
    status = mer__trained_frames_check(settings.folder, modality, options->keep_head,
                                       options->monitor, err);
  if (status != MER_OK) return status;
  modality->frozen = settings.folder && options->freeze_encoder;
  modality->by_speaker = options->by_speaker && type->constants;
  return MER_OK;
}

/* The options are checked: each name is one, and there are not too many. */
static mer_status add_modalities(mer_model *model, const mer_train_options *options,
                                 mer_error *err) {
  mer__network *network = &model->network;
  char own[sizeof network->modalities[0].name];
  for (const char *name = options->modalities; name;) {
    size_t size = strcspn(name, ",");
    snprintf(own, sizeof own, "%.*s", (int)size, name);
    mer_status status =
        adopt(model, &network->modalities[network->n_modalities++], own, options, err);
    if (status != MER_OK) return status;
    name = name[size] ? name + size + 1 : NULL;
  }
  return MER_OK;
}

/* A classifier of one modality that begins with one of Hugging Face's layout keeps the form of its
 * head. */
static mer_status choose_head(mer__network *network, const char *folder, mer_error *err) {
  json_t *root = NULL;
  char *path = NULL;
  mer_status status = folder ? mer__encoder_config_read(&root, &path, folder, err) : MER_OK;
  network->checkpoint_head = status == MER_OK && mer__checkpoint_is_classifier(root);
  json_decref(root);
  mer__free(path);
  return status;
}

bool mer__outline_hears_by_itself(const mer__network *network, const mer_train_options *options) {
  return network->checkpoint_head && options->kind == MER_KIND_AUDIO;
}

/* What is asked of such an encoder, and would not be heeded. */
static mer_status check_hearing(const mer__network *network, const mer_train_options *options,
                                mer_error *err) {
  mer_train_options usual;
  mer_train_options_init(&usual, sizeof usual, options->kind);
  if (!mer__outline_hears_by_itself(network, options) ||
      (options->layer_sum == usual.layer_sum && strcmp(options->pool, usual.pool) == 0 &&
       options->trim_db == usual.trim_db && options->standardize && !options->by_speaker))
    return MER_OK;
  return mer__fail(err, MER_STATUS_INVALID,
                   "%s: a classifier, which hears as it was trained to: layers, pooling, trimming "
                   "and standardizing are its own",
                   options->speech_encoder);
}

static mer_status check_kept_head(const mer_train_options *options, mer_error *err) {
  const char *folder = mer__outline_folder(options, options->modalities);
  if (!options->keep_head || (folder && mer_model_is_in(folder))) return MER_OK;
  return mer__fail(err, MER_STATUS_INVALID, "%s: not a trained model, whose head can be kept",
                   folder ? folder : options->modalities);
}

mer_status mer__outline(mer_model *model, const mer_dataset *dataset,
                        const mer_train_options *options, mer_error *err) {
  mer__network *network = &model->network;
  snprintf(model->kind, sizeof model->kind, "%s", mer_train_kind_name(options->kind));
  mer_status status = check_kept_head(options, err);
  const bool one = options->kind != MER_KIND_FUSION && !strchr(options->modalities, ',');
  if (status == MER_OK && one && !options->cnn_head && !options->turns_lstm)
    status = choose_head(network, mer__outline_folder(options, options->modalities), err);
  if (status == MER_OK) status = check_hearing(network, options, err);
  if (network->checkpoint_head) {
    network->n_hidden = 0;
  } else if (options->cnn_head) {
    network->n_hidden = 0;
    network->dropout = cnn_dropout;
  } else if (options->kind == MER_KIND_TEXT || options->kind == MER_KIND_IMAGE) {
    network->n_hidden = 1;
    network->hidden[0] = TEXT_HIDDEN;
    network->dropout = options->turns_lstm ? head_dropout : 0;
  } else {
    network->n_hidden = 2;
    network->hidden[0] = HIDDEN_1;
    network->hidden[1] = HIDDEN_2;
    network->dropout = head_dropout;
    network->fusion.projection_width = options->kind == MER_KIND_FUSION ? PROJECTION : 0;
  }
  network->fusion.type = mer__fusion_type_find(options->fusion);
  if (network->fusion.type->gives_scores) network->n_hidden = 0;
  network->modality_dropout = options->modality_dropout;
  network->unimodal = options->unimodal_loss > 0;
  network->frozen_groups = options->freeze_layers + MER__GROUP_LAYER;
  network->layer_decay = options->layer_decay;
  network->encoder_rate = options->encoder_lr / options->lr;
  network->adapter_rank = options->lora;
  if (status == MER_OK) status = copy_labels(model, dataset, err);
  return status == MER_OK ? add_modalities(model, options, err) : status;
}
