/* parts.h: what the fusions share: of each modality's vectors a Linear layer and ReLU make parts,
 * all of one width. */
#ifndef MER_FUSION_PARTS_H
#define MER_FUSION_PARTS_H

#include "fusion/fusion.h"

typedef struct mer__parts {
  mer__mlp_state projections[MER_MAX_MODALITIES];
  const float
      *values[MER_MAX_MODALITIES]; /* [n_present, width]; without a projection the vectors */
} mer__parts;

/** Width of the part of modality m. */
int64_t mer__part_width(const mer__fusion *fusion, int m);

/** Declares projection.NAME of each modality, if the fusion projects. MER_STATUS_NO_MEMORY. */
mer_status mer__parts_declare(mer__fusion *fusion, mer__params *params, const char *const *names,
                              mer_error *err);
void mer__parts_init(const mer__fusion *fusion, mer__params *params, mer__rng *rng);

/** The parts of all branches. MER_STATUS_NO_MEMORY. */
mer_status mer__parts_forward(mer__parts *parts, const mer__fusion *fusion,
                              const mer__branch *branches, const mer__pass *pass, mer_error *err);
/** From `dpart` [n_present, width] of modality m, which is projected and which somebody has, to
 * gradients of the projection and, unless it is NULL, to `dvectors`. `dpart` is overwritten.
 * MER_STATUS_NO_MEMORY. */
mer_status mer__part_backward(float *dvectors, const mer__parts *parts, const mer__fusion *fusion,
                              int m, float *dpart, const mer__pass *pass, mer_error *err);

#endif
