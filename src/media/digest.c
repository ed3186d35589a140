/* digest.c: SHA-256 (FIPS 180-4) of files and memory. Ours, as a digest is no reason to load a
 * library of codecs. */
#include <string.h>

#include "base/file.h"
#include "mer/media.h"

enum { BLOCK_BYTES = 64, LENGTH_BYTES = 8, N_ROUNDS = 64, N_WORDS = 8 };

/* The fractional parts of the cube roots of the first 64 primes. */
static const uint32_t round_constants[N_ROUNDS] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/* Those of the square roots of the first 8. */
static const uint32_t initial_state[N_WORDS] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                                0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

static inline uint32_t rotate(uint32_t x, int n) { return x >> n | x << (32 - n); }

/* The message schedule of a block: its 16 words, and 48 that follow from them. */
static void expand(uint32_t w[N_ROUNDS], const uint8_t *block) {
  for (int t = 0; t < 16; t++)
    w[t] = (uint32_t)block[4 * t] << 24 | (uint32_t)block[4 * t + 1] << 16 |
           (uint32_t)block[4 * t + 2] << 8 | block[4 * t + 3];
  for (int t = 16; t < N_ROUNDS; t++) {
    uint32_t x = w[t - 15], y = w[t - 2];
    w[t] = w[t - 16] + (rotate(x, 7) ^ rotate(x, 18) ^ x >> 3) + w[t - 7] +
           (rotate(y, 17) ^ rotate(y, 19) ^ y >> 10);
  }
}

static void add_block(uint32_t state[N_WORDS], const uint8_t *block) {
  uint32_t w[N_ROUNDS], a = state[0], b = state[1], c = state[2], d = state[3], e = state[4],
                        f = state[5], g = state[6], h = state[7];
  expand(w, block);
  for (int t = 0; t < N_ROUNDS; t++) {
    uint32_t choice = (e & f) ^ (~e & g), majority = (a & b) ^ (a & c) ^ (b & c);
    uint32_t x =
        h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + choice + round_constants[t] + w[t];
    uint32_t y = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + majority;
    h = g, g = f, f = e, e = d + x;
    d = c, c = b, b = a, a = x + y;
  }
  state[0] += a, state[1] += b, state[2] += c, state[3] += d;
  state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

/* The end of the message, less than a block, with a one bit, zeros and the length in bits behind
 * it. */
static void add_end(uint32_t state[N_WORDS], const uint8_t *end, size_t n, uint64_t n_message) {
  uint8_t blocks[2 * BLOCK_BYTES] = {0};
  size_t size = n + 1 + LENGTH_BYTES <= BLOCK_BYTES ? BLOCK_BYTES : 2 * BLOCK_BYTES;
  if (n) memcpy(blocks, end, n);
  blocks[n] = 0x80;
  for (int i = 0; i < LENGTH_BYTES; i++)
    blocks[size - 1 - (size_t)i] = (uint8_t)(8 * n_message >> 8 * i);
  for (size_t at = 0; at < size; at += BLOCK_BYTES) add_block(state, blocks + at);
}

void mer_memory_digest(char hex[65], const void *data, size_t size) {
  uint32_t state[N_WORDS];
  const uint8_t *bytes = data;
  size_t whole = size / BLOCK_BYTES * BLOCK_BYTES;
  memcpy(state, initial_state, sizeof state);
  for (size_t at = 0; at < whole; at += BLOCK_BYTES) add_block(state, bytes + at);
  add_end(state, size > whole ? bytes + whole : NULL, size - whole, size);
  for (int i = 0; i < 64; i++) hex[i] = "0123456789abcdef"[state[i / 8] >> (28 - i % 8 * 4) & 15];
  hex[64] = 0;
}

mer_status mer_file_digest(char hex[65], const char *path, mer_error *err) {
  mer__mapped_file file;
  mer_status status = mer__file_map(&file, path, err);
  if (status != MER_OK) return status;
  mer_memory_digest(hex, file.data, file.size);
  mer__file_unmap(&file);
  return MER_OK;
}
