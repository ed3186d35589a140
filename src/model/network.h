/* network.h: a classifier: modalities -> vectors -> fusion -> head -> logits. The text and audio
 * classifiers have one modality, whose vector goes to the head as it is. A layer over the turns of
 * a dialogue may make the vectors of a modality from those of its encoder. */
#ifndef MER_MODEL_NETWORK_H
#define MER_MODEL_NETWORK_H

#include "encoder/modality.h"
#include "encoder/turn_layer.h"
#include "fusion/fusion.h"
#include "mer/model.h"

/** Zero-initialize; fill what is said to be set before build. */
typedef struct mer__network {
  mer__params params;
  mer__modality modalities[MER_MAX_MODALITIES]; /* set */
  int n_modalities;
  mer__turn_layer turn_layers[MER_MAX_MODALITIES]; /* of modalities that read turns so */
  mer__fusion fusion;                              /* set: type and projection_width */
  int64_t hidden[MER__MLP_MAX_LAYERS - 1];         /* set: widths of the head's hidden layers */
  int n_hidden;
  double dropout;          /* set: in the head */
  bool checkpoint_head;    /* set: the head is that of the encoder's checkpoints, whose layers and
                              dropout count; there is one modality */
  int64_t n_labels;        /* set */
  mer_target target;       /* set: what its scores mean */
  mer_dtype dtype;         /* set: of the encoders' weights in the file: f32, bf16 or int8 */
  bool reduce_range;       /* set: of int8 */
  int64_t frozen_groups;   /* set, to train: parameters of encoders in the groups before it are not
                              trained: the stem, and first layers */
  int64_t adapter_rank;    /* set, to train: encoders get adapters of this rank (layers/low_rank.h),
                              and nothing else of them is trained; 0: they are trained whole */
  double modality_dropout; /* set, to train: the probability with which an utterance lacks one of
                              its modalities in a step, but not all */
  bool unimodal;           /* set, to train: what each modality gives alone is asked for, too
                              (mer__network_unimodal) */
  double layer_decay;      /* set, to train: the rate of each group of an encoder is that of the
                              next one times this; 0: they have the same */
  double encoder_rate;     /* set, to train: that of the last group of an encoder from a directory,
                              beside what stands on it; 0: 1 */
  size_t n_encoder_params; /* of all encoders: the first in the table */
  mer__mlp head;
  const mer__compute *compute; /* borrowed, while training; else NULL */
} mer__network;

/** Declares the encoders alone, and allocates their parameters: nothing is built on them.
 * MER_STATUS_LIMIT, MER_STATUS_NO_MEMORY. */
mer_status mer__network_build_encoders(mer__network *network, mer_error *err);
/** Declares and allocates all parameters. In the file, constants come first, then encoders, then
 * projections and head. */
mer_status mer__network_build(mer__network *network, mer_error *err);
/** Values of what does not come from an encoder's file. */
void mer__network_init(mer__network *network, uint64_t seed);
void mer__network_clear(mer__network *network);

/** Whether an encoder has Linear layers, whose weights can be packed or rounded. */
bool mer__network_has_weights(const mer__network *network);
/** Packs the encoders' weights for prediction, in memory, and back; what is packed cannot be
 * trained or written. int8 stays as it is. MER_STATUS_NO_MEMORY. */
mer_status mer__network_pack(mer__network *network, mer_error *err);
mer_status mer__network_unpack(mer__network *network, mer_error *err);
/** Rounds the encoders' weights to int8, in memory. They cannot be trained then. Nothing happens if
 * they are. MER_STATUS_FORMAT (a weight is not finite), MER_STATUS_LIMIT, MER_STATUS_NO_MEMORY;
 * after that the network cannot be used. */
mer_status mer__network_quantize(mer__network *network, bool reduce_range, mer_error *err);

/** What forward keeps for backward. */
typedef struct mer__network_state mer__network_state;

/** Logits [n, K] of `inputs` [n, n_modalities]. `*state` (may be NULL) is for backward and lives in
 * the arena. MER_STATUS_NO_MEMORY. */
mer_status mer__network_forward(float *logits, mer__network_state **state,
                                const mer__network *network, const mer__input *inputs, int64_t n,
                                mer__arena *arena, const mer__noise *noise, mer_error *err);

/** Logits [n, K] of a network that is not trained; with `without` [1 + n_modalities, n, K]: after
 * them those without modality 0, 1, .., as if all utterances lacked it. What the encoders make is
 * made once. MER_STATUS_NO_MEMORY. */
mer_status mer__network_answer(float *logits, const mer__network *network, const mer__input *inputs,
                               int64_t n, bool without, mer__arena *arena, mer_error *err);

/** Width of the vectors of modality `m` as the fusion sees them. */
static inline int64_t mer__network_width(const mer__network *network, int m) {
  const mer__turn_layer *layer = &network->turn_layers[m];
  return layer->lstm.in > 0 ? mer__turn_layer_width(layer) : network->modalities[m].width;
}

/** The logits [n, K] that one modality alone gave in a training step, for the rows `of` [n] of the
 * batch that have it. */
typedef struct mer__unimodal_logits {
  int64_t n;
  const int32_t *of;
  float *logits;
} mer__unimodal_logits;

/** Those of modality m after forward of a `unimodal` network in training; else none, n = 0. Before
 * backward each of them is replaced by its gradient. */
mer__unimodal_logits mer__network_unimodal(const mer__network *network, mer__network_state *state,
                                           int m);

/** Adds the gradients of `dlogits` [n, K], and those that stand in mer__network_unimodal; once
 * after each forward. MER_STATUS_NO_MEMORY. */
mer_status mer__network_backward(const mer__network *network, const mer__network_state *state,
                                 const float *dlogits, mer__arena *arena, mer_error *err);

/** Vectors [n, width] of modality `m`, or if it is frozen what it gives once [n, frozen width], for
 * `inputs` [n] of that modality alone, all present. MER_STATUS_NO_MEMORY. */
mer_status mer__network_encode(float *vectors, const mer__network *network, int m,
                               const mer__input *inputs, int64_t n, mer__arena *arena,
                               mer_error *err);

#endif
