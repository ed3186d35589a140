/* rng.c: Philox4x32-10 and what is drawn from it. */
#include "base/rng.h"

#include <math.h>

void mer__philox(uint32_t out[4], uint64_t seed, uint64_t stream, uint64_t index) {
  uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
  uint32_t c0 = (uint32_t)index, c1 = (uint32_t)(index >> 32);
  uint32_t c2 = (uint32_t)stream, c3 = (uint32_t)(stream >> 32);
  for (int round = 0; round < MER__PHILOX_ROUNDS; round++) {
    uint64_t p0 = (uint64_t)MER__PHILOX_MULTIPLIER_0 * c0,
             p1 = (uint64_t)MER__PHILOX_MULTIPLIER_1 * c2;
    uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
    c1 = (uint32_t)p1;
    c3 = (uint32_t)p0;
    c0 = n0;
    c2 = n2;
    k0 += MER__PHILOX_STEP_0;
    k1 += MER__PHILOX_STEP_1;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

uint32_t mer__rng_u32(mer__rng *rng) {
  if (rng->n_left == 0) {
    mer__philox(rng->words, rng->seed, rng->stream, rng->index++);
    rng->n_left = 4;
  }
  return rng->words[4 - rng->n_left--];
}

uint32_t mer__rng_below(mer__rng *rng, uint32_t bound) {
  uint32_t reject =
      (0u - bound) % bound; /* 2^32 mod bound: values below it would favour some results */
  uint32_t x;
  do x = mer__rng_u32(rng);
  while (x < reject);
  return x % bound;
}

float mer__rng_uniform(mer__rng *rng) { return (float)(mer__rng_u32(rng) >> 8) * 0x1p-24f; }

float mer__rng_normal(mer__rng *rng) {
  const double u = 1 - (double)mer__rng_uniform(rng), v = (double)mer__rng_uniform(rng);
  return (float)(sqrt(-2 * log(u)) * cos(2 * 3.14159265358979323846 * v));
}

void mer__rng_permutation(mer__rng *rng, int32_t *order, size_t n) {
  for (size_t i = 0; i < n; i++) {
    size_t j = mer__rng_below(rng, (uint32_t)i + 1);
    order[i] = order[j];
    order[j] = (int32_t)i;
  }
}
