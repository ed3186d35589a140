/* digest.h: short names of bytes, as hexadecimal digits and a 0. */
#ifndef MER_BASE_DIGEST_H
#define MER_BASE_DIGEST_H

#include <stdalign.h>

#include "mer/base.h"

enum { MER__SHA256_BYTES = 65, MER__HASH_BYTES = 33 };

/** SHA-256, for provenance: nobody can make other bytes that have the same. */
void mer__sha256(char hex[MER__SHA256_BYTES], const void *data, size_t size);

/** XXH3, 128 bits, of bytes that come piece by piece: for keys of the cache, and to compare two
 * things. As fast as memory, but bytes with a given hash can be forged. */
typedef struct mer__hash {
  alignas(64) unsigned char state[576];
} mer__hash;

void mer__hash_begin(mer__hash *hash);
void mer__hash_add(mer__hash *hash, const void *data, size_t size);
void mer__hash_end(char hex[MER__HASH_BYTES], mer__hash *hash);

/** The hash of a file. `monitor` (may be NULL) is asked at intervals whether to stop.
 * MER_STATUS_NOT_FOUND, MER_STATUS_IO, MER_STATUS_INTERRUPTED. */
mer_status mer__hash_file(char hex[MER__HASH_BYTES], const char *path, const mer_monitor *monitor,
                          mer_error *err);

/** Adds the hash of a file to another one; of a file that is not there, that of none. Else as
 * mer__hash_file. */
mer_status mer__hash_add_file(mer__hash *hash, const char *path, const mer_monitor *monitor,
                              mer_error *err);

/** XXH3, 64 bits: a checksum of bytes that come piece by piece. `before` is the checksum of the
 * pieces before this one, 0 for the first. */
uint64_t mer__checksum(uint64_t before, const void *data, size_t size);

#endif
