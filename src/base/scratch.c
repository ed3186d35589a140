/* scratch.c: the blocks are thread-specific data, so that the system frees them with their threads.
 */
#include "base/scratch.h"

#include <pthread.h>
#include <stdbool.h>

#include "base/alloc.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool have_key;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Alignas(MER__ALIGNMENT) char shared[MER__SCRATCH_BYTES]; /* no memory until it is used */

static void make_key(void) { have_key = pthread_key_create(&key, mer__free) == 0; }

void *mer__scratch_take(void) {
  pthread_once(&once, make_key);
  void *own = have_key ? pthread_getspecific(key) : NULL;
  if (own) return own;
  own = have_key ? mer__malloc(MER__SCRATCH_BYTES, 1) : NULL;
  if (own && pthread_setspecific(key, own) == 0) return own;
  mer__free(own);
  pthread_mutex_lock(&lock);
  return shared;
}

void mer__scratch_give(void *scratch) {
  if (scratch == shared) pthread_mutex_unlock(&lock);
}
