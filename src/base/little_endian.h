/* little_endian.h: whole numbers of files that store their lowest byte first. */
#ifndef MER_BASE_LITTLE_ENDIAN_H
#define MER_BASE_LITTLE_ENDIAN_H

#include <stdint.h>

/** The number of `n_bytes`, at most 8. */
static inline uint64_t mer__little_endian(const uint8_t *bytes, int n_bytes) {
  uint64_t value = 0;
  for (int i = n_bytes - 1; i >= 0; i--) value = value << 8 | bytes[i];
  return value;
}

/** Writes the lowest four bytes of a number. */
static inline void mer__put_u32(uint8_t *out, uint64_t value) {
  for (int i = 0; i < 4; i++) out[i] = (uint8_t)(value >> (8 * i));
}

#endif
