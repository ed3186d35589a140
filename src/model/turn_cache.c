/* turn_cache.c: a table of sets, of which a key belongs to one; a new vector takes the place of the
 * one of its set that was used least recently. */
#include "model/turn_cache.h"

#include <pthread.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

enum { WAYS = 8, MOST_BYTES = 64 << 20 };

typedef struct slot {
  char key[MER__SHA256_BYTES];
  uint64_t used; /* when; up to `forgotten`: nothing is kept here */
} slot;

struct mer__turn_cache {
  pthread_mutex_t lock;
  slot *slots;    /* [n_sets, WAYS] */
  float *vectors; /* [n_sets, WAYS, width] */
  int64_t width;
  uint64_t n_sets, n_uses, forgotten;
};

mer_status mer__turn_cache_create(mer__turn_cache **out, int64_t width, mer_error *err) {
  mer__turn_cache *cache = *out = mer__calloc(1, sizeof *cache);
  if (!cache) return mer__fail_memory(err);
  if (pthread_mutex_init(&cache->lock, NULL) != 0) {
    mer__free(cache);
    *out = NULL;
    return mer__fail(err, MER_STATUS_IO, "the system gives no lock");
  }
  cache->width = width;
  cache->n_sets = 1 + MOST_BYTES / (WAYS * (sizeof(slot) + (size_t)width * sizeof(float)));
  cache->slots = mer__calloc(cache->n_sets * WAYS, sizeof *cache->slots);
  cache->vectors = mer__calloc(cache->n_sets * WAYS * (size_t)width, sizeof *cache->vectors);
  if (cache->slots && cache->vectors) return MER_OK;
  mer__turn_cache_free(cache);
  *out = NULL;
  return mer__fail_memory(err);
}

void mer__turn_cache_free(mer__turn_cache *cache) {
  if (!cache) return;
  pthread_mutex_destroy(&cache->lock);
  mer__free(cache->slots);
  mer__free(cache->vectors);
  mer__free(cache);
}

static bool holds(const mer__turn_cache *cache, uint64_t place, const char *key) {
  const slot *s = &cache->slots[place];
  return s->used > cache->forgotten && memcmp(s->key, key, MER__SHA256_BYTES) == 0;
}

/* Where a key is kept, or else where it may be. */
static uint64_t place_of(const mer__turn_cache *cache, const char *key) {
  uint64_t number = 0;
  for (int i = 0; i < 15; i++)
    number = number * 16 + (uint64_t)(key[i] <= '9' ? key[i] - '0' : key[i] - 'a' + 10);
  const uint64_t first = number % cache->n_sets * WAYS;
  uint64_t oldest = first;
  for (uint64_t i = first; i < first + WAYS; i++) {
    if (holds(cache, i, key)) return i;
    if (cache->slots[i].used < cache->slots[oldest].used) oldest = i;
  }
  return oldest;
}

static float *vector_at(const mer__turn_cache *cache, uint64_t place) {
  return cache->vectors + place * (uint64_t)cache->width;
}

bool mer__turn_cache_get(float *vector, mer__turn_cache *cache,
                         const char key[static MER__SHA256_BYTES]) {
  pthread_mutex_lock(&cache->lock);
  const uint64_t place = place_of(cache, key);
  const bool found = holds(cache, place, key);
  if (found) {
    cache->slots[place].used = ++cache->n_uses;
    memcpy(vector, vector_at(cache, place), (size_t)cache->width * sizeof *vector);
  }
  pthread_mutex_unlock(&cache->lock);
  return found;
}

void mer__turn_cache_put(mer__turn_cache *cache, const char key[static MER__SHA256_BYTES],
                         const float *vector) {
  pthread_mutex_lock(&cache->lock);
  const uint64_t place = place_of(cache, key);
  memcpy(cache->slots[place].key, key, MER__SHA256_BYTES);
  cache->slots[place].used = ++cache->n_uses;
  memcpy(vector_at(cache, place), vector, (size_t)cache->width * sizeof *vector);
  pthread_mutex_unlock(&cache->lock);
}

void mer__turn_cache_forget(mer__turn_cache *cache) {
  pthread_mutex_lock(&cache->lock);
  cache->forgotten = cache->n_uses;
  pthread_mutex_unlock(&cache->lock);
}
