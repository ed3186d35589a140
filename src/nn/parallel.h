/* parallel.h: how element-wise kernels are cut: chunks of a fixed size, so that results do not
 * depend on the number of threads, and one thread alone where a barrier would cost more than the
 * work. */
#ifndef MER_NN_PARALLEL_H
#define MER_NN_PARALLEL_H

#include <omp.h>
#include <stdbool.h>
#include <stdint.h>

enum {
  MER__CHUNK = 2048,                    /* elements; a multiple of dropout's group */
  MER__COLUMN_TILE = 64,                /* columns that one thread sums */
  MER__PARALLEL_MIN = 16384,            /* elements from which threads pay off */
  MER__PRODUCTS_PARALLEL_MIN = 1 << 18, /* multiplications of f32 from which they do */
};

/** Whether a loop is to be shared among threads: it is long enough to be worth it, there are
 * threads, and the caller is not one of a team already. If not, the caller runs it without a
 * parallel region: GNU's OpenMP makes a team for a region of one thread too, and calls the system
 * at its end. */
static inline bool mer__shared(bool worth_it) {
  return worth_it && omp_get_max_threads() > 1 && !omp_in_parallel();
}

static inline int64_t mer__min(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t mer__max(int64_t a, int64_t b) { return a > b ? a : b; }
static inline int64_t mer__round_up(int64_t n, int64_t unit) {
  return (n + unit - 1) / unit * unit;
}

/** Elements of the chunk that begins at i. */
static inline int64_t mer__chunk_size(int64_t n, int64_t i, int64_t chunk) {
  return mer__min(n - i, chunk);
}

/** Size of chunks of n >= 1 elements, at most `most`, so that each thread has about as many. */
static inline int64_t mer__even_chunk(int64_t n, int64_t most, int64_t n_threads) {
  const int64_t of_all = most * n_threads, n_chunks = (n + of_all - 1) / of_all * n_threads;
  return (n + n_chunks - 1) / n_chunks;
}

/** The parts of a product, numbered from 0, that the threads of a team share. Each begins with the
 * part of its own number, so that as many parts as threads are shared evenly. Further parts go to
 * whoever is free, so that a slower thread does fewer. The numbers of a thread rise. */
typedef struct mer__part_queue {
  int64_t n_own; /* parts that are given out by number: the threads that were asked for */
  int64_t taken; /* parts that are given out so far */
} mer__part_queue;

static inline mer__part_queue mer__part_queue_begin(int64_t n_threads) {
  return (mer__part_queue){n_threads, n_threads};
}

/** What a thread does after part `own`. If OpenMP gave a team of fewer threads than asked for,
 * these do the first parts of the missing ones, too. */
static inline int64_t mer__part_queue_next(mer__part_queue *queue, int64_t own, int64_t team) {
  int64_t next = own + team;
  if (own < queue->n_own && next < queue->n_own) return next;
#pragma omp atomic capture
  next = queue->taken++;
  return next;
}

#endif
