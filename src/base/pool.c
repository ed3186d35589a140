/* pool.c: things that threads use in turn and give back. */
#include "base/pool.h"

int mer__pool_init(mer__pool *pool) {
  pool->first = pool->last = NULL;
  return pthread_mutex_init(&pool->lock, NULL) == 0 ? 0 : -1;
}

mer__pooled *mer__pool_take(mer__pool *pool) {
  pthread_mutex_lock(&pool->lock);
  mer__pooled *item = pool->first;
  if (item) pool->first = item->next;
  pthread_mutex_unlock(&pool->lock);
  return item;
}

void mer__pool_give(mer__pool *pool, mer__pooled *item) {
  pthread_mutex_lock(&pool->lock);
  item->next = NULL;
  if (pool->first) pool->last->next = item;
  else pool->first = item;
  pool->last = item;
  pthread_mutex_unlock(&pool->lock);
}

void mer__pool_clear(mer__pool *pool, void (*clear)(mer__pooled *item)) {
  for (mer__pooled *item = pool->first, *next; item; item = next) {
    next = item->next;
    clear(item);
  }
  pthread_mutex_destroy(&pool->lock);
}

mer__pooled_arena *mer__pool_take_arena(mer__pool *pool) {
  mer__pooled *item = mer__pool_take(pool);
  return item ? (mer__pooled_arena *)item : mer__calloc(1, sizeof(mer__pooled_arena));
}

void mer__pooled_arena_free(mer__pooled *item) {
  mer__arena_clear(&((mer__pooled_arena *)item)->arena);
  mer__free(item);
}
