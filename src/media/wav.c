/* wav.c: looks for the "data" chunk of a RIFF file. */
#include "media/wav.h"

#include <string.h>

#include "base/little_endian.h"

enum { RIFF_BYTES = 12, CHUNK_BYTES = 8, MAX_CHUNKS = 64 };
static const uint32_t LEAST_PLACEHOLDER = 0x7ffff000;

bool mer__wav_is(mer__input *input) {
  uint8_t riff[RIFF_BYTES];
  return mer__input_read(input, riff, 0, sizeof riff) == RIFF_BYTES && memcmp(riff, "RIFF", 4) == 0;
}

bool mer__wav_is_endless(mer__input *input) {
  uint8_t chunk[CHUNK_BYTES];
  int64_t at = RIFF_BYTES;
  if (!mer__wav_is(input)) return false;
  for (int i = 0; i < MAX_CHUNKS; i++) {
    if (mer__input_read(input, chunk, at, sizeof chunk) != CHUNK_BYTES) return false;
    const uint32_t size = (uint32_t)mer__little_endian(chunk + 4, 4);
    at += CHUNK_BYTES;
    if (memcmp(chunk, "data", 4) == 0)
      return size == 0 || (size >= LEAST_PLACEHOLDER && at + size > input->size);
    at += (int64_t)size + size % 2;
  }
  return false;
}
