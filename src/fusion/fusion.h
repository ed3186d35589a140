/* fusion.h: how the vectors of several modalities become one joint vector for the head. A fusion
 * sees vectors and who has one: an utterance may lack any of them. */
#ifndef MER_FUSION_FUSION_H
#define MER_FUSION_FUSION_H

#include "layers/attention_pool.h"
#include "layers/mlp.h"
#include "mer/encoder.h"

/** The vectors of one modality in a batch of n utterances. */
typedef struct mer__branch {
  int64_t n_present;
  int32_t *rows;  /* [n_present]: the utterances that have it, in their order */
  float *vectors; /* [n_present, width] */
} mer__branch;

typedef struct mer__fusion mer__fusion;

/** The functions of a kind of fusion. */
typedef struct mer__fusion_type {
  const char *name;  /* in config.json */
  bool projects;     /* needs a projection */
  bool gives_scores; /* the joint vector is the logits: there is no head after it */
  /** Declares parameters; sets `width`. `names` [n_modalities]. MER_STATUS_NO_MEMORY. */
  mer_status (*declare)(mer__fusion *fusion, mer__params *params, const char *const *names,
                        mer_error *err);
  void (*init)(const mer__fusion *fusion, mer__params *params, mer__rng *rng);
  /** `joint` [n, width] of the branches [n_modalities]. `*state` is for backward, in the arena. */
  mer_status (*forward)(float *joint, void **state, const mer__fusion *fusion,
                        const mer__branch *branches, int64_t n, const mer__pass *pass,
                        mer_error *err);
  /** From djoint [n, width] to the gradients of its parameters and, where dvectors[m] is not NULL,
   * to those of the vectors of branch m, [n_present, width]. */
  mer_status (*backward)(float *const *dvectors, const void *state, const mer__fusion *fusion,
                         const mer__branch *branches, const float *djoint, const mer__pass *pass,
                         mer_error *err);
} mer__fusion_type;

struct mer__fusion {
  const mer__fusion_type *type;       /* set */
  int n_modalities;                   /* set */
  int64_t widths[MER_MAX_MODALITIES]; /* set: of the vectors */
  int64_t projection_width; /* set: each vector's Linear and ReLU before it is joined; 0: none */
  int64_t n_scores;         /* set: logits of the network */
  double dropout;           /* set: of the head */
  int64_t width;            /* of the joint vector */
  mer__mlp projections[MER_MAX_MODALITIES];
  mer__mlp scores[MER_MAX_MODALITIES]; /* what some kinds make of each projected vector */
  mer__attention_pool pool;            /* over them */
};

/** The fusion of that name, or NULL. */
const mer__fusion_type *mer__fusion_type_find(const char *name);
/** The names of all, "a, b, ..". */
void mer__fusion_types(char *names, size_t size);

#endif
