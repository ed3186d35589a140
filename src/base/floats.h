/* floats.h: a growing array of floats, used again from one clip to the next. */
#ifndef MER_BASE_FLOATS_H
#define MER_BASE_FLOATS_H

#include "base/alloc.h"

/** Zero-initialize. */
typedef struct mer__floats {
  float *data;
  size_t n, capacity;
} mer__floats;

/** Makes it `n` long; what it held is lost. 0, or -1 if memory is out. */
static inline int mer__floats_resize(mer__floats *floats, size_t n) {
  if (mer__grow(&floats->data, &floats->capacity, n, sizeof *floats->data) != 0) return -1;
  floats->n = n;
  return 0;
}

static inline void mer__floats_clear(mer__floats *floats) {
  mer__free(floats->data);
  *floats = (mer__floats){0};
}

#endif
