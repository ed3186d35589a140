/* fit_encoders.c: the vectors of frozen encoders, and the constants of those that standardize. */
#include "train/fit_encoders.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "data/input_vectors.h"
#include "tensor/json_memory.h"
#include "train/frozen_vectors.h"

/* Its type, mer's settings of it and those of its directory, for free(); NULL if memory is out. */
static char *describe_encoder(const mer__modality *modality) {
  const mer__encoder_type *type = modality->type;
  json_t *base = type->base_config ? (json_t *)type->base_config(modality) : NULL;
  mer__json_watch();
  json_t *object = json_pack("{s:s, s:O?}", "type", type->name, "base", base);
  const int failed = object ? type->describe(modality, object) : -1;
  char *settings = failed ? NULL : mer__json_dump(object, JSON_COMPACT | JSON_SORT_KEYS);
  json_decref(object);
  return settings;
}

/* Hash of what an encoder's vectors come from: its settings and, unless they change, its
 * parameters; of a frozen one not what is trained upon it. */
static mer_status hash_encoder(char hex[MER__HASH_BYTES], const mer__params *params,
                               const mer__modality *modality, bool with_params, mer_error *err) {
  mer__hash hash;
  char *settings = describe_encoder(modality);
  if (!settings) return mer__fail_memory(err);
  mer__hash_begin(&hash);
  mer__hash_add(&hash, settings, strlen(settings));
  free(settings);
  for (size_t i = modality->first_param; with_params && i < modality->last_param; i++)
    if (!modality->frozen || !params->items[i].trained)
      mer__hash_add(&hash, params->values + params->items[i].offset,
                    (size_t)params->items[i].size * sizeof(float));
  mer__hash_end(hex, &hash);
  return MER_OK;
}

bool mer__keeps_constants(const mer__network *network, const mer_train_options *options) {
  return options->keep_head && !network->checkpoint_head;
}

/* Takes out of the vectors what is particular to their speakers, also of training rows only as far
 * as these have been heard: so that the head learns to hear strangers, too. */
static mer_status adapt(mer__training_set *set, int m, const mer_train_options *options,
                        mer_error *err) {
  mer__inputs *splits = set->splits;
  mer_status status = MER_OK;
  if (!mer__inputs_have_speakers(&splits[MER_SPLIT_TRAIN]))
    return mer__fail(err, MER_STATUS_INVALID, "by speaker: no training row says who speaks");
  if (!mer__keeps_constants(&set->model->network, options))
    status = mer__inputs_fit_speakers(&splits[MER_SPLIT_TRAIN], set->model, m, err);
  for (int s = 0; s < MER_N_SPLITS && status == MER_OK; s++)
    if (splits[s].columns[m].vectors)
      status = mer__inputs_adapt_speakers(&splits[s], set->model, m, err);
  return status;
}

/* The vectors of a frozen encoder, in the place of what it reads. */
static mer_status load_vectors(mer__training_set *set, int m, const mer_train_options *options,
                               mer_error *err) {
  const mer__network *network = &set->model->network;
  mer_status status = MER_OK;
  if (set->splits[MER_SPLIT_TRAIN].columns[m].vectors) return MER_OK;
  for (int s = 0; s < MER_N_SPLITS && status == MER_OK; s++)
    status =
        mer__frozen_vectors_load(&set->splits[s], set->model, m, set->encoders[m], options, err);
  if (status == MER_OK && set->noisy.n > 0 && !set->noisy.columns[m].removed)
    status = mer__frozen_vectors_load(&set->noisy, set->model, m, set->encoders[m], options, err);
  if (status == MER_OK && network->modalities[m].by_speaker) status = adapt(set, m, options, err);
  return status;
}

/* An encoder that will be trained is fitted to what it gives before: for a while it is frozen. */
static mer_status fit_once(mer__training_set *set, int m, const mer_train_options *options,
                           mer_error *err) {
  mer__inputs *train = &set->splits[MER_SPLIT_TRAIN];
  const mer__source source = mer__inputs_source(train);
  mer__params *params = &set->model->network.params;
  mer__modality *modality = &set->model->network.modalities[m];
  char encoder[MER__HASH_BYTES];
  mer_status status = hash_encoder(encoder, params, modality, true, err);
  if (status != MER_OK) return status;
  modality->frozen = true;
  status = mer__frozen_vectors_load(train, set->model, m, encoder, options, err);
  modality->frozen = false;
  if (status == MER_OK) status = modality->type->fit(modality, params, &source, m, err);
  mer__inputs_forget_vectors(train, m);
  return status;
}

static mer_status fit(mer__training_set *set, int m, const mer_train_options *options,
                      mer_error *err) {
  const mer__source source = mer__inputs_source(&set->splits[MER_SPLIT_TRAIN]);
  mer__network *network = &set->model->network;
  const mer__modality *modality = &network->modalities[m];
  if (!modality->type->fit || mer__keeps_constants(network, options)) return MER_OK;
  if (modality->by_speaker) return MER_OK; /* its constants are those of all speakers */
  if (modality->frozen || !modality->type->encode_frozen)
    return modality->type->fit(modality, &network->params, &source, m, err);
  return modality->has_constants ? fit_once(set, m, options, err) : MER_OK;
}

static mer_status fit_turn_layer(mer__training_set *set, int m, mer_error *err) {
  const mer__source source = mer__inputs_source(&set->splits[MER_SPLIT_TRAIN]);
  mer__network *network = &set->model->network;
  return mer__turn_layer_fit(&network->turn_layers[m], &network->params, &source, m, err);
}

mer_status mer__fit_encoders(mer__training_set *set, const mer_train_options *options,
                             mer_error *err) {
  const mer__network *network = &set->model->network;
  mer_status status = MER_OK;
  for (int m = 0; m < network->n_modalities && status == MER_OK; m++) {
    const mer__modality *modality = &network->modalities[m];
    if (!*set->encoders[m]) /* else this is done again with the same data */
      status = hash_encoder(set->encoders[m], &network->params, modality, modality->frozen, err);
    if (status == MER_OK && modality->frozen) status = load_vectors(set, m, options, err);
    if (status == MER_OK) status = fit(set, m, options, err);
    if (status == MER_OK && modality->turns.lstm) status = fit_turn_layer(set, m, err);
  }
  return status;
}
