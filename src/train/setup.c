/* setup.c: from options and data to a network and its inputs. */
#include "train/setup.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "data/dataset.h"
#include "data/row_turns.h"
#include "encoder/config_json.h"
#include "encoder/encoder_type.h"
#include "encoder/image_recipe.h"
#include "model/checkpoint_config.h"
#include "train/data_settings.h"
#include "train/fit_encoders.h"
#include "train/loss.h"
#include "train/noisy_rows.h"
#include "train/set_shares.h"
#include "train/settings_compare.h"
#include "train/teachers.h"
#include "train/train_options.h"
#include "train/trained_before.h"

/* Widths of the reference experiment. */
enum { TEXT_HIDDEN = 128, HIDDEN_1 = 256, HIDDEN_2 = 128, PROJECTION = 128 };
static const double head_dropout = 0.2, cnn_dropout = 0.5;

void mer__training_set_clear(mer__training_set *set) {
  for (int s = 0; s < MER_N_SPLITS; s++) mer__inputs_clear(&set->splits[s]);
  mer__inputs_clear(&set->noisy);
  mer_model_close(set->model);
  *set = (mer__training_set){0};
}

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

/* The folder of the encoder of sound; NULL: it is given by its name, and is trained from nothing.
 */
static const char *speech_folder(const mer_train_options *options) {
  const char *given = options->speech_encoder;
  return !mer__encoder_type_without_folder(given) && mer__path_is_folder(given) ? given : NULL;
}

