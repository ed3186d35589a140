/* white_noise.c: what each row draws. */
#include "data/white_noise.h"

#include <math.h>

static const double share_alone = 0.25, most_db = 30;

double mer__noise_level(double snr_db) { return pow(10, -snr_db / 20); }

mer__white_noise mer__white_noise_of_modality(const mer__white_noise *noise, int m) {
  mer__white_noise own = *noise;
  own.seed += (uint64_t)m * 0x9e3779b97f4a7c15u;
  return own;
}

mer__row_noise mer__white_noise_of_row(const mer__white_noise *noise, int64_t row) {
  mer__row_noise own = {noise->alone, noise->level, {.seed = noise->seed, .stream = (uint64_t)row}};
  if (!noise->drawn) return own;
  own.alone = (double)mer__rng_uniform(&own.rng) < share_alone;
  const double snr_db = most_db * (double)mer__rng_uniform(&own.rng);
  own.level = own.alone ? 1 : mer__noise_level(snr_db);
  return own;
}

double mer__row_noise_add(mer__row_noise *noise, double x, double mean, double deviation) {
  return (noise->alone ? mean : x) +
         noise->level * deviation * (double)mer__rng_normal(&noise->rng);
}
