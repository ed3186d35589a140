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

enum { BLOCK_BYTES = 12 << 10, BLOCKS_OF_QUESTION = 100 };

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

/* Adds all that can be read of a file. */
static mer_status add_file(mer__hash *hash, int fd, const char *path, const mer_monitor *monitor,
                           mer_error *err) {
  char block[BLOCK_BYTES];
  for (int64_t i = 0;; i++) {
    if (i % BLOCKS_OF_QUESTION == 0 && mer__should_stop(monitor))
      return mer__fail(err, MER_STATUS_INTERRUPTED, "%s: interrupted while it was read", path);
    ssize_t n = read(fd, block, sizeof block);
    if (n == 0) return MER_OK;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return mer__fail(err, MER_STATUS_IO, "%s: cannot read: %s", path, strerror(errno));
    mer__hash_add(hash, block, (size_t)n);
  }
}

mer_status mer__hash_file(char hex[MER__HASH_BYTES], const char *path, const mer_monitor *monitor,
                          mer_error *err) {
  int fd;
  size_t size;
  mer__hash hash;
  mer_status status = mer__file_open(&fd, &size, path, err);
  if (status != MER_OK) return status;
  mer__hash_begin(&hash);
  status = add_file(&hash, fd, path, monitor, err);
  close(fd);
  mer__hash_end(hex, &hash);
  return status;
}

mer_status mer__hash_add_file(mer__hash *hash, const char *path, const mer_monitor *monitor,
                              mer_error *err) {
  char of_file[MER__HASH_BYTES] = "";
  mer_status status = mer__hash_file(of_file, path, monitor, err);
  if (status == MER_STATUS_NOT_FOUND) status = MER_OK;
  if (status == MER_OK) mer__hash_add(hash, of_file, sizeof of_file);
  return status;
}

uint64_t mer__checksum(uint64_t before, const void *data, size_t size) {
  return XXH3_64bits_withSeed(data, size, before);
}
