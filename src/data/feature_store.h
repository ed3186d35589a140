/* feature_store.h: the values of many rows in a file without a name, which is mapped: the system
 * keeps in memory what is in use, and memory does not grow with the hours of sound. */
#ifndef MER_DATA_FEATURE_STORE_H
#define MER_DATA_FEATURE_STORE_H

#include <pthread.h>

#include "mer/base.h"

/** Zero-initialize. */
typedef struct mer__feature_store {
  int fd;
  bool is_open, in_memory;
  pthread_mutex_t lock; /* of the file while it grows */
  int64_t n_values;
  float *values; /* [n_values], once it is mapped */
} mer__feature_store;

/** Makes the file in `folder`, or where that cannot be done or is NULL, in memory.
 * MER_STATUS_IO. */
mer_status mer__store_open(mer__feature_store *store, const char *folder, mer_error *err);
/** Appends values; `*at` is the index of the first. From any thread. A file on a disk that is full
 * goes on in memory. MER_STATUS_IO: that is full, too. */
mer_status mer__store_append(int64_t *at, mer__feature_store *store, const float *values,
                             int64_t n_values, mer_error *err);
/** Ends the appending, and maps the values. MER_STATUS_NO_MEMORY. */
mer_status mer__store_map(mer__feature_store *store, mer_error *err);
void mer__store_clear(mer__feature_store *store);

#endif
