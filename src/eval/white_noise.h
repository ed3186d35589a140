/* white_noise.h: white Gaussian noise that is added to what the rows have of a modality, or stands
 * in its place. Row i draws from stream i of the seed, whatever the threads are. */
#ifndef MER_EVAL_WHITE_NOISE_H
#define MER_EVAL_WHITE_NOISE_H

#include <math.h>

#include "mer/eval.h"

typedef struct mer__white_noise {
  const char *modality;
  bool alone;   /* nothing else is left: the mean in the place of the values */
  double level; /* the noise's deviation beside that of the values */
  uint64_t seed;
  bool in_clips; /* it has been added to the clips already */
} mer__white_noise;

/** That of a disturbance which is MER_DISTURB_NOISE or MER_DISTURB_REPLACED. */
static inline mer__white_noise mer__white_noise_of(const mer_disturbance *d, uint64_t seed) {
  const bool alone = d->kind == MER_DISTURB_REPLACED;
  const double level = alone ? 1 : pow(10, -d->amount / 20);
  return (mer__white_noise){.modality = d->modality, .alone = alone, .level = level, .seed = seed};
}

#endif
