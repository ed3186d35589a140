/* turn_cache.h: the vectors of the turns that were read last, so that a turn of a dialogue is
 * encoded once, and not with each of the utterances after it. Threads may share one. */
#ifndef MER_MODEL_TURN_CACHE_H
#define MER_MODEL_TURN_CACHE_H

#include "base/digest.h"

typedef struct mer__turn_cache mer__turn_cache;

/** Of vectors of `width` numbers, as many as 64 MiB hold. MER_STATUS_NO_MEMORY, MER_STATUS_IO. */
mer_status mer__turn_cache_create(mer__turn_cache **out, int64_t width, mer_error *err);
void mer__turn_cache_free(mer__turn_cache *cache);

/** Copies the vector that is kept under a key; false if none is. */
bool mer__turn_cache_get(float *vector, mer__turn_cache *cache,
                         const char key[static MER__SHA256_BYTES]);
/** Keeps a vector, in the place of one that was used less recently. */
void mer__turn_cache_put(mer__turn_cache *cache, const char key[static MER__SHA256_BYTES],
                         const float *vector);
/** From now on nothing is kept that was put before. */
void mer__turn_cache_forget(mer__turn_cache *cache);

#endif
