/* digest.c: SHA-256 (FIPS 180-4) of files and memory, by libavutil. */
#include <assert.h>
#include <libavutil/sha.h>

#include "base/file.h"
#include "mer/media.h"

enum { DIGEST_BYTES = 32 };

static void to_hex(char hex[65], const uint8_t digest[DIGEST_BYTES]) {
  for (int i = 0; i < DIGEST_BYTES; i++) {
    hex[2 * i] = "0123456789abcdef"[digest[i] >> 4];
    hex[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
  }
  hex[64] = 0;
}

void mer_memory_digest(char hex[65], const void *data, size_t size) {
  /* The context's size is known at run time only (120 bytes in FFmpeg 5.1). */
  uint64_t context[64];
  uint8_t digest[DIGEST_BYTES];
  assert((size_t)av_sha_size <= sizeof context);
  struct AVSHA *sha = (struct AVSHA *)context;
  av_sha_init(sha, 8 * DIGEST_BYTES);
  av_sha_update(sha, data, size);
  av_sha_final(sha, digest);
  to_hex(hex, digest);
}

mer_status mer_file_digest(char hex[65], const char *path, mer_error *err) {
  mer__mapped_file file;
  mer_status status = mer__file_map(&file, path, err);
  if (status != MER_OK) return status;
  mer_memory_digest(hex, file.data, file.size);
  mer__file_unmap(&file);
  return MER_OK;
}
