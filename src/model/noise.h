/* noise.h: where a training step draws its dropout. */
#ifndef MER_MODEL_NOISE_H
#define MER_MODEL_NOISE_H

#include <stdbool.h>
#include <stdint.h>

#include "nn/dropout.h"

/** `training` false: no dropout, and nothing is kept for backward. */
typedef struct mer__noise {
  bool training;
  uint64_t seed, step;
} mer__noise;

/** Places that draw: the encoder's count up from 0, those of MLP number i from MER__SITE_MLP + i *
 * MER__SITES_PER_MLP. */
enum { MER__SITE_MLP = 1 << 15, MER__SITES_PER_MLP = 16, MER__SITES = 1 << 16 };

/** The dropout of one site in this step: a stream of its own. */
static inline mer__dropout mer__noise_dropout(const mer__noise *noise, double rate, int64_t site) {
  uint64_t stream = noise->step * MER__SITES + (uint64_t)site;
  return (mer__dropout){noise->training ? (float)rate : 0.0f, noise->seed, stream};
}

#endif
