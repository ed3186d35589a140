/* digest.c: SHA-256 by libmd, XXH3 by xxHash. */
#include "base/digest.h"

#include <errno.h>
#include <sha2.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define XXH_INLINE_ALL /* no library to be loaded at each start */
#include <xxhash.h>

#include "base/error.h"
#include "base/file.h"

enum { BLOCK_BYTES = 12 << 10 };

_Static_assert(sizeof(XXH3_state_t) <= sizeof(mer__hash), "room for the state");
_Static_assert(alignof(XXH3_state_t) <= alignof(mer__hash), "alignment of the state");

void mer__sha256(char hex[MER__SHA256_BYTES], const void *data, size_t size) {
  SHA256Data(size ? data : "", size, hex);
}

static XXH3_state_t *state_of(mer__hash *hash) { return (void *)hash->state; }

void mer__hash_begin(mer__hash *hash) {
  memset(hash, 0, sizeof *hash);
  XXH3_128bits_reset(state_of(hash));
}

void mer__hash_add(mer__hash *hash, const void *data, size_t size) {
  if (size) XXH3_128bits_update(state_of(hash), data, size);
}

void mer__hash_end(char hex[MER__HASH_BYTES], mer__hash *hash) {
  XXH128_canonical_t bytes;
  XXH128_canonicalFromHash(&bytes, XXH3_128bits_digest(state_of(hash)));
  for (int i = 0; i < MER__HASH_BYTES - 1; i++)
    hex[i] = "0123456789abcdef"[bytes.digest[i / 2] >> (i % 2 ? 0 : 4) & 15];
  hex[MER__HASH_BYTES - 1] = 0;
}

mer_status mer__hash_file(char hex[MER__HASH_BYTES], const char *path, mer_error *err) {
  int fd;
  size_t size;
  ssize_t n;
  char block[BLOCK_BYTES];
  mer__hash hash;
  mer_status status = mer__file_open(&fd, &size, path, err);
  if (status != MER_OK) return status;
  mer__hash_begin(&hash);
  while ((n = read(fd, block, sizeof block)) > 0 || (n < 0 && errno == EINTR))
    if (n > 0) mer__hash_add(&hash, block, (size_t)n);
  if (n < 0) status = mer__fail(err, MER_STATUS_IO, "%s: cannot read: %s", path, strerror(errno));
  close(fd);
  mer__hash_end(hex, &hash);
  return status;
}

uint64_t mer__checksum(uint64_t before, const void *data, size_t size) {
  return XXH3_64bits_withSeed(data, size, before);
}
