/* pool.h: things that threads use in turn and give back, so that they are not made anew each time:
 * there are as many as were ever in use at once. */
#ifndef MER_BASE_POOL_H
#define MER_BASE_POOL_H

#include <pthread.h>

#include "base/alloc.h"

/** The first member of what is pooled. */
typedef struct mer__pooled {
  struct mer__pooled *next;
} mer__pooled;

typedef struct mer__pool {
  pthread_mutex_t lock;
  mer__pooled *first, *last; /* not in use, in the order in which they were given back */
} mer__pool;

/** 0, or -1 if the system gives no lock. */
int mer__pool_init(mer__pool *pool);
/** The one that has not been used for the longest time, so that all of them grow to what they will
 * need, and not some of them late; NULL if all are in use: the caller makes one. */
mer__pooled *mer__pool_take(mer__pool *pool);
void mer__pool_give(mer__pool *pool, mer__pooled *item);
/** Clears each item, which must all have been given back, by `clear`, and the pool. */
void mer__pool_clear(mer__pool *pool, void (*clear)(mer__pooled *item));

/** An arena in a pool. */
typedef struct mer__pooled_arena {
  mer__pooled pooled;
  mer__arena arena;
} mer__pooled_arena;

/** An arena of the pool, or a new one; NULL if memory is out. */
mer__pooled_arena *mer__pool_take_arena(mer__pool *pool);
/** The `clear` of a pool of arenas. */
void mer__pooled_arena_free(mer__pooled *item);

#endif
