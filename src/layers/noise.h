/* noise.h: where a training step draws its dropout. */
#ifndef MER_LAYERS_NOISE_H
#define MER_LAYERS_NOISE_H

#include <stdbool.h>
#include <stdint.h>

#include "nn/dropout.h"

/** `training` false: no dropout, and nothing is kept for backward. */
typedef struct mer__noise {
  bool training;
  uint64_t seed, step;
  int64_t first_site; /* of the encoder that is at work; 0 outside of encoders */
} mer__noise;

/** Places that draw: each encoder has MER__SITES_PER_ENCODER, and those of MLP number i count from
 * MER__SITE_MLP + i * MER__SITES_PER_MLP. */
enum {
  MER__SITES_PER_ENCODER = 5000,
  MER__SITE_MLP = 1 << 15,
  MER__SITES_PER_MLP = 16,
  MER__SITES = 1 << 16,
};

/** The dropout of one site in this step: a stream of its own. */
static inline mer__dropout mer__noise_dropout(const mer__noise *noise, double rate, int64_t site) {
  uint64_t stream = noise->step * MER__SITES + (uint64_t)(noise->first_site + site);
  return (mer__dropout){noise->training ? (float)rate : 0.0f, noise->seed, stream};
}

#endif
