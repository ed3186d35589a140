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
 * MER__SITE_MLP + i * MER__SITES_PER_MLP. The last ones say which modalities of a row have noise,
 * or are left out. */
enum {
  MER__SITES_PER_ENCODER = 5000,
  MER__SITE_TURNS = 6 * MER__SITES_PER_ENCODER,
  MER__SITES_PER_TURNS = 2,
  MER__SITE_MLP = 1 << 15,
  MER__SITES_PER_MLP = 16,
  MER__SITES = 1 << 16,
  MER__SITE_NOISY = MER__SITES - 2,
  MER__SITE_DROPPED = MER__SITES - 1,
  MER__ROW_WORDS = 8, /* modalities for which a row draws */
};

/** The dropout of one site in this step: a stream of its own. */
static inline mer__dropout mer__noise_dropout(const mer__noise *noise, double rate, int64_t site) {
  uint64_t stream = noise->step * MER__SITES + (uint64_t)(noise->first_site + site);
  return (mer__dropout){noise->training ? (float)rate : 0.0f, noise->seed, stream};
}

/** The 32-bit words that row number `number` of a batch draws at one site in this step, one for
 * each modality. */
static inline void mer__noise_row_words(uint32_t words[MER__ROW_WORDS], const mer__noise *noise,
                                        int64_t site, int64_t number) {
  const uint64_t stream = noise->step * MER__SITES + (uint64_t)site;
  mer__philox(words, noise->seed, stream, 2 * (uint64_t)number);
  mer__philox(words + MER__ROW_WORDS / 2, noise->seed, stream, 2 * (uint64_t)number + 1);
}

/** What input number `number` of a batch draws at one site in this step. */
static inline mer__rng mer__noise_rng(const mer__noise *noise, int64_t site, int64_t number) {
  const mer__dropout own = mer__noise_dropout(noise, 0, site);
  return (mer__rng){.seed = own.seed + (uint64_t)number * 0x9e3779b97f4a7c15u,
                    .stream = own.stream};
}

#endif
