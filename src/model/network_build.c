/* network_build.c: the parameters of a classifier: declared, initialized, packed, rounded. */
#include <math.h>
#include <stdio.h>

#include "base/error.h"
#include "layers/low_rank.h"
#include "layers/weights.h"
#include "model/network.h"

/* Rates of an encoder's groups, which fall from the last layer on. */
static void set_rates(mer__params *params, const mer__modality *modality,
                      const mer__network *network) {
  const double decay = network->layer_decay > 0 ? network->layer_decay : 1;
  const double last = network->encoder_rate > 0 ? network->encoder_rate : 1;
  int top = MER__GROUP_STEM;
  for (size_t i = modality->first_param; i < modality->last_param; i++)
    if (params->items[i].group > top) top = params->items[i].group;
  for (size_t i = modality->first_param; i < modality->last_param; i++) {
    mer__param *p = &params->items[i];
    if (p->group != MER__GROUP_HEAD) p->rate = last * pow(decay, top - p->group);
  }
}

/* Whether an earlier encoder from a directory may have tensors of the same names: those of images
 * are called as those of text. */
static bool shares_names(const mer__network *network, int m) {
  const mer__encoder_type *type = network->modalities[m].type;
  for (int k = 0; k < m && type->base_config; k++) {
    const mer__encoder_type *earlier = network->modalities[k].type;
    if (earlier->base_config && (earlier->image || type->image)) return true;
  }
  return false;
}

/* Attention over the images of an input, which an encoder directory may lack, and which is trained
 * even if the encoder is frozen. */
static mer_status declare_frames(mer__modality *modality, mer__params *params, mer_error *err) {
  const mer__params before = *params; /* what is set of it */
  params->added = true;
  params->frozen = false;
  params->group = MER__GROUP_HEAD;
  modality->frames.in = modality->width;
  mer_status status = mer__attention_pool_declare(&modality->frames, params, "frames", err);
  params->added = before.added;
  params->frozen = before.frozen;
  params->group = before.group;
  return status;
}

static mer_status declare_encoder(mer__modality *modality, mer__params *params, mer_error *err) {
  mer_status status = modality->type->declare(modality, params, err);
  if (status != MER_OK || !mer__modality_attends(modality)) return status;
  return declare_frames(modality, params, err);
}

/* Declares modality m, with its name before those of its parameters where that is needed. */
static mer_status declare_modality(mer__network *network, int m, mer_error *err) {
  mer__modality *modality = &network->modalities[m];
  char prefix[sizeof modality->name + 1];
  if (!shares_names(network, m)) return declare_encoder(modality, &network->params, err);
  modality->prefix_size = (size_t)snprintf(prefix, sizeof prefix, "%s.", modality->name);
  network->params.prefix = prefix;
  mer_status status = declare_encoder(modality, &network->params, err);
  network->params.prefix = NULL;
  return status;
}

/* Declares the modalities whose parameters can be trained, or the others. */
static mer_status declare_modalities(mer__network *network, bool trainable, mer_error *err) {
  int n_before = 0;
  for (int m = 0; m < network->n_modalities; m++) {
    mer__modality *modality = &network->modalities[m];
    if ((modality->type->backward != NULL) != trainable) continue;
    const bool has_layers = modality->type->base_config && !modality->from_nothing;
    network->params.group = MER__GROUP_STEM;
    network->params.frozen = modality->frozen;
    network->params.frozen_groups = has_layers ? network->frozen_groups : 0;
    network->params.adapter_rank = has_layers ? network->adapter_rank : 0;
    modality->first_param = network->params.n_items;
    modality->first_site = MER__SITES_PER_ENCODER * n_before++;
    mer_status status = declare_modality(network, m, err);
    modality->last_param = network->params.n_items;
    if (status != MER_OK) return status;
    if (has_layers) set_rates(&network->params, modality, network);
  }
  return MER_OK;
}

static mer__checkpoint_head checkpoint_head(const mer__network *network) {
  const mer__modality *modality = &network->modalities[0];
  mer__checkpoint_head head = {0};
  modality->type->head(&head, modality);
  return head;
}

static mer_status declare_encoders(mer__network *network, mer_error *err) {
  if (network->checkpoint_head) network->params.prefix = checkpoint_head(network).prefix;
  mer_status status = declare_modalities(network, false, err);
  if (status == MER_OK) status = declare_modalities(network, true, err);
  network->params.prefix = NULL;
  network->n_encoder_params = network->params.n_items;
  if (status != MER_OK || network->dtype != MER_DTYPE_I8) return status;
  return mer__weights_expect_int8(&network->params, network->n_encoder_params,
                                  network->reduce_range, err);
}

/* Of a layer over turns. */
enum { TURN_HIDDEN = 128 };
static const double turn_dropout = 0.3;

