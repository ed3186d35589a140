/* modality.h: the one interface between raw input and fusion: input -> encoder -> vector, with its
 * own parameters, forward and backward. Fusion sees vectors and a presence mask.
 * docs/adding-a-modality.md shows how to add one. */
#ifndef MER_MODEL_MODALITY_H
#define MER_MODEL_MODALITY_H

#include <jansson.h>

#include "base/alloc.h"
#include "mer/speech.h"
#include "model/bert.h"
#include "model/noise.h"
#include "model/params.h"

/** One utterance's input to one modality, ready for its encoder. */
typedef struct mer__input {
  bool present;
  const int32_t *ids, *type_ids; /* tokens, [n_tokens] */
  int32_t n_tokens;
  const float *vector; /* [width]: features, or what a frozen encoder gave before */
} mer__input;

typedef struct mer__modality mer__modality;

/** A kind of encoder. */
typedef struct mer__modality_type {
  const char *name; /* in config.json */
  bool has_encoder; /* its parameters can be trained */
  /** Declares parameters; sets `width`. */
  mer_status (*declare)(mer__modality *modality, mer__params *params, mer_error *err);
  /** Vectors [n, width] of inputs [n] that are all present. `*state` is for backward, in the arena.
   */
  mer_status (*forward)(float *vectors, void **state, const mer__modality *modality,
                        const mer__params *params, const mer__input *const *inputs, int64_t n,
                        mer__arena *arena, const mer__noise *noise, mer_error *err);
  /** Adds the parameters' gradients for `dvectors` [n, width]; NULL without an encoder. */
  mer_status (*backward)(const mer__modality *modality, mer__params *params, const void *state,
                         const float *dvectors, mer__arena *arena, mer_error *err);
  /** Adds its settings to its object in config.json; 0 or -1. */
  int (*describe)(const mer__modality *modality, json_t *object);
  /** Reads them; `root` is the whole config.json. */
  mer_status (*parse)(mer__modality *modality, const json_t *object, const json_t *root,
                      const char *path, mer_error *err);
  void (*clear)(mer__modality *modality);
} mer__modality_type;

struct mer__modality {
  const mer__modality_type *type;
  char name[32]; /* "text", "audio", or that of a precomputed one */
  int64_t width; /* of its vectors */
  size_t first_param, last_param;
  /* Of the type "bert". */
  mer__bert bert;
  int64_t max_length; /* tokens */
  bool frozen;        /* no gradients, no dropout; an input may bring its vector */
  /* Of the type "vector". */
  bool standardized;
  int64_t mean, deviation; /* offsets, [width], if standardized */
  bool from_sound;         /* computed with `features`, not precomputed */
  mer_feature_options features;
};

extern const mer__modality_type mer__modality_bert, mer__modality_vector;

/** The type of that name, or NULL. */
const mer__modality_type *mer__modality_type_find(const char *name);

#endif
