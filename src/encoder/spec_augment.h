/* spec_augment.h: masks of training (Park et al., "SpecAugment", 2019): spans of time and of
 * features, chosen at random as transformers' _compute_mask_indices does of one input: an axis of n
 * has probability * n / length spans, rounded up or down at random by all windows of a batch alike,
 * at least `min_spans`; their starts differ, but spans may overlap. An axis that is shorter than a
 * span, which transformers refuses, has none. */
#ifndef MER_ENCODER_SPEC_AUGMENT_H
#define MER_ENCODER_SPEC_AUGMENT_H

#include "base/alloc.h"
#include "base/rng.h"
#include "encoder/media_config.h"
#include "layers/noise.h"

typedef struct mer__mask_axis {
  double probability; /* of an element to be in a span, were there no overlaps; 0: no masks */
  int64_t length, min_spans;
} mer__mask_axis;

typedef struct mer__spec_augment {
  mer__mask_axis time, features;
} mer__spec_augment;

/** Reads mask_time_prob and so on, with transformers' defaults. `usual`: masks are on where
 * apply_spec_augment does not stand. `*has_embedding` (may be NULL): whether a checkpoint has an
 * embedding of what is masked. MER_STATUS_FORMAT. */
mer_status mer__spec_augment_read(mer__spec_augment *augment, bool *has_embedding, bool usual,
                                  const mer__media_config *config, const char *path,
                                  mer_error *err);

/** masked [n]: which elements are in a span. `rounding` in [0, 1); starts: [n], scratch. */
void mer__mask_spans(bool *masked, int32_t *starts, int64_t n, const mer__mask_axis *axis,
                     double rounding, mer__rng *rng);

/** What is masked of a window; NULL: nothing of that axis. */
typedef struct mer__spec_masks {
  bool *time, *features; /* [n_time], [n_features] */
} mer__spec_masks;

/** Draws the masks of window `number` of a batch in this step, in the arena; without training there
 * are none. `site`: the first of four sites of the encoder. MER_STATUS_NO_MEMORY. */
mer_status mer__spec_masks_draw(mer__spec_masks *masks, const mer__spec_augment *augment,
                                int64_t n_time, int64_t n_features, const mer__noise *noise,
                                int64_t site, int64_t number, mer__arena *arena, mer_error *err);

#endif