/* The layers over turns. */
static mer_status declare_turn_layers(mer__network *network, mer_error *err) {
  mer_status status = MER_OK;
  network->params.group = MER__GROUP_HEAD;
  network->params.frozen = false;
  for (int m = 0; m < network->n_modalities && status == MER_OK; m++) {
    const mer__modality *modality = &network->modalities[m];
    char name[sizeof modality->name + sizeof ".turns"];
    if (!modality->turns.lstm) continue;
    snprintf(name, sizeof name, "%s.turns", modality->name);
    network->turn_layers[m] =
        (mer__turn_layer){.lstm = {.in = modality->width, .hidden = TURN_HIDDEN},
                          .dropout = turn_dropout,
                          .first_site = MER__SITE_TURNS + m * MER__SITES_PER_TURNS};
    status = mer__turn_layer_declare(&network->turn_layers[m], &network->params, name, err);
  }
  return status;
}

static mer_status declare_fusion(mer__network *network, mer_error *err) {
  mer__fusion *fusion = &network->fusion;
  const char *names[MER_MAX_MODALITIES];
  fusion->n_modalities = network->n_modalities;
  fusion->n_scores = network->n_labels;
  fusion->dropout = network->dropout;
  for (int m = 0; m < network->n_modalities; m++) {
    names[m] = network->modalities[m].name;
    fusion->widths[m] = mer__network_width(network, m);
  }
  return fusion->type->declare(fusion, &network->params, names, err);
}

static void shape_head(mer__mlp *head, const mer__network *network) {
  *head = (mer__mlp){.n_layers = network->n_hidden + 1,
                     .dropout = network->dropout,
                     .input_dropout = network->n_hidden == 0};
  for (int i = 0; i < network->n_hidden; i++) head->widths[i + 1] = network->hidden[i];
}

static void shape_checkpoint_head(mer__mlp *head, const mer__network *network) {
  const mer__checkpoint_head of = checkpoint_head(network);
  *head = (mer__mlp){.n_layers = of.n_layers,
                     .names = {of.names[0], of.names[1]},
                     .activation = of.activation,
                     .dropout = of.dropout,
                     .input_dropout = of.input_dropout || of.n_layers == 1};
  if (of.n_layers == 2) head->widths[1] = of.hidden;
}

static mer_status declare_head(mer__network *network, mer_error *err) {
  mer__mlp *head = &network->head;
  if (network->fusion.type->gives_scores) return MER_OK;
  if (network->checkpoint_head) shape_checkpoint_head(head, network);
  else shape_head(head, network);
  head->widths[0] = network->fusion.width;
  head->widths[head->n_layers] = network->n_labels;
  return mer__mlp_declare(head, &network->params, "head", err);
}

mer_status mer__network_build_encoders(mer__network *network, mer_error *err) {
  mer_status status = declare_encoders(network, err);
  return status == MER_OK ? mer__params_allocate(&network->params, err) : status;
}

mer_status mer__network_build(mer__network *network, mer_error *err) {
  mer_status status;
  MER__CHECK(declare_encoders(network, err));
  MER__CHECK(declare_turn_layers(network, err));
  MER__CHECK(declare_fusion(network, err));
  MER__CHECK(declare_head(network, err));
  MER__CHECK(mer__params_allocate(&network->params, err));
cleanup:
  return status;
}

void mer__network_init(mer__network *network, uint64_t seed) {
  enum { STREAM_INIT = 1, STREAM_ADAPTERS };
  mer__rng rng = {.seed = seed, .stream = STREAM_INIT};
  for (int m = 0; m < network->n_modalities; m++) {
    const mer__modality *modality = &network->modalities[m];
    if (modality->type->init) modality->type->init(modality, &network->params, &rng);
    if (mer__modality_attends(modality))
      mer__attention_pool_init(&modality->frames, &network->params, &rng);
  }
  for (int m = 0; m < network->n_modalities; m++)
    if (network->modalities[m].turns.lstm)
      mer__turn_layer_init(&network->turn_layers[m], &network->params, &rng);
  network->fusion.type->init(&network->fusion, &network->params, &rng);
  mer__mlp_init(&network->head, &network->params, &rng);
  rng = (mer__rng){.seed = seed, .stream = STREAM_ADAPTERS};
  mer__low_rank_init(&network->params, &rng);
}

void mer__network_clear(mer__network *network) {
  for (int m = 0; m < network->n_modalities; m++) mer__modality_clear(&network->modalities[m]);
  mer__params_clear(&network->params);
  *network = (mer__network){0};
}

bool mer__network_has_weights(const mer__network *network) {
  for (size_t i = 0; i < network->n_encoder_params; i++)
    if (network->params.items[i].role == MER__LINEAR) return true;
  return false;
}

mer_status mer__network_pack(mer__network *network, mer_error *err) {
  return mer__weights_pack(&network->params, network->n_encoder_params, err);
}

mer_status mer__network_unpack(mer__network *network, mer_error *err) {
  return mer__weights_unpack(&network->params, network->n_encoder_params, err);
}

mer_status mer__network_quantize(mer__network *network, bool reduce_range, mer_error *err) {
  if (network->dtype == MER_DTYPE_I8) return MER_OK;
  network->dtype = MER_DTYPE_I8;
  network->reduce_range = reduce_range;
  return mer__weights_quantize(&network->params, network->n_encoder_params, reduce_range, err);
}
