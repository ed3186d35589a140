/* threads.c: one pool for everything, OpenMP's. GNU's runtime ends the process if a thread of a
 * team cannot be made; so a number of threads is tried before it is set. */
#include <omp.h>
#include <pthread.h>

#include "base/alloc.h"
#include "mer/base.h"

enum { MOST_THREADS = 4096 };

/* As many as could be made for a team of the calling thread, which has one of its own. */
static _Thread_local int n_tried = 1;

static void *wait_for_all(void *all_made) {
  pthread_mutex_lock(all_made);
  pthread_mutex_unlock(all_made);
  return NULL;
}

/* How many threads a team of at most `n` can have, the calling one among them, so that there is one
 * to spare: a program may have another thread, such as one that awaits signals. */
static int try_threads(int n) {
  pthread_t *threads = mer__malloc((size_t)n, sizeof *threads);
  pthread_mutex_t all_made = PTHREAD_MUTEX_INITIALIZER;
  int made = 0;
  if (!threads) return 1;
  pthread_mutex_lock(&all_made);
  while (made < n && pthread_create(&threads[made], NULL, wait_for_all, &all_made) == 0) made++;
  pthread_mutex_unlock(&all_made);
  for (int i = 0; i < made; i++) pthread_join(threads[i], NULL);
  mer__free(threads);
  return made > 1 ? made : 1;
}

void mer_threads_set(int n) {
  if (n < 1) n = omp_get_num_procs();
  if (n > MOST_THREADS) n = MOST_THREADS;
  const int made = n > n_tried ? try_threads(n) : 0;
  if (made > n_tried) n_tried = made; /* else they are beside a team that is there already */
  omp_set_num_threads(n < n_tried ? n : n_tried);
}

int mer_threads_get(void) { return omp_get_max_threads(); }
