/* noise.h: where a training step draws its dropout. */
#ifndef MER_LAYERS_NOISE_H
#define MER_LAYERS_NOISE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/rng.h"
#include "nn/dropout.h"

/** `training` false: no dropout, and nothing is kept for backward. */
typedef struct mer__noise {
  bool training;
  uint64_t seed, step;
  int64_t first_site; /* of the encoder that is at work; 0 outside of encoders */
} mer__noise;

/** Places that draw: each encoder has MER__SITES_PER_ENCODER; those of the layer over the turns of
 * modality m count from MER__SITE_TURNS + m * MER__SITES_PER_TURNS, and those of MLP number i from
 * MER__SITE_MLP + i * MER__SITES_PER_MLP. */
enum {
  MER__SITES_PER_ENCODER = 5000,
  MER__SITE_TURNS = 6 * MER__SITES_PER_ENCODER,
  MER__SITES_PER_TURNS = 2,
  MER__SITE_MLP = 1 << 15,
  MER__SITES_PER_MLP = 16,
  MER__SITES = 1 << 16,
};

/** The dropout of one site in this step: a stream of its own. */
static inline mer__dropout mer__noise_dropout(const mer__noise *noise, double rate, int64_t site) {
  uint64_t stream = noise->step * MER__SITES + (uint64_t)(noise->first_site + site);
  return (mer__dropout){noise->training ? (float)rate : 0.0f, noise->seed, stream};
}

/** What input number `number` of a batch draws at one site in this step. */
static inline mer__rng mer__noise_rng(const mer__noise *noise, int64_t site, int64_t number) {
  const mer__dropout own = mer__noise_dropout(noise, 0, site);
  return (mer__rng){.seed = own.seed + (uint64_t)number * 0x9e3779b97f4a7c15u,
                    .stream = own.stream};
}

#endif
