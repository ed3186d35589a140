/* training_settings.c: what decides the result of a training, in words and hashes. */
#include "train/training_settings.h"

#include <string.h>

#include "base/digest.h"
#include "encoder/modality.h"
#include "train/data_settings.h"
#include "train/loss.h"
#include "train/outline.h"
#include "train/settings_compare.h"
#include "train/train_options.h"

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
  if (mer__outline_hears_by_itself(network, o))
    return describe_hearing(settings, &network->modalities[0]);
  if (mer__outline_speech_folder(o))
    failed |= json_object_set_new(settings, "pool", json_string(o->pool));
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