/* The folder from which the encoder of the modality `name` is loaded, or NULL. */
static const char *folder_of(const mer_train_options *options, const char *name) {
  if (strcmp(name, "text") == 0) return options->encoder;
  if (strcmp(name, "image") == 0)
    return mer__image_recipe_find(options->image_encoder) ? NULL : options->image_encoder;
  return strcmp(name, "audio") == 0 ? speech_folder(options) : NULL;
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
  const char *folder = folder_of(options, name);
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
  const mer__encoder_settings settings = {.folder = folder_of(options, name),
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

/* The classifier of a sound hears it as it was trained to. */
static bool hears_by_itself(const mer__network *network, const mer_train_options *options) {
  return network->checkpoint_head && options->kind == MER_KIND_AUDIO;
}

/* What is asked of such an encoder, and would not be heeded. */
static mer_status check_hearing(const mer__network *network, const mer_train_options *options,
                                mer_error *err) {
  mer_train_options usual;
  mer_train_options_init(&usual, sizeof usual, options->kind);
  if (!hears_by_itself(network, options) ||
      (options->layer_sum == usual.layer_sum && strcmp(options->pool, usual.pool) == 0 &&
       options->trim_db == usual.trim_db && options->standardize && !options->by_speaker))
    return MER_OK;
  return mer__fail(err, MER_STATUS_INVALID,
                   "%s: a classifier, which hears as it was trained to: layers, pooling, trimming "
                   "and standardizing are its own",
                   options->speech_encoder);
}

static mer_status check_kept_head(const mer_train_options *options, mer_error *err) {
  const char *folder = folder_of(options, options->modalities);
  if (!options->keep_head || (folder && mer_model_is_in(folder))) return MER_OK;
  return mer__fail(err, MER_STATUS_INVALID, "%s: not a trained model, whose head can be kept",
                   folder ? folder : options->modalities);
}

/* The network of the kind; widths that come from data are filled when the inputs are loaded. */
static mer_status outline(mer_model *model, const mer_dataset *dataset,
                          const mer_train_options *options, mer_error *err) {
  mer__network *network = &model->network;
  snprintf(model->kind, sizeof model->kind, "%s", mer_train_kind_name(options->kind));
  mer_status status = check_kept_head(options, err);
  const bool one = options->kind != MER_KIND_FUSION && !strchr(options->modalities, ',');
  if (status == MER_OK && one && !options->cnn_head && !options->turns_lstm)
    status = choose_head(network, folder_of(options, options->modalities), err);
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

/* A row without a label says nothing to learn, and one whose label is unknown may be a slip of the
 * pen: neither is left out in silence. */
static mer_status check_labels(const mer__inputs *inputs, const mer_utterance *rows, int split,
                               mer_error *err) {
  for (int64_t i = 0; i < inputs->n; i++) {
    const mer_utterance *row = &rows[inputs->rows[i]];
    if (inputs->labels[i] < 0 && !row->targets)
      return mer__fail_at(err, MER_STATUS_INVALID, row->line,
                          "line %lld of the %s split, '%.80s', has no known label: rows to train "
                          "and measure on need one",
                          (long long)row->line, mer_split_name((mer_split)split), row->id);
  }
  return MER_OK;
}

/* Says which data sets have no row among the first `n`, of `n_all`, that a limit leaves. */
static void tell_limit(const mer_dataset *dataset, const mer_utterance *rows, int64_t n,
                       int64_t n_all, const mer_monitor *monitor) {
  bool left[MER_MAX_DATASETS] = {0};
  for (int64_t i = 0; i < n; i++) left[rows[i].set] = true;
  for (int64_t i = n; i < n_all; i++) {
    const int32_t set = rows[i].set;
    if (left[set]) continue;
    left[set] = true; /* told once */
    mer__log(monitor, MER_LOG_WARNING, "%s: no row of data set %d is among the first %lld",
             mer__dataset_table_of(dataset, &rows[i])->path, (int)set + 1, (long long)n);
  }
}

/* Says so if a context is asked for, and no row has any. */
static mer_status tell_no_turns(const mer_utterance *rows, int64_t n,
                                const mer_train_options *options, mer_error *err) {
  mer__row_turns turns = {0};
  bool any = false;
  if (options->context == 0 && options->future == 0) return MER_OK;
  mer_status status = mer__row_turns_sort(&turns, rows, n, err);
  for (int64_t i = 0; status == MER_OK && i < n && !any; i++)
    any = turns.ends[i] - turns.begins[i] > 1;
  mer__row_turns_clear(&turns);
  if (status == MER_OK && !any)
    mer__log(options->monitor, MER_LOG_WARNING,
             "no training row has a turn before or after it, so that a context of %lld and %lld "
             "turns says nothing: the data need dialogues",
             (long long)options->context, (long long)options->future);
  return status;
}

/* Says so if there is attention over the faces of videos, and no row has a video. */
static void tell_no_videos(const mer_utterance *rows, int64_t n, const mer_train_options *options) {
  for (int64_t i = 0; i < n; i++)
    if (rows[i].video && !rows[i].image) return;
  if (options->attend_frames)
    mer__log(options->monitor, MER_LOG_WARNING,
             "no training row has a video without an image beside it, so that attention over the "
             "faces of videos says nothing");
}

/* What the training rows, `n` of `n_all`, lack for the options. */
static mer_status tell_lacks(const mer_dataset *dataset, const mer_utterance *rows, int64_t n,
                             int64_t n_all, const mer_train_options *options, mer_error *err) {
  tell_limit(dataset, rows, n, n_all, options->monitor);
  tell_no_videos(rows, n, options);
  return tell_no_turns(rows, n, options, err);
}

/* `why`: what there is instead of `n` rows of dev. */
static mer_status check_dev(int64_t n, const char *why, const mer_train_options *options,
                            mer_error *err) {
  if (n > 0 || (!options->calibrate && options->patience == 0)) return MER_OK;
  return mer__fail(err, MER_STATUS_INVALID, "%s needs a dev split, %s",
                   options->calibrate ? "calibration" : "patience", why);
}

static mer_status load_splits(mer__training_set *set, const mer_dataset *dataset,
                              const mer_train_options *options, mer_error *err) {
  mer__inputs_options inputs = {.features = options->features,
                                .precomputed = options->precomputed,
                                .n_precomputed = options->n_precomputed,
                                .skip_missing = options->skip_missing};
  for (int s = 0; s < MER_N_SPLITS; s++) {
    int64_t n, n_all;
    mer_status status = MER_OK;
    const mer_utterance *rows = mer_dataset_rows(dataset, s, &n);
    n_all = n;
    if (s == MER_SPLIT_TRAIN && options->limit > 0 && options->limit < n) n = options->limit;
    if (s == MER_SPLIT_TEST && !options->evaluate_test) n = 0;
    if (s == MER_SPLIT_TRAIN) status = tell_lacks(dataset, rows, n, n_all, options, err);
    if (status == MER_OK)
      status = mer__inputs_load(&set->splits[s], set->model, dataset, rows, n, &inputs, err);
    if (status == MER_OK) status = check_labels(&set->splits[s], rows, s, err);
    if (status == MER_OK && s == MER_SPLIT_TRAIN)
      status = mer__teachers_ask(&set->splits[s], dataset, rows, n, options, err);
    if (status == MER_OK && s == MER_SPLIT_TRAIN)
      status = mer__noisy_rows_load(set, dataset, rows, n, &inputs, options, err);
    if (status != MER_OK) return status;
  }
  const mer__inputs *train = &set->splits[MER_SPLIT_TRAIN];
  if (train->n == 0)
    return mer__fail(err, MER_STATUS_INVALID, "the training split has no %sutterances",
                     train->n_skipped ? "complete " : "");
  for (int64_t i = 0; i < train->n; i++) {
    mer__input row[MER_MAX_MODALITIES];
    mer__inputs_get(row, train, i);
    for (int m = 0; m < train->n_modalities; m++)
      if (row[m].present) return MER_OK;
  }
  return mer__fail(err, MER_STATUS_INVALID, "no utterance of the training split has usable %s",
                   options->modalities);
}

static mer_status load_head(mer__training_set *set, const mer_train_options *options,
                            mer_error *err) {
  bool same;
  const char *folder = folder_of(options, set->model->network.modalities[0].name);
  mer_status status = mer__checkpoint_load_head(&same, set->model, folder, err);
  if (status == MER_OK && !same)
    mer__log(options->monitor, MER_LOG_INFO,
             "%s: has other labels than the data, or another kind of them, so the last layer of "
             "its classifier begins anew",
             folder);
  return status;
}

mer_status mer__training_set_initialize(mer__training_set *set, const mer_train_options *options,
                                        mer_error *err) {
  mer__network *network = &set->model->network;
  mer_status status = MER_OK;
  const bool keeps = mer__keeps_constants(network, options);
  mer__network_init(network, options->seed);
  for (int m = 0; m < network->n_modalities && status == MER_OK; m++) {
    const mer__modality *modality = &network->modalities[m];
    if (modality->type->base_config && !modality->from_nothing)
      status = mer__model_load_encoder(set->model, modality, folder_of(options, modality->name),
                                       keeps, NULL, err);
  }
  if (status == MER_OK) status = mer__fit_encoders(set, options, err);
  if (status == MER_OK && (network->checkpoint_head || options->keep_head))
    status = load_head(set, options, err);
  return status;
}

/* What the data must have for the options. */
static mer_status check_data(const mer_dataset *dataset, const mer_train_options *options,
                             mer_error *err) {
  const mer_target target = mer_dataset_target(dataset);
  int64_t n_dev;
  mer_dataset_rows(dataset, MER_SPLIT_DEV, &n_dev);
  if (options->calibrate && target == MER_TARGET_VALUES)
    return mer__fail(err, MER_STATUS_INVALID, "calibration is of labels; the data have values");
  if (options->n_teachers > 0 && target != MER_TARGET_LABEL)
    return mer__fail(err, MER_STATUS_INVALID, "teachers are of one label; the data have others");
  mer_status status = check_dev(n_dev, "which the data lack", options, err);
  if (status == MER_OK) status = mer__set_shares_check(dataset, options, err);
  return status == MER_OK ? mer__loss_check(target, options, err) : status;
}

/* All that is known before the inputs are loaded. */
static mer_status begin(mer__training_set *set, const mer_dataset *dataset,
                        const mer_train_options *options, mer_error *err) {
  mer_status status = mer__train_options_check(options, err);
  if (status != MER_OK) return status;
  if ((status = check_data(dataset, options, err)) != MER_OK) return status;
  set->model = mer__calloc(1, sizeof *set->model);
  return set->model ? outline(set->model, dataset, options, err) : mer__fail_memory(err);
}

mer_status mer__training_check(const mer_dataset *dataset, const mer_train_options *given,
                               mer_error *err) {
  mer_train_options options;
  mer__training_set set = {0};
  mer_status status = mer__train_options_read(&options, given, err);
  if (status != MER_OK) return status;
  options.monitor = NULL; /* warnings come from the training itself */
  status = begin(&set, dataset, &options, err);
  if (status == MER_OK) status = mer__teachers_check(dataset, &options, err);
  mer__training_set_clear(&set);
  return status;
}

mer_status mer__training_set_load(mer__training_set *set, const mer_dataset *dataset,
                                  const mer_train_options *options, mer_error *err) {
  mer_status status;
  MER__CHECK(begin(set, dataset, options, err));
  MER__CHECK(load_splits(set, dataset, options, err));
  MER__CHECK(check_dev(set->splits[MER_SPLIT_DEV].n, "of which no row is complete", options, err));
  MER__CHECK(mer__network_build(&set->model->network, err));
  MER__CHECK(mer__training_set_initialize(set, options, err));
cleanup:
  return status;
}

/* Whether a parameter is one of a frozen encoder. */
static bool is_frozen(const mer__network *network, size_t param) {
  for (int m = 0; m < network->n_modalities; m++) {
    const mer__modality *modality = &network->modalities[m];
    if (modality->frozen && param >= modality->first_param && param < modality->last_param)
      return true;
  }
  return false;
}

/* Hash of what is neither trained nor kept in a checkpoint: settings of encoders, frozen ones as a
 * whole, statistics. */
static void hash_fixed(char hex[MER__HASH_BYTES], const mer__training_set *set) {
  const mer__params *params = &set->model->network.params;
  mer__hash hash;
  mer__hash_begin(&hash);
  for (int m = 0; m < set->model->network.n_modalities; m++)
    mer__hash_add(&hash, set->encoders[m], MER__HASH_BYTES);
  for (size_t i = 0; i < params->n_items; i++) {
    const mer__param *p = &params->items[i];
    if (p->offset < params->first_trained && !is_frozen(&set->model->network, i))
      mer__hash_add(&hash, params->values + p->offset, (size_t)p->size * sizeof(float));
  }
  mer__hash_end(hex, &hash);
}

/* Hash of what the data give to training and to the choice of the best epoch. */
static void hash_inputs(char hex[MER__HASH_BYTES], const mer__training_set *set) {
  mer__hash hash;
  mer__hash_begin(&hash);
  mer__inputs_hash(&hash, &set->splits[MER_SPLIT_TRAIN]);
  mer__inputs_hash(&hash, &set->splits[MER_SPLIT_DEV]);
  mer__hash_end(hex, &hash);
}

/* The vectors that were computed before, if there are any; 0 or -1. */
static int describe_vectors(json_t *settings, const mer__training_set *set) {
  char hex[MER__HASH_BYTES];
  bool any = false;
  mer__hash hash;
  mer__hash_begin(&hash);
  for (int s = MER_SPLIT_TRAIN; s <= MER_SPLIT_DEV; s++)
    any |= mer__inputs_hash_precomputed(&hash, &set->splits[s]);
  mer__hash_end(hex, &hash);
  return any ? json_object_set_new(settings, MER__VECTORS_DIGEST, json_string(hex)) : 0;
}

/* How a classifier hears, in the place of the options; 0 or -1. */
static int describe_hearing(json_t *settings, const mer__modality *modality) {
  static const char *const names[][2] = {{"layer_sum", "layer_sum"},
                                         {"pool", "pool"},
                                         {"standardized", "standardize"},
                                         {"trim_db", "trim_db"}};
  json_t *own = json_object();
  int failed = own ? modality->type->describe(modality, own) : -1;
  for (size_t i = 0; i < sizeof names / sizeof *names && !failed; i++)
    failed = json_object_set(settings, names[i][1], json_object_get(own, names[i][0]));
  if (modality->features.n_frames > 0)
    failed |= json_object_set_new(settings, "padded", json_true());
  json_decref(own);
  return failed;
}

/* What concerns some encoders of sound alone, beside their options; 0 or -1. */
static int describe_speech(json_t *settings, const mer__network *network,
                           const mer_train_options *o) {
  const mer__encoder_type *type = mer__encoder_type_without_folder(o->speech_encoder);
  int failed = 0;
  if (hears_by_itself(network, o)) return describe_hearing(settings, &network->modalities[0]);
  if (speech_folder(o)) failed |= json_object_set_new(settings, "pool", json_string(o->pool));
  if (!type || type->trims) /* what pads sound is heard, too */
    failed |= json_object_set_new(settings, "trim_db", json_real(o->padded ? 0 : o->trim_db));
  return failed;
}

/* How the vectors are joined, where that is not the usual way; 0 or -1. */
static int describe_fusion(json_t *settings, const mer__network *network) {
  const char *name = network->fusion.type->name;
  if (strcmp(name, "concat") == 0) return 0;
  return json_object_set_new(settings, "fusion", json_string(name));
}

/* What the rows have, where that is not one label, and its loss, if it is told; 0 or -1. */
static int describe_target(json_t *settings, const mer_model *model, const mer_train_options *o) {
  const mer_target target = model->network.target;
  const char *loss = mer__loss_name(target, o->loss);
  int failed = 0;
  if (target != MER_TARGET_LABEL)
    failed |= json_object_set_new(settings, "target", json_string(mer__model_target_name(target)));
  if (loss) failed |= json_object_set_new(settings, "loss", json_string(loss));
  return failed;
}

/* Who teaches, and what they say; 0 or -1. */
static int describe_teachers(json_t *settings, const mer__training_set *set,
                             const mer_train_options *o) {
  const mer__inputs *train = &set->splits[MER_SPLIT_TRAIN];
  char hex[MER__HASH_BYTES];
  mer__hash hash;
  if (o->n_teachers == 0) return 0;
  mer__hash_begin(&hash);
  mer__hash_add(&hash, train->targets,
                (size_t)(train->n * mer_model_n_labels(set->model)) * sizeof *train->targets);
  mer__hash_end(hex, &hash);
  return json_object_set_new(settings, "teachers_digest", json_string(hex));
}

json_t *mer__training_settings(const mer__training_set *set, const mer_dataset *dataset,
                               const mer_train_options *o) {
  char fixed[MER__HASH_BYTES], inputs[MER__HASH_BYTES];
  hash_fixed(fixed, set);
  hash_inputs(inputs, set);
  json_t *settings =
      json_pack("{s:s, s:s, s:s, s:s?, s:I}", "mer", MER_VERSION, "kind",
                mer_train_kind_name(o->kind), "modalities", o->modalities, "encoder", o->encoder,
                "utterances", (json_int_t)set->splits[MER_SPLIT_TRAIN].n);
  const bool usual = strcmp(o->speech_encoder, "vector") == 0; /* and then it is not said */
  const char *images = o->image_encoder;
  if (settings && mer__data_settings_describe(settings, dataset, o) &&
      mer__train_options_describe(settings, o) &&
      (!images || json_object_set_new(settings, "image_encoder", json_string(images)) == 0) &&
      (usual ||
       json_object_set_new(settings, "speech_encoder", json_string(o->speech_encoder)) == 0) &&
      describe_speech(settings, &set->model->network, o) == 0 &&
      describe_target(settings, set->model, o) == 0 &&
      describe_fusion(settings, &set->model->network) == 0 &&
      describe_teachers(settings, set, o) == 0 && describe_vectors(settings, set) == 0 &&
      json_object_set_new(settings, "fixed_digest", json_string(fixed)) == 0 &&
      json_object_set_new(settings, "inputs_digest", json_string(inputs)) == 0)
    return settings;
  json_decref(settings);
  return NULL;
}
