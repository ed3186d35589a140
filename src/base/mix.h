/* mix.h: bits of a number spread over all of it (Steele et al., "Fast splittable pseudorandom
 * number generators", 2014), for keys of hash tables. */
#ifndef MER_BASE_MIX_H
#define MER_BASE_MIX_H

#include <stdint.h>

/** The upper half is mixed well. */
static inline uint64_t mer__mix(uint64_t x) {
  x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
  return (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
}

#endif
