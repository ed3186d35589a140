/* rng.h: counter-based random numbers: Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel
 * random numbers: as easy as 1, 2, 3" (SC 2011). The numbers depend on (seed, stream, index) alone,
 * so that threads, a backward pass and a resumed run see the same ones. */
#ifndef MER_BASE_RNG_H
#define MER_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

/** Philox's constants: of its two multiplications, and what each round adds to its two keys. */
#define MER__PHILOX_MULTIPLIER_0 0xD2511F53u
#define MER__PHILOX_MULTIPLIER_1 0xCD9E8D57u
#define MER__PHILOX_STEP_0 0x9E3779B9u
#define MER__PHILOX_STEP_1 0xBB67AE85u
enum { MER__PHILOX_ROUNDS = 10 };

/** The four 32-bit words of block `index` of a stream. */
void mer__philox(uint32_t out[4], uint64_t seed, uint64_t stream, uint64_t index);

/** A sequential reader of one stream. Initialize with {.seed, .stream}. */
typedef struct mer__rng {
  uint64_t seed, stream, index;
  uint32_t words[4];
  unsigned n_left;
} mer__rng;

uint32_t mer__rng_u32(mer__rng *rng);
/** Uniform in [0, bound), without bias; `bound` > 0. */
uint32_t mer__rng_below(mer__rng *rng, uint32_t bound);
/** Uniform in [0, 1), 24 bits. */
float mer__rng_uniform(mer__rng *rng);
/** Of the normal distribution with mean 0 and deviation 1 (Box and Muller, 1958). */
float mer__rng_normal(mer__rng *rng);
/** A random permutation of 0 .. n-1 (Fisher-Yates). */
void mer__rng_permutation(mer__rng *rng, int32_t *order, size_t n);

#endif
